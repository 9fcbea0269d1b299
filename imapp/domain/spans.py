"""A member's stays in a channel: inclusive (from, to) pairs of seq, `to` None while he is in.

Rejoining opens a new span: it neither hides the first stay nor reveals what happened in between (I3).
"""

from collections.abc import Iterator

Span = tuple[int, int | None]
Spans = tuple[Span, ...]


def is_open(spans: Spans) -> bool:
    """Whether the member is in the channel now."""
    return bool(spans) and spans[-1][1] is None


def opened(spans: Spans, seq: int) -> Spans:
    """The spans after joining with the entry at `seq`, which the one who joins may read."""
    return (*spans, (seq, None))


def closed(spans: Spans, seq: int) -> Spans:
    """The spans after leaving with the entry at `seq`, which the one who leaves may read."""
    return (*spans[:-1], (spans[-1][0], seq))


def contains(spans: Spans, seq: int) -> bool:
    """Whether the entry at `seq` may be read."""
    return any(start <= seq and (end is None or seq <= end) for start, end in spans)


def after(spans: Spans, seq: int) -> Spans:
    """What is left of the spans beyond a seq: whoever has cleared his history reads on from there."""
    return tuple((max(start, seq + 1), end) for start, end in spans if end is None or end > seq)


def visible_last(spans: Spans, last_seq: int) -> int:
    """The newest seq that may be read, 0 for none."""
    if not spans:
        return 0
    start, end = spans[-1]
    newest = last_seq if end is None else min(end, last_seq)
    return newest if newest >= start else max((to or 0 for _, to in spans[:-1]), default=0)


def clipped(spans: Spans, low: int, high: int) -> Iterator[tuple[int, int]]:
    """The readable ranges within low..high, oldest first."""
    for start, end in spans:
        first, last = max(start, low), high if end is None else min(end, high)
        if first <= last:
            yield first, last
