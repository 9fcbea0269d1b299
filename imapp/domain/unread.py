"""How much of a channel a member has not read (I6)."""

from bisect import bisect_right, insort
from typing import Final

from msgspec import Struct

from schemas.common import UNREAD_CAP

KEPT_RECALLED: Final = 200  # a channel; what was recalled before these is counted in the log


class Recalled(Struct, frozen=True):
    """Which messages of a channel were recalled: the newest of them, by seq.

    All after `complete_after` are here; of those up to it only the log knows.
    """

    seqs: tuple[int, ...] = ()
    complete_after: int = 0

    def with_seq(self, seq: int) -> "Recalled":
        """The same with one more."""
        if seq <= self.complete_after or seq in self.seqs:
            return self
        seqs = list(self.seqs)
        insort(seqs, seq)
        beyond = seqs[:-KEPT_RECALLED]
        return Recalled(tuple(seqs[-KEPT_RECALLED:]), beyond[-1] if beyond else self.complete_after)

    def between(self, after: int, up_to: int) -> int:
        """How many of those here have after < seq <= up_to."""
        return max(0, bisect_right(self.seqs, up_to) - bisect_right(self.seqs, after))

    def unknown(self, after: int, up_to: int) -> tuple[int, int] | None:
        """The part of after < seq <= up_to, as (first, last), of which only the log knows."""
        last = min(up_to, self.complete_after)
        return (after + 1, last) if after < last else None


NONE_RECALLED: Final = Recalled()


def unread(last_countable: int, read_countable: int, recalled: int = 0) -> int:
    """Entries that count between a member's watermark and the newest one he may see.

    `recalled` are how many of them were recalled: what says nothing any more need not be read.
    """
    return max(0, last_countable - read_countable - recalled)


def unread_label(count: int) -> str:
    """The badge: "" for none, "1" to "99", then "99+"."""
    if count == 0:
        return ""
    return str(count) if count <= UNREAD_CAP else f"{UNREAD_CAP}+"
