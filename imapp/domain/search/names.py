"""Names and what finds them: any of their words, how one begins, any part in Han characters."""

from collections.abc import Sequence
from typing import Final

from imapp.domain.search.tokens import tokens

MOST_KEYS: Final = 40  # of a name; what begins behind is not found by its own
MAX_KEY_CHARS: Final = 60


def name_keys(name: str) -> list[str]:
    """What a name is kept under: itself from each of its words on. How one of these begins finds it."""
    texts = [token.text for token in tokens(name)]
    return list(dict.fromkeys(_key(texts[start:]) for start in range(min(len(texts), MOST_KEYS))))


def wanted_keys(words: str) -> list[str]:
    """What some key of a name must begin with, each of them; empty if nothing can be searched for."""
    typed = ([token.text for token in tokens(word)] for word in words.split())
    return list(dict.fromkeys(_key(texts) for texts in typed if texts))


def is_named(name: str, wanted: Sequence[str]) -> bool:
    """Whether a name is found by these."""
    keys = name_keys(name)
    return all(any(key.startswith(start) for key in keys) for start in wanted)


def _key(texts: Sequence[str]) -> str:
    return " ".join(texts)[:MAX_KEY_CHARS]
