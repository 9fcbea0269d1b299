"""What somebody types to search: words, all of which must be found. There is no syntax to learn or abuse.

Words have blanks between them. What stands in quotation marks of any usual kind belongs together, and is
found as it is written; a mark without its partner is nothing. A word of letters also finds what begins with
it ("meet" finds "meeting"), since whoever types has the rest in mind.
"""

from dataclasses import dataclass
from typing import Final

import regex

from imapp.domain.search.tokens import Token, tokens

MIN_PREFIX_CHARS: Final = 3
"""A shorter word finds itself alone: half a dictionary begins with "a"."""

_QUOTED: Final = regex.compile(
    r'"([^"]*)"|\uff02([^\uff02]*)\uff02|[“„]([^“”„]*)”|「([^「」]*)」|『([^『』]*)』|«([^«»]*)»'
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that must follow each other; with `is_prefix` the only one may go on."""

    texts: tuple[str, ...]
    is_prefix: bool = False


def phrases_of(words: str) -> tuple[Phrase, ...]:
    """What must be found, each once, in the order it was typed. Empty if nothing can be searched for."""
    found: dict[Phrase, None] = {}
    done = 0
    for quoted in _QUOTED.finditer(words):
        found |= _of_words(words[done : quoted.start()])
        if phrase := _of(tokens(next(filter(None, quoted.groups()), ""))):
            found[phrase] = None
        done = quoted.end()
    found |= _of_words(words[done:])
    return tuple(found)


def _of_words(words: str) -> dict[Phrase, None]:
    parts = (tokens(part) for part in words.split())
    return {phrase: None for part in parts if (phrase := _of(part, is_prefix=_may_go_on(part)))}


def _may_go_on(part: list[Token]) -> bool:
    return len(part) == 1 and part[0].is_word and len(part[0].text) >= MIN_PREFIX_CHARS


def _of(part: list[Token], *, is_prefix: bool = False) -> Phrase | None:
    return Phrase(tuple(token.text for token in part), is_prefix=is_prefix) if part else None
