"""A text as the tokens by which it is found.

Width, compatibility forms and case make no difference (NFKC, case folding). A character of a script that is
written without blanks is a token of its own, so that any part of a sentence is a phrase of tokens; letters
and digits that touch are one word; an emoji is one, be it Unicode or `[:shortcode:]`. All else separates.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import regex

from imapp.domain.emoji import places

BETWEEN: Final = "|"
"""Stands between two texts of one message. No text has such a token, so no phrase reaches over it."""

MAX_TOKEN_CHARS: Final = 100
"""A longer word is cut, on both sides alike: an index takes no terms without end."""

# Written without blanks (or, as Korean, with endings that nobody types when he searches).
_ALONE: Final = (
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]"
)
_PIECE: Final = regex.compile(rf"(?P<alone>{_ALONE}\p{{M}}*)|(?P<word>(?:[\p{{L}}\p{{N}}]\p{{M}}*)+)")
_ASCII_WORD: Final = r"[0-9A-Za-z]+(?=[\x00-\x7f]|\Z)"  # no mark follows that would belong to its last letter
_CLUSTER: Final = regex.compile(rf"(?P<ascii>{_ASCII_WORD})|\X")
_EMOJI: Final = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3]")
# How it is drawn, and in which colour of skin: the same emoji to whoever looks for it.
_LOOKS: Final = regex.compile(r"[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_REMEMBERED_CHARS: Final = 16  # of a grapheme: some are as long as a text may be
# Most texts consist of what stands for itself whatever it touches: ASCII, common Han characters and marks.
_EASY: Final = re.compile(
    r"[\x00-\x7f\u4e00-\u9fff\u2014\u2018-\u201d\u2026\u3000-\u3002\u300a\u300b\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]*"
)
_EASY_TOKEN: Final = re.compile(rf"[\u4e00-\u9fff]|[0-9a-z]{{1,{MAX_TOKEN_CHARS}}}")
_UNSEEN: Final = regex.compile(r"\p{Cf}*")  # soft hyphens and the like


class Token(NamedTuple):
    """A token and the part of the text, start inclusive and end exclusive, that it stands for."""

    text: str
    start: int
    end: int
    is_word: bool


def tokens(text: str) -> list[Token]:
    """The tokens of a text, in order."""
    found: list[Token] = []
    done = 0
    for start, end, shortcode in places(text):
        found += _plain(text, done, start)
        found.append(Token(f":{shortcode}:", start, end, is_word=False))
        done = end
    return [*found, *_plain(text, done, len(text))]


def indexed(*texts: str) -> str:
    """What the index holds of a message with these texts: tokens with blanks between."""
    parts = [_token_texts(text) for text in texts]
    return f" {BETWEEN} ".join(" ".join(part) for part in parts if part)


def _token_texts(text: str) -> list[str]:
    if _EASY.fullmatch(text) and "[:" not in text:
        return _EASY_TOKEN.findall(text.lower())
    return [token.text for token in tokens(text)]


def _plain(text: str, low: int, high: int) -> list[Token]:
    found: list[Token] = []
    for token in _pieces(text, low, high):
        if found and _is_one_word(text, found[-1], token):
            found[-1] = found[-1]._replace(text=found[-1].text + token.text, end=token.end)
        else:
            found.append(token)
    return [part for token in found for part in _cut(token)]


def _is_one_word(text: str, last: Token, token: Token) -> bool:
    if not (last.is_word and token.is_word) or token.start < last.end:
        return False
    return _UNSEEN.fullmatch(text, last.end, token.start) is not None


def _pieces(text: str, low: int, high: int) -> Iterator[Token]:
    """What each grapheme of a text comes to; neighbouring pieces may be one word."""
    for match in _CLUSTER.finditer(text, low, high):
        start, end = match.span()
        cluster: str = match[0]
        if match["ascii"]:
            yield Token(cluster.lower(), start, end, is_word=True)
            continue
        for piece, is_word in _read(cluster) if len(cluster) <= _REMEMBERED_CHARS else _read_once(cluster):
            yield Token(piece, start, end, is_word)


def _read_once(cluster: str) -> tuple[tuple[str, bool], ...]:
    """The tokens of a grapheme, and of each whether it is part of a word."""
    if _EMOJI.search(cluster):
        return ((_LOOKS.sub("", cluster) or cluster, False),)
    return tuple((piece[0], piece["word"] is not None) for piece in _PIECE.finditer(_folded(cluster)))


_read: Final = lru_cache(maxsize=20_000)(_read_once)  # what people write repeats itself


def _folded(cluster: str) -> str:
    # Folding the case can undo the composition.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).casefold())


def _cut(token: Token) -> Iterator[Token]:
    for at in range(0, len(token.text), MAX_TOKEN_CHARS):
        yield token._replace(text=token.text[at : at + MAX_TOKEN_CHARS])
