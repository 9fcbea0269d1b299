"""How much people have not read: what counts, less what was recalled (I6)."""

from collections.abc import Sequence

from msgspec import Struct

from imapp.domain.unread import Recalled, unread
from imapp.stores.messages import MessageLog


class Stretch(Struct, frozen=True):
    """What lies between somebody's watermark in a channel and the newest entry he may see."""

    channel_id: str
    recalled: Recalled
    read_seq: int
    read_countable: int
    last_seq: int
    last_countable: int


class UnreadCounts:
    """Counts without reading the log, unless more was recalled than a channel remembers."""

    def __init__(self, log: MessageLog) -> None:
        self._log = log

    def of(self, stretches: Sequence[Stretch]) -> list[int]:
        """The unread count of each, with one query at most for all."""
        recalled = [part.recalled.between(part.read_seq, part.last_seq) for part in stretches]
        ranges = {
            number: (part.channel_id, *beyond)
            for number, part in enumerate(stretches)
            if (beyond := part.recalled.unknown(part.read_seq, part.last_seq)) is not None
        }
        if ranges:
            for number, count in zip(ranges, self._log.recalled_between(list(ranges.values())), strict=True):
                recalled[number] += count
        return [
            unread(part.last_countable, part.read_countable, gone)
            for part, gone in zip(stretches, recalled, strict=True)
        ]
