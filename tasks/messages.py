"""`messages.write`: a gateway's batch of commands for one shard."""

from typing import Any, Final

import msgspec
from celery import shared_task

from imapp.broker.topology import WRITE_TASK
from imapp.logs import bind
from schemas.tasks import WriteBatch
from tasks import services

_DECODER: Final = msgspec.msgpack.Decoder(WriteBatch)


@shared_task(name=WRITE_TASK, bind=True, typing=False)
def write(self: Any, payload: bytes) -> None:
    """Store, publish and answer a batch. A payload that can't be read goes to the dead letters."""
    bind(batch=self.request.id)  # the batch's own id
    batch = _DECODER.decode(payload)
    bind(shard=batch.shard)
    redelivered = bool(self.request.delivery_info.get("redelivered"))
    services().batches.run(batch, redelivered=redelivered)
