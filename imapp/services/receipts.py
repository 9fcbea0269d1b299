"""Read watermarks: clamped to what the reader may see, moved forward only, told to his other devices."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from imapp.domain import spans
from imapp.domain.ids import message_id
from imapp.domain.unread import unread, unread_label
from imapp.errors import StoreUnavailable
from imapp.services.conversation_rows import ConversationRows
from imapp.services.frames import websocket_frame
from imapp.services.outlet import Outlet
from imapp.stores.channels import ChannelStore, Head
from imapp.stores.members import Mark, MemberRow, MemberStore
from imapp.stores.messages import MessageLog
from schemas.frames import ConversationEvent
from schemas.tasks import Notice, ReadMark, ReceiptBatch

_ENCODER: Final = msgspec.json.Encoder()


class ReceiptRunner:
    """Applies batches of read marks. Order and repetition make no difference (I6)."""

    def __init__(
        self,
        *,
        members: MemberStore,
        channels: ChannelStore,
        log: MessageLog,
        rows: ConversationRows,
        outlet: Outlet,
        fail_stop: Callable[[str], None],
    ) -> None:
        self._members = members
        self._channels = channels
        self._log = log
        self._rows = rows
        self._outlet = outlet
        self._fail_stop = fail_stop

    def run(self, batch: ReceiptBatch) -> None:
        """Return when the marks are stored and told; then the task may be acknowledged."""
        try:
            self._apply(_newest(batch.reads))
        except StoreUnavailable as error:
            self._fail_stop(f"store unavailable: {error}")

    def _apply(self, reads: list[ReadMark]) -> None:
        rows = self._members.find_all((read.channel_id, read.user_id) for read in reads)
        heads = self._channels.heads({read.channel_id for read in reads})
        clamped = [
            (read, seq)
            for read in reads
            if (row := rows.get((read.channel_id, read.user_id))) is not None
            and (seq := _clamp(read.seq, row, heads[read.channel_id])) > 0
        ]
        entries = self._log.at((read.channel_id, seq) for read, seq in clamped)
        marks = [
            Mark(read.channel_id, read.user_id, seq, entry.countable, read.at_ms)
            for read, seq in clamped
            if (entry := entries.get(message_id(read.channel_id, seq))) is not None
        ]
        self._members.move_marks(marks, told=True)
        self._outlet.notify(
            self._notice(mark, rows[mark.channel_id, mark.user_id], heads[mark.channel_id])
            for mark in marks
            if mark.seq > rows[mark.channel_id, mark.user_id].read_seq
        )

    def _notice(self, mark: Mark, row: MemberRow, head: Head) -> Notice:
        count = unread(self._rows.last_countable(row, head), max(mark.countable, row.read_countable))
        event = ConversationEvent(
            channel_id=mark.channel_id,
            read_seq=max(mark.seq, row.read_seq),
            unread=count,
            unread_label=unread_label(count),
        )
        return Notice(user_id=mark.user_id, frame=websocket_frame(_ENCODER.encode(event)))


def _newest(reads: Iterable[ReadMark]) -> list[ReadMark]:
    newest: dict[tuple[str, str], ReadMark] = {}
    for read in reads:
        known = newest.get((read.channel_id, read.user_id))
        if known is None or known.seq < read.seq:
            newest[read.channel_id, read.user_id] = read
    return list(newest.values())


def _clamp(seq: int, row: MemberRow, head: Head) -> int:
    """A mark beyond what the reader may see counts as one of everything he may see."""
    return min(seq, spans.visible_last(row.member.spans, head.channel.last_seq))
