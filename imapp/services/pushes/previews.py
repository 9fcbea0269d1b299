"""What a push shows of a message: one line, in which emoji are what they look like."""

from collections.abc import Iterable, Mapping
from typing import Final

from imapp.domain.emoji import drawn, shortcodes
from imapp.domain.entries import TYPE_NAMES, LogEntry
from imapp.stores.emojis import EmojiStore
from schemas.common import MessageType
from schemas.emojis import Emoji

CHARS: Final = 100

_TEXTS: Final = (MessageType.TEXT, MessageType.EMOJI)


class Signs:
    """Looks up what stands for emoji where there are only characters."""

    def __init__(self, emojis: EmojiStore) -> None:
        self._emojis = emojis

    def of(self, entries: Iterable[LogEntry]) -> Mapping[str, str]:
        """Those of the emoji that may be seen in the previews of these entries, by shortcode."""
        # Each emoji takes a character at least, so what is beyond would be cut off.
        wanted = {code for entry in entries if "[:" in entry.content for code in _first(entry.content)}
        found = self._emojis.find_all(wanted) if wanted else {}
        return {shortcode: _sign(emoji) for shortcode, emoji in found.items()}


def preview(entry: LogEntry, signs: Mapping[str, str], *, sender: str = "") -> str:
    """What an entry says, after who says it, cut to 100 characters."""
    said = _said(entry, signs)
    return (f"{sender}: {said}" if sender else said)[:CHARS]


def _said(entry: LogEntry, signs: Mapping[str, str]) -> str:
    kind = TYPE_NAMES[entry.type]
    if kind in _TEXTS:
        return drawn(entry.content, signs)
    return f"[{kind.value}] {entry.extra.get('name', '')}".rstrip()


def _first(text: str) -> list[str]:
    return shortcodes(text)[:CHARS]


def _sign(emoji: Emoji) -> str:
    return emoji.character or f"[{emoji.name}]"
