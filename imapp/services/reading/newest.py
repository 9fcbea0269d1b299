"""The newest entry of each channel that somebody may see: of the head, or where a stay of his has ended."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from imapp.domain import spans
from imapp.domain.ids import message_id
from imapp.services.reading.unread_counts import Stretch, UnreadCounts
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.channel_rows import Head, Preview, preview_of
from imapp.stores.members import MemberRow
from imapp.stores.messages import MessageLog


class Newest(Struct, frozen=True):
    """What a list may show of it, and how many entries up to it count as unread."""

    preview: Preview | None
    countable: int


class NewestEntries:
    """Finds them, and what is unread up to them, with as many reads for five hundred rows as for one."""

    def __init__(self, log: MessageLog) -> None:
        self._log = log
        self._counts = UnreadCounts(log)

    def of(self, rows: Sequence[MemberRow], heads: Mapping[str, Head]) -> list[Newest]:
        """For each row, whosever it is."""
        newest: list[Newest] = []
        ended: dict[int, tuple[str, int]] = {}
        for number, row in enumerate(rows):
            head = heads[row.channel_id]
            last = row.newest(head.channel.last_seq)
            newest.append(Newest(_readable(head.preview, row), head.channel.last_countable))
            if last == row.cleared_seq:
                newest[number] = Newest(None, row.read_countable)  # nothing has come since
            elif last != head.channel.last_seq:
                ended[number] = (row.channel_id, last)
        places = set(ended.values())
        found = self._log.at_hand(places) if places else {}
        # What counts is known of entries that can't be read now as well.
        unread = [place for place in places if message_id(*place) not in found]
        countables = self._log.countables(unread) if unread else {}
        for number, place in ended.items():
            entry = found.get(message_id(*place))
            newest[number] = (
                Newest(preview_of(entry), entry.countable)
                if entry
                else Newest(None, countables.get(message_id(*place), 0))
            )
        return newest

    def unread(
        self, rows: Sequence[MemberRow], heads: Mapping[str, Head], newest: Sequence[Newest]
    ) -> list[int]:
        """How much up to there lies beyond each one's watermark, and was not recalled."""
        return self._counts.of(
            [
                _stretch(row, heads[row.channel_id], what.countable)
                for row, what in zip(rows, newest, strict=True)
            ]
        )


def _readable(preview: Preview | None, row: MemberRow) -> Preview | None:
    """What a list may show him: after a recall or an edit it is an older entry, which may be cleared."""
    return preview if preview is not None and spans.contains(row.member.spans, preview.seq) else None


def _stretch(row: MemberRow, head: Head, last_countable: int) -> Stretch:
    read = with_own_messages(row, head)
    return Stretch(
        row.channel_id,
        head.channel.recalled,
        read.read_seq,
        read.read_countable,
        row.newest(head.channel.last_seq),
        last_countable,
    )
