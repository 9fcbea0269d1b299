"""What is shown of a text for a match: a part of it, in pieces, some of which are marked.

Pieces rather than offsets or tags: they mean the same in every language, and there is nothing to escape.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import regex

from imapp.domain.search.matching import Range
from schemas.search import Piece

FRAGMENT_CHARS: Final = 120
"""About so long is what is shown; a match that is longer is shown whole, up to `MOST_CHARS`."""

MOST_CHARS: Final = 400
_BEFORE: Final = 30  # of what precedes the first match
_CUT: Final = "…"
_BOUNDARY: Final = regex.compile(r"\X")


def fragment(text: str, marked: Sequence[Range]) -> list[Piece]:
    """The text around its first match, cut between characters as readers see them; empty without a match."""
    if not marked:
        return []
    low, high = _window(text, marked[0])
    pieces = list(_pieces(text, low, high, marked))
    if low > 0:
        pieces.insert(0, Piece(text=_CUT))
    if high < len(text):
        pieces.append(Piece(text=_CUT))
    return pieces


def _window(text: str, first: Range) -> Range:
    if len(text) <= FRAGMENT_CHARS:
        return 0, len(text)
    low = max(0, first[0] - _BEFORE)
    high = max(low + FRAGMENT_CHARS, min(first[1], low + MOST_CHARS))
    low = max(0, min(low, len(text) - FRAGMENT_CHARS))
    return _boundary(text, low, at_most=first[0]), _boundary(text, min(high, len(text)), at_most=len(text))


def _boundary(text: str, at: int, *, at_most: int) -> int:
    """The first place from `at` on where a character as readers see it begins, or `at_most`."""
    # A character that is longer than this is an attack; it is cut then.
    start = max(0, at - _BEFORE)
    character: regex.Match[str]
    for character in _BOUNDARY.finditer(text, start, min(len(text), at + _BEFORE)):
        if character.start() >= at:
            return min(character.start(), at_most)
    return min(at, at_most)


def _pieces(text: str, low: int, high: int, marked: Sequence[Range]) -> Iterator[Piece]:
    done = low
    for first, last in marked:
        start, end = max(first, low), min(last, high)
        if start >= end:
            continue
        if done < start:
            yield Piece(text=text[done:start])
        yield Piece(text=text[start:end], marked=True)
        done = end
    if done < high:
        yield Piece(text=text[done:high])
