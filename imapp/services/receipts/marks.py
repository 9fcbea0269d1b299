"""Marks of a batch as what they are worth: cut to what their readers may see, one flush a channel."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from imapp.domain.receipts import Receipt, clamped
from imapp.domain.sharing import Sharing, as_noted
from imapp.stores.channel_rows import Head
from imapp.stores.members import Mark, MemberRow
from imapp.stores.pushes import Flush
from schemas.receipts import PushStatus
from schemas.tasks import ReadMark, ReceiptBatch, ReceivedMark


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the readers and channels of a batch; who was never a member has no row.

    `ends` says where the logs end whose heads are behind.
    """

    rows: Mapping[tuple[str, str], MemberRow]
    heads: Mapping[str, Head]
    sharing: Mapping[str, Sharing]
    ends: Mapping[str, int]

    def clamp(self, channel_id: str, receipt: Receipt) -> Receipt | None:
        """What a receipt is worth, None for nothing."""
        row, head = self.rows.get((channel_id, receipt.receiver)), self.heads.get(channel_id)
        if row is None or head is None:
            return None
        return clamped(receipt, row.member.spans, max(head.channel.last_seq, self.ends.get(channel_id, 0)))

    def note(self, channel_id: str, receipt: Receipt) -> Receipt | None:
        """What of it the ledger is to note, None for nothing."""
        worth = self.clamp(channel_id, receipt)
        if worth is None or self._is_known(channel_id, worth):
            return None
        return as_noted(worth, self.sharing[receipt.receiver])

    def is_unsure(self, flush: Flush) -> bool:
        """Whether the ledger may hold some of it, for all that the watermarks say."""
        return flush.status is PushStatus.RECEIVED or any(
            self.sharing[receipt.receiver].ever_set
            or receipt.up_to_seq <= self.rows[flush.channel_id, receipt.receiver].read_seq
            for receipt in flush.receipts
        )

    def _is_known(self, channel_id: str, receipt: Receipt) -> bool:
        """Whether the ledger surely says it already: each opening of a chat would add a row to it.

        A watermark within the latest stay was moved by a mark that is noted, or by a message that will be.
        One that is before it may come from joining, which reads nothing. If he has hidden what he reads, or
        has shared it again, his watermark says nothing of what is noted. Of a read mark from before the
        watermark was moved last, the time may be news, so the ledger is asked.
        """
        row = self.rows[channel_id, receipt.receiver]
        if self.sharing[receipt.receiver].ever_set:
            return False
        if not row.member.spans[-1][0] <= receipt.up_to_seq <= row.read_seq:
            return False
        if receipt.status is PushStatus.RECEIVED:
            return True
        return row.last_read_ms is not None and row.last_read_ms <= receipt.at_ms


def all_marks(batch: ReceiptBatch) -> list[ReadMark | ReceivedMark]:
    """What a batch holds of both kinds."""
    return [*batch.reads, *batch.received]


def readers(batch: ReceiptBatch) -> set[tuple[str, str]]:
    """Whom a batch speaks of: (channel id, user id)."""
    return {(mark.channel_id, mark.user_id) for mark in all_marks(batch)}


def beyond_heads(batch: ReceiptBatch, heads: Mapping[str, Head]) -> set[tuple[str, int]]:
    """Where something must stand in the log if a mark beyond a head is to be believed: (channel id, seq)."""
    return {
        (mark.channel_id, head.channel.last_seq + 1)
        for mark in all_marks(batch)
        if (head := heads.get(mark.channel_id)) is not None and mark.seq > head.channel.last_seq
    }


def flushes(batch: ReceiptBatch, key: str, known: Known) -> list[Flush]:
    """What the ledger may have to note of a batch, under a key that is the same for every run of it."""
    grouped: dict[tuple[str, PushStatus], list[Receipt]] = defaultdict(list)
    for channel_id, receipt in _receipts(batch):
        noted = known.note(channel_id, receipt)
        if noted is not None:
            grouped[channel_id, noted.status].append(noted)
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
    yield from _reads(batch)
    for mark in batch.received:
        yield (
            mark.channel_id,
            Receipt(
                mark.user_id, PushStatus.RECEIVED, mark.seq, mark.at_ms, mark.from_seq, process=batch.gateway
            ),
        )


def _reads(batch: ReceiptBatch) -> Iterator[tuple[str, Receipt]]:
    for read in batch.reads:
        yield (
            read.channel_id,
            Receipt(read.user_id, PushStatus.READ, read.seq, read.at_ms, process=batch.gateway),
        )


def newest_reads(batch: ReceiptBatch, known: Known) -> dict[tuple[str, str], Receipt]:
    """How far each reader's own watermark moves, whether or not others learn of it: (channel id, user id)."""
    newest: dict[tuple[str, str], Receipt] = {}
    for channel_id, mark in _reads(batch):
        place = (channel_id, mark.receiver)
        worth = known.clamp(channel_id, mark)
        if worth is None or worth.up_to_seq <= known.rows[place].read_seq:
            continue
        if place not in newest or newest[place].up_to_seq < worth.up_to_seq:
            newest[place] = worth
    return newest
