"""`receipts.apply`: a gateway's coalesced marks of what was received and read."""

from typing import Any, Final

import msgspec
from celery import shared_task

from imapp.broker.topology import RECEIPTS_TASK
from imapp.logs import bind
from schemas.tasks import ReceiptBatch
from tasks import services

_DECODER: Final = msgspec.msgpack.Decoder(ReceiptBatch)


@shared_task(name=RECEIPTS_TASK, bind=True, typing=False)
def apply(self: Any, payload: bytes) -> None:
    """Note down who received and read what, move watermarks and tell those concerned."""
    bind(task=self.request.id)
    redelivered = bool(self.request.delivery_info.get("redelivered"))
    services().receipts.run(_DECODER.decode(payload), self.request.id, redelivered=redelivered)
