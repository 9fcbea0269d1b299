"""Which entries somebody may find: those of his stays, without what he has cleared (I3).

It is a condition of the search itself. What lies outside is not found, so it is not in the totals either.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from imapp.domain.spans import Span, Spans

_ALL: Final = ((1, None),)


@dataclass(frozen=True, slots=True)
class Scope:
    """Channels of which all may be found, by id, and others with the ranges that may."""

    whole: tuple[str, ...]
    parts: tuple[tuple[str, Spans], ...]

    def __bool__(self) -> bool:
        return bool(self.whole or self.parts)

    @property
    def channels(self) -> int:
        """How many channels there are in it."""
        return len(self.whole) + len(self.parts)

    @property
    def ranges(self) -> int:
        """How many ranges there are in it."""
        return sum(len(spans) for _, spans in self.parts)

    def narrowed(self, reached: Mapping[str, tuple[int, int]]) -> "Scope":
        """The same without ranges outside those, first and last seq, that are given for a channel."""
        kept = (
            (name, tuple(span for span in spans if _overlaps(span, *reached[name])))
            for name, spans in self.parts
            if name in reached
        )
        return Scope(self.whole, tuple((name, spans) for name, spans in kept if spans))

    def cut(self, most_ranges: int) -> Iterator["Scope"]:
        """The same in pieces of at most so many ranges, no channel in two of them if its own are no more."""
        whole, parts, ranges = self.whole, list[tuple[str, Spans]](), 0
        for channel_id, spans in self.parts:
            for start in range(0, len(spans), most_ranges):
                some = spans[start : start + most_ranges]
                if ranges + len(some) > most_ranges:
                    yield Scope(whole, tuple(parts))
                    whole, parts, ranges = (), [], 0
                parts.append((channel_id, some))
                ranges += len(some)
        if whole or parts:
            yield Scope(whole, tuple(parts))


def _overlaps(span: Span, first: int, last: int) -> bool:
    start, end = span
    return start <= last and (end is None or end >= first)


def scope_of(stays: Iterable[tuple[str, Spans]]) -> Scope:
    """What somebody with these stays, by channel, may find."""
    whole, parts = [], []
    for channel_id, spans in stays:
        if spans == _ALL:
            whole.append(channel_id)
        elif spans:
            parts.append((channel_id, spans))
    return Scope(tuple(whole), tuple(parts))
