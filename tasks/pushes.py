"""`push.compute`: channels whose logs have grown."""

from typing import Any, Final

import msgspec
from celery import shared_task

from imapp.broker.topology import PUSH_TASK
from imapp.logs import bind
from schemas.tasks import PushBatch
from tasks import services

_DECODER: Final = msgspec.msgpack.Decoder(PushBatch)


@shared_task(name=PUSH_TASK, bind=True, typing=False)
def compute(self: Any, payload: bytes) -> None:
    """Note down to whom they were dispatched, and who must be told outside the socket."""
    bind(task=self.request.id)
    redelivered = bool(self.request.delivery_info.get("redelivered"))
    services().pushes.run(_DECODER.decode(payload), self.request.id, redelivered=redelivered)
