"""Which entries of a channel may move to the archive: whole prefixes of its log, and never its end."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

CHUNK: Final = 1_000
"""Entries that are verified, noted down and deleted in one go."""
GRACE_MS: Final = 3_600_000
"""What must be older than so many days is older by this as well: clocks differ, and clients retry."""


class Place(Struct, frozen=True, gc=False):
    """Where and when an entry of a channel was written."""

    seq: int
    time_ms: int


class Boundary(Struct, frozen=True):
    """How a channel's log is spread: `hot_from_seq` and all after it are in MongoDB, the rest is archived.

    Up to `indexed_seq` everything is in the index. `shown_seq` is the newest entry that lists show, 0 for
    none; it and whatever follows it stays, so the end of a log never has to be looked up in the archive.
    """

    hot_from_seq: int
    indexed_seq: int
    shown_seq: int

    @property
    def movable_to_seq(self) -> int:
        """The last seq that may move, however old: below `hot_from_seq` if nothing may."""
        return min(self.indexed_seq, self.shown_seq - 1)


def horizon_ms(now_ms: int, after_days: int) -> int:
    """What was written before this moment may move."""
    return now_ms - after_days * 24 * 3_600_000 - GRACE_MS


def last_movable(places: Iterable[Place], boundary: Boundary, before_ms: int) -> int:
    """The last seq of the prefix that may move, `hot_from_seq - 1` if there is none.

    It ends before the first entry that is too young (clocks of writers may differ, so a later one may be
    older), and before a seq that is missing. `places` are by seq, from `hot_from_seq` on.
    """
    last = boundary.hot_from_seq - 1
    for place in places:
        if place.seq != last + 1 or place.seq > boundary.movable_to_seq or place.time_ms >= before_ms:
            break
        last = place.seq
    return last
