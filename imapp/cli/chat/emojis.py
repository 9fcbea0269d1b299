"""Emoji as a terminal shows them: those that a new system begins with; others stay as written."""

from collections.abc import Mapping
from functools import cache

from imapp.domain import emoji
from imapp.services.operating.starter_emojis import starter_emojis


def drawn(text: str) -> str:
    """A text with its emoji as characters, and without the backslashes that keep words from being emoji."""
    return emoji.drawn(text, _characters())


@cache
def _characters() -> Mapping[str, str]:
    return {each.shortcode: each.character for each in starter_emojis()}
