"""`receipts.apply`: a gateway's coalesced read marks."""

from typing import Final

import msgspec
from celery import shared_task

from imapp.broker.topology import RECEIPTS_TASK
from schemas.tasks import ReceiptBatch
from tasks import services

_DECODER: Final = msgspec.msgpack.Decoder(ReceiptBatch)


@shared_task(name=RECEIPTS_TASK, typing=False)
def apply(payload: bytes) -> None:
    """Move watermarks forward and tell their owners' other devices."""
    services().receipts.run(_DECODER.decode(payload))
