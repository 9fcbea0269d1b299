"""Who lets the others know what he has read.

It is decided when a mark is noted, so the ledger holds nothing that is not for everybody: what was read
while it was hidden is noted as received, and stays so however often it is folded or applied again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from imapp.domain.receipts import Receipt
from schemas.receipts import PushStatus


@dataclass(frozen=True, slots=True)
class Sharing:
    """Whether somebody shares what he reads, and since when he has set it so; 0: he never has."""

    shares: bool
    since_ms: int

    @property
    def ever_set(self) -> bool:
        """Whether his watermark may go beyond what the ledger says that he has read."""
        return self.since_ms > 0


SHARED: Final = Sharing(True, 0)
HIDDEN: Final = Sharing(False, 0)


def as_noted(receipt: Receipt, sharing: Sharing) -> Receipt:
    """What the ledger notes of a receipt: that something was read only if its reader shares it.

    A mark from before he chose to share is one of the time when he did not, however late it comes.
    """
    if receipt.status is not PushStatus.READ:
        return receipt
    if sharing.shares and receipt.at_ms >= sharing.since_ms:
        return receipt
    return replace(receipt, status=PushStatus.RECEIVED)


def without_reads(receipts: Iterable[Receipt]) -> list[Receipt]:
    """The receipts as somebody sees them who may not know what was read: it was received."""
    return [replace(receipt, status=PushStatus.RECEIVED) for receipt in receipts]
