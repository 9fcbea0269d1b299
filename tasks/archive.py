"""`archive.index` brings logs into the index, `archive.move` takes what is old out of MongoDB."""

from typing import Any, Final

import msgspec
from celery import shared_task

from imapp.broker.topology import INDEX_TASK, MOVE_TASK
from imapp.logs import bind
from schemas.tasks import PushBatch
from tasks import services

_DECODER: Final = msgspec.msgpack.Decoder(PushBatch)


@shared_task(name=INDEX_TASK, bind=True, typing=False)
def index(self: Any, payload: bytes) -> None:
    """Bring channels that have grown into the index; without any, those that nobody was told of."""
    bind(task=self.request.id)
    services().archiving.index(_DECODER.decode(payload))


@shared_task(name=MOVE_TASK, bind=True, typing=False)
def move(self: Any, *_: Any) -> None:
    """Go on with the night's move, if it is not over."""
    bind(task=self.request.id)
    services().nightly_move.go_on()
