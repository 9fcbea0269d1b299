"""`push.compute`: channels whose logs have grown."""

from typing import Final

import msgspec
from celery import shared_task

from imapp.broker.topology import PUSH_TASK
from schemas.tasks import PushBatch
from tasks import services

_DECODER: Final = msgspec.msgpack.Decoder(PushBatch)


@shared_task(name=PUSH_TASK, typing=False)
def compute(payload: bytes) -> None:
    """Note down to whom they were dispatched, and who must be told outside the socket."""
    services().pushes.run(_DECODER.decode(payload))
