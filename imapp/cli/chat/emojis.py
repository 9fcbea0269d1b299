"""Emoji as a terminal shows them: those that a new system begins with; others stay as written."""

from collections.abc import Mapping
from functools import cache

from imapp.domain.emoji import Words, parse
from imapp.services.operating.starter_emojis import starter_emojis


def drawn(text: str) -> str:
    """A text with its emoji as characters, and without the backslashes that keep words from being emoji."""
    if "[:" not in text:
        return text
    known = _characters()
    parts = parse(text, known.__contains__)
    return "".join(part.text if isinstance(part, Words) else known[part.shortcode] for part in parts)


@cache
def _characters() -> Mapping[str, str]:
    return {each.shortcode: each.character for each in starter_emojis()}
