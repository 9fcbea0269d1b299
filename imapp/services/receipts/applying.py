"""Marks of what was received and read: noted in the ledger, watermarks moved, those concerned told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from imapp.domain.ids import message_id
from imapp.domain.receipts import Receipt
from imapp.domain.unread import unread_label
from imapp.failpoints import point
from imapp.services.outgoing.frames import websocket_frame
from imapp.services.outgoing.outlet import Outlet
from imapp.services.poison import PoisonRule
from imapp.services.reading.conversation_rows import ConversationRows
from imapp.services.reading.sharing import ReadSharing
from imapp.services.reading.watermarks import with_own_messages
from imapp.services.receipts.events import ReceiptSums, ReceiptTeller, is_small
from imapp.services.receipts.marks import (
    Known,
    all_marks,
    beyond_heads,
    flushes,
    is_news,
    newest_reads,
    readers,
    second_looks,
)
from imapp.services.receipts.news import NewsSieve
from imapp.stores.channel_rows import Head
from imapp.stores.channels import ChannelStore
from imapp.stores.folds import LedgerFolds
from imapp.stores.members import Mark, MemberRow, MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.pushes import Flush, PushLedger
from schemas.frames import ConversationEvent
from schemas.tasks import Notice, ReadMark, ReceiptBatch, ReceivedMark

_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class ReceiptStores:
    """What marks are checked against, and where they go."""

    members: MemberStore
    channels: ChannelStore
    log: MessageLog
    ledger: PushLedger
    folds: LedgerFolds


class ReceiptRunner:
    """Applies batches of marks. Order and repetition make no difference (I6)."""

    def __init__(  # noqa: PLR0913  # whom it tells what, each by its name
        self,
        stores: ReceiptStores,
        *,
        rows: ConversationRows,
        sharing: ReadSharing,
        outlet: Outlet,
        teller: ReceiptTeller,
        sums: ReceiptSums,
        poison: PoisonRule,
    ) -> None:
        self._stores = stores
        self._rows = rows
        self._sharing = sharing
        self._sieve = NewsSieve(stores.ledger, stores.folds)
        self._outlet = outlet
        self._teller = teller
        self._sums = sums
        self._poison = poison

    def run(self, batch: ReceiptBatch, task_id: str, *, redelivered: bool) -> None:
        """Return when the marks are stored and told, or set aside; then the task may be acknowledged.

        `task_id` names the task, in every run of it.
        """
        apply = partial(self._apply_all, gateway=batch.gateway)
        self._poison.run(task_id, all_marks(batch), apply, redelivered=redelivered)

    def _apply_all(self, marks: Sequence[ReadMark | ReceivedMark], key: str, *, gateway: str) -> None:
        for mark in marks:
            point("receipts.mark", mark.user_id)
        reads = [mark for mark in marks if isinstance(mark, ReadMark)]
        received = [mark for mark in marks if isinstance(mark, ReceivedMark)]
        self._apply(ReceiptBatch(reads=reads, received=received, gateway=gateway), key)

    def _apply(self, batch: ReceiptBatch, key: str) -> None:
        found = self._stores.members.find_all(readers(batch))
        heads = self._stores.channels.heads({channel_id for channel_id, _ in found})
        rows = {place: with_own_messages(row, heads[place[0]]) for place, row in found.items()}
        sharing = self._sharing.of({user_id for _, user_id in found})
        known = Known(rows, heads, sharing, self._ends(batch, heads))
        flushed = self._news(flushes(batch, key, known), known)
        # First the ledger: a watermark without its receipt would be a reader whom nobody can name.
        self._stores.ledger.append(flushed)
        marks = self._marks(newest_reads(batch, known)) + second_looks(batch, rows)
        self._stores.members.move_marks(marks)
        own = [
            self._notice(mark, rows[mark.channel_id, mark.user_id], heads[mark.channel_id])
            for mark in marks
            if is_news(mark, rows[mark.channel_id, mark.user_id])
        ]
        self._outlet.notify([*own, *self._teller.notices(flushed, heads)])
        self._sums.add({flush.channel_id for flush in flushed if not is_small(heads[flush.channel_id])})

    def _ends(self, batch: ReceiptBatch, heads: Mapping[str, Head]) -> dict[str, int]:
        """Where the logs end in which a mark is beyond the head: a failover sets heads back for seconds."""
        claimed = beyond_heads(batch, heads)
        if not claimed:
            return {}
        behind = self._stores.log.existing(claimed)
        newest = [self._stores.log.newest(channel_id) for channel_id in sorted(behind)]
        return {entry.channel_id: entry.seq for entry in newest if entry is not None}

    def _news(self, worth: Sequence[Flush], known: Known) -> list[Flush]:
        """What of them the ledger does not hold; of the reads of most people their watermarks say it."""
        unsure = [flush for flush in worth if known.is_unsure(flush)]
        sure = [flush for flush in worth if not known.is_unsure(flush)]
        return sure + self._sieve.sifted(unsure)

    def _marks(self, reads: Mapping[tuple[str, str], Receipt]) -> list[Mark]:
        countables = self._stores.log.countables(
            {(channel_id, read.up_to_seq) for (channel_id, _), read in reads.items()}
        )
        return [
            Mark(channel_id, user_id, read.up_to_seq, countable, read.at_ms)
            for (channel_id, user_id), read in reads.items()
            if (countable := countables.get(message_id(channel_id, read.up_to_seq))) is not None
        ]

    def _notice(self, mark: Mark, row: MemberRow, head: Head) -> Notice:
        read_seq = max(mark.seq, row.read_seq)
        read_countable = max(mark.countable, row.read_countable)
        count = self._rows.unread(
            msgspec.structs.replace(row, read_seq=read_seq, read_countable=read_countable), head
        )
        event = ConversationEvent(
            channel_id=mark.channel_id,
            read_seq=read_seq,
            unread=count,
            unread_label=unread_label(count),
        )
        return Notice(user_id=mark.user_id, frame=websocket_frame(_ENCODER.encode(event)))
