r"""Emoji in a text (seed: 表情使用特别前缀后缀识别): `[:shortcode:]`, free to mix with words.

A backslash before it takes its meaning away: `\[:smile:]` is read as the words `[:smile:]`. Of several, each
pair stands for one backslash. Anywhere else a backslash is a backslash. All of it takes linear time.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from schemas.common import SHORTCODE_CHARS

_TOKEN: Final = re.compile(rf"\[:({SHORTCODE_CHARS}):\]")
_ONLY_TOKENS: Final = re.compile(rf"(?:\[:{SHORTCODE_CHARS}:\])+")


class Words(Struct, frozen=True, tag=True):
    """A piece of text to be shown as it is."""

    text: str


class Emoji(Struct, frozen=True, tag=True):
    """An emoji to be looked up."""

    shortcode: str


Segment = Words | Emoji


def parse(text: str, is_known: Callable[[str], bool] = lambda _: True) -> list[Segment]:
    """The text in pieces, in order; no two `Words` are neighbours. An unknown shortcode stays text."""
    segments: list[Segment] = []
    words: list[str] = []
    done = 0
    for token in _TOKEN.finditer(text):
        slashes = _slashes_before(text, done, token.start())
        words += (text[done : token.start() - slashes], "\\" * (slashes // 2))
        done = token.end()
        if slashes % 2 or not is_known(token[1]):
            words.append(token[0])
        else:
            segments += _joined(words)
            segments.append(Emoji(token[1]))
            words = []
    words.append(text[done:])
    return [*segments, *_joined(words)]


def places(text: str) -> Iterator[tuple[int, int, str]]:
    """Where the emoji of a text stand, in order: start, end (exclusive), shortcode."""
    done = 0
    for token in _TOKEN.finditer(text):
        if _slashes_before(text, done, token.start()) % 2 == 0:
            yield token.start(), token.end(), token[1]
        done = token.end()


def escape(text: str) -> str:
    """The text in which to write words that look like emoji: `parse` gives it back as words."""
    pieces: list[str] = []
    done = 0
    for token in _TOKEN.finditer(text):
        slashes = _slashes_before(text, done, token.start())
        pieces += (text[done : token.start()], "\\" * (slashes + 1), token[0])
        done = token.end()
    return "".join([*pieces, text[done:]])


def shortcodes(text: str) -> list[str]:
    """The emoji of a text, in order, as often as they are there."""
    return [part.shortcode for part in parse(text) if isinstance(part, Emoji)]


def drawn(text: str, signs: Mapping[str, str]) -> str:
    """A text with these signs in the places of their shortcodes, and without the backslashes of words."""
    if "[:" not in text:
        return text
    parts = parse(text, signs.__contains__)
    return "".join(part.text if isinstance(part, Words) else signs[part.shortcode] for part in parts)


def is_only_emoji(text: str) -> bool:
    """Whether there is nothing but emoji, one at least, and not even a space between them."""
    return _ONLY_TOKENS.fullmatch(text) is not None


def _slashes_before(text: str, low: int, high: int) -> int:
    """How many backslashes end at `high`, none of them before `low`."""
    return high - low - len(text[low:high].rstrip("\\"))


def _joined(words: list[str]) -> Iterator[Segment]:
    text = "".join(words)
    if text:
        yield Words(text)
