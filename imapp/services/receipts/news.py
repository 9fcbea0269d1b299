"""Which receipts say something that the ledger does not hold yet."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from imapp.domain.folding import Reach, says_nothing_new
from imapp.domain.receipts import Receipt
from imapp.stores.folds import LedgerFolds
from imapp.stores.pushes import Flush, PushLedger
from schemas.receipts import PushStatus

_NOTHING: Mapping[PushStatus, Reach] = {}


class NewsSieve:
    """Drops what each device repeats whenever it connects.

    What is dropped is surely known; what is known may pass, and goes when the ledger is folded.
    """

    def __init__(self, ledger: PushLedger, folds: LedgerFolds) -> None:
        self._ledger = ledger
        self._folds = folds

    def sifted(self, flushes: Sequence[Flush]) -> list[Flush]:
        """The same flushes with what is new in them; those without are left out."""
        # Most marks are of a message that just came, of which nobody has said anything: one look tells.
        known = self._ledger.reaching(flushes)
        half_known = {
            flush.channel_id
            for flush in flushes
            for receipt in flush.receipts
            if (found := _tops(flush, receipt, known)) and not says_nothing_new(receipt, found, _NOTHING)
        }
        reaches = self._folds.reaches(half_known) if half_known else {}
        sifted = [replace(flush, receipts=_news(flush, known, reaches)) for flush in flushes]
        return [flush for flush in sifted if flush.receipts]


def _tops(
    flush: Flush, receipt: Receipt, known: Mapping[tuple[str, str], Sequence[Receipt]]
) -> Sequence[Receipt]:
    """What is known of the newest entry that a receipt speaks of."""
    found = known.get((flush.channel_id, receipt.receiver), ())
    return [one for one in found if one.from_seq <= receipt.up_to_seq <= one.up_to_seq]


def _news(
    flush: Flush,
    known: Mapping[tuple[str, str], Sequence[Receipt]],
    reaches: Mapping[tuple[str, str], Mapping[PushStatus, Reach]],
) -> tuple[Receipt, ...]:
    return tuple(
        receipt
        for receipt in flush.receipts
        if not says_nothing_new(
            receipt,
            known.get((flush.channel_id, receipt.receiver), ()),
            reaches.get((flush.channel_id, receipt.receiver), _NOTHING),
        )
    )
