"""`archive.index`: channels whose logs have grown, or none: then those that nobody was told of."""

from typing import Any, Final

import msgspec
from celery import shared_task

from imapp.broker.topology import INDEX_TASK
from imapp.logs import bind
from schemas.tasks import PushBatch
from tasks import services

_DECODER: Final = msgspec.msgpack.Decoder(PushBatch)


@shared_task(name=INDEX_TASK, bind=True, typing=False)
def index(self: Any, payload: bytes) -> None:
    """Bring them into the index."""
    bind(task=self.request.id)
    services().archiving.index(_DECODER.decode(payload))
