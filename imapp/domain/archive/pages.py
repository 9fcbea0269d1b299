"""Where a page of history lies in a log of three parts: removed, archived, hot."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from imapp.domain.archive.tiling import Range
from imapp.domain.entries import LogEntry
from imapp.errors import ArchiveUnavailable


class Borders(Struct, frozen=True):
    """What is before `kept_from_seq` was removed by retention; from there to `hot_from_seq` is the archive.

    Neither ever goes back.
    """

    kept_from_seq: int
    hot_from_seq: int

    @property
    def archived(self) -> Range:
        """All that is archived; empty if nothing is."""
        return Range(self.kept_from_seq, self.hot_from_seq - 1)

    def is_archived(self, seq: int) -> bool:
        """Whether the entry with this seq is, with or without a copy in the hot part's store."""
        return self.kept_from_seq <= seq < self.hot_from_seq


class Tail(Struct, frozen=True):
    """The newest entries of a range, by seq and without a hole.

    `cut` is None if they are all that were asked for. Else it says why those before them can't be read now;
    there are some, and it may be that all of them are.
    """

    entries: list[LogEntry]
    cut: ArchiveUnavailable | None = None


ALL_HOT: Final = Borders(1, 1)


def is_whole(seqs: Sequence[int], wanted: Range, limit: int, *, newest_first: bool) -> bool:
    """Whether a page that was found is all there is of a range, or as much of one end of it as was asked.

    A log is dense: what is missing in the middle, or at the end where the page begins, is elsewhere.
    """
    if wanted.from_seq > wanted.to_seq or limit <= 0:
        return True
    if not seqs or len(seqs) != seqs[-1] - seqs[0] + 1:
        return False
    full = len(seqs) == limit
    if newest_first:
        return seqs[-1] == wanted.to_seq and (full or seqs[0] == wanted.from_seq)
    return seqs[0] == wanted.from_seq and (full or seqs[-1] == wanted.to_seq)


def archived_part(
    wanted: Range, borders: Borders, limit: int, hot_found: int, *, newest_first: bool
) -> Range:
    """Of a page, what lies in the archive: as much as is left after so many hot entries, if those come first.

    Empty (`to_seq` below `from_seq`) if nothing does.
    """
    first = max(wanted.from_seq, borders.kept_from_seq)
    last = min(wanted.to_seq, borders.hot_from_seq - 1)
    if newest_first:
        return Range(max(first, last - (limit - hot_found) + 1), last)
    return Range(first, min(last, first + limit - 1))
