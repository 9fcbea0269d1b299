"""A range of a channel's log in short, summed up by MongoDB, so that nobody has to read its entries."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from imapp.domain.entries import AMENDMENTS, OF_OUTSIDERS
from imapp.stores.mongo import Document, to_ms

IN_SHORT: Final[Document] = {
    "$group": {
        "_id": {
            "sender": "$sender",
            "reads": {
                "$not": {
                    "$or": [
                        {"$in": ["$type", list(AMENDMENTS)]},
                        {"$in": [{"$ifNull": ["$extra.event", ""]}, list(OF_OUTSIDERS)]},
                    ]
                }
            },
        },
        "channel_id": {"$last": "$channel_id"},
        "seq": {"$last": "$seq"},
        "at": {"$last": "$server_time"},
        "entries": {"$sum": 1},
    }
}
"""The stage that sums entries up, which come by seq: a row for each sender, of what `growth_of` takes."""


class SenderEnd(Struct, frozen=True, gc=False):
    """Somebody's newest entry in a range of a channel's log.

    `reads` is whether he has read what came before it: who recalls, edits or asks to be let in has not. Those
    are counted by themselves.
    """

    sender: str
    seq: int
    time_ms: int
    reads: bool


class Growth(Struct, frozen=True):
    """A range of a channel's log in short: how many entries, and the newest of each sender."""

    entries: int
    ends: list[SenderEnd]

    @property
    def last_seq(self) -> int:
        """Where the range ends."""
        return max(end.seq for end in self.ends)


def growth_of(rows: Iterable[Document]) -> dict[str, Growth]:
    """The growth of each channel, by its id, from rows made by `IN_SHORT`."""
    ends: dict[str, list[Document]] = {}
    for row in rows:
        ends.setdefault(row["channel_id"], []).append(row)
    return {
        channel_id: Growth(entries=sum(row["entries"] for row in rows), ends=[_end_of(row) for row in rows])
        for channel_id, rows in ends.items()
    }


def _end_of(row: Document) -> SenderEnd:
    return SenderEnd(row["_id"]["sender"], row["seq"], to_ms(row["at"]), row["_id"]["reads"])
