"""Marks of a batch as what they are worth: cut to what their readers may see, one flush a channel."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from imapp.domain.receipts import Receipt, clamped
from imapp.stores.channels import Head
from imapp.stores.members import Mark, MemberRow
from imapp.stores.pushes import Flush
from schemas.receipts import PushStatus
from schemas.tasks import ReadMark, ReceiptBatch, ReceivedMark


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the readers and channels of a batch; who was never a member has no row."""

    rows: Mapping[tuple[str, str], MemberRow]
    heads: Mapping[str, Head]

    def clamp(self, channel_id: str, receipt: Receipt) -> Receipt | None:
        """What a receipt is worth, None for nothing."""
        row, head = self.rows.get((channel_id, receipt.receiver)), self.heads.get(channel_id)
        if row is None or head is None:
            return None
        worth = clamped(receipt, row.member.spans, head.channel.last_seq)
        return None if worth is None or _is_known(worth, row) else worth


def _is_known(receipt: Receipt, row: MemberRow) -> bool:
    """Whether the ledger says already that all of it was read: each opening of a chat would add a row to it.

    A watermark within the latest stay was moved by a mark that is noted, or by a message that will be. One
    that is before it may come from joining, which reads nothing.
    """
    return row.member.spans[-1][0] <= receipt.up_to_seq <= row.read_seq


def readers(batch: ReceiptBatch) -> set[tuple[str, str]]:
    """Whom a batch speaks of: (channel id, user id)."""
    marks: list[ReadMark | ReceivedMark] = [*batch.reads, *batch.received]
    return {(mark.channel_id, mark.user_id) for mark in marks}


def flushes(batch: ReceiptBatch, key: str, known: Known) -> list[Flush]:
    """What the ledger is to note of a batch, under a key that is the same for every run of it."""
    grouped: dict[tuple[str, PushStatus], list[Receipt]] = defaultdict(list)
    for channel_id, receipt in _receipts(batch):
        worth = known.clamp(channel_id, receipt)
        if worth is not None:
            grouped[channel_id, receipt.status].append(worth)
    return [
        Flush(key, channel_id, status, tuple(receipts)) for (channel_id, status), receipts in grouped.items()
    ]


def second_looks(batch: ReceiptBatch, rows: Mapping[tuple[str, str], MemberRow]) -> list[Mark]:
    """Marks of what was read before, by people who had marked it as unread: that ends with them."""
    return [
        Mark(read.channel_id, read.user_id, row.read_seq, row.read_countable, read.at_ms)
        for read in batch.reads
        if (row := rows.get((read.channel_id, read.user_id))) is not None
        and row.marked_unread
        and read.seq <= row.read_seq
    ]


def is_news(mark: Mark, row: MemberRow) -> bool:
    """Whether a mark changes what its owner's devices show."""
    return mark.seq > row.read_seq or row.marked_unread


def _receipts(batch: ReceiptBatch) -> Iterator[tuple[str, Receipt]]:
    for read in batch.reads:
        yield read.channel_id, Receipt(read.user_id, PushStatus.READ, read.seq, read.at_ms)
    for mark in batch.received:
        received = Receipt(mark.user_id, PushStatus.RECEIVED, mark.seq, mark.at_ms, mark.from_seq)
        yield mark.channel_id, received


def newest_reads(flushed: Iterable[Flush]) -> dict[tuple[str, str], Receipt]:
    """The highest read receipt of each reader: (channel id, user id)."""
    newest: dict[tuple[str, str], Receipt] = {}
    for flush in flushed:
        for receipt in flush.receipts if flush.status is PushStatus.READ else ():
            known = newest.get((flush.channel_id, receipt.receiver))
            if known is None or known.up_to_seq < receipt.up_to_seq:
                newest[flush.channel_id, receipt.receiver] = receipt
    return newest
