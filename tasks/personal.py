"""`personal.write`: what people set for themselves, and reminders."""

from typing import Any, Final

import msgspec
from celery import shared_task

from imapp.broker.topology import PERSONAL_TASK
from imapp.logs import bind
from schemas.tasks import PersonalBatch
from tasks import services

_DECODER: Final = msgspec.msgpack.Decoder(PersonalBatch)


@shared_task(name=PERSONAL_TASK, bind=True, typing=False)
def write(self: Any, payload: bytes) -> None:
    """Store it, tell those concerned and answer."""
    bind(task=self.request.id)
    redelivered = bool(self.request.delivery_info.get("redelivered"))
    services().personal.run(_DECODER.decode(payload), self.request.id, redelivered=redelivered)
