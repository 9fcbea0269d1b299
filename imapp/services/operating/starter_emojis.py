"""The emoji that a new system begins with: characters and names of the package `emoji` (BSD licence)."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import emoji
import msgspec

from imapp.stores.emojis import EmojiStore
from schemas.emojis import Emoji, Shortcode

# Whole blocks of Unicode, so that nobody has to choose: (pack, first, last).
_BLOCKS: Final = (
    ("faces", 0x1F600, 0x1F64F),
    ("faces", 0x1F910, 0x1F917),
    ("hands", 0x1F446, 0x1F450),
    ("hearts", 0x1F493, 0x1F49F),
    ("party", 0x1F380, 0x1F393),
    ("food", 0x1F345, 0x1F37B),
)
FIRST_PACK: Final = _BLOCKS[0][0]


def starter_emojis() -> Iterator[Emoji]:
    """Some 190 emoji in packs, by the shortcodes that other programs use or else their Unicode names."""
    for pack, first, last in _BLOCKS:
        for character in map(chr, range(first, last + 1)):
            known = emoji.EMOJI_DATA.get(character)
            shortcode = _shortcode(known) if known is not None else None
            if known is not None and shortcode is not None:
                name = known["en"].strip(":").replace("_", " ")
                yield Emoji(shortcode=shortcode, pack=pack, name=name, character=character, address="")


def seed_emojis(emojis: EmojiStore) -> None:
    """Store them unless it was done before. What an administrator took out or changed stays so."""
    if not emojis.has_pack(FIRST_PACK):
        emojis.put_missing(starter_emojis())


def _shortcode(known: Mapping[str, Any]) -> str | None:
    """The first of its names that can be one."""
    for name in (*known.get("alias", ()), known["en"]):
        with suppress(msgspec.ValidationError):
            return msgspec.convert(name.strip(":").lower(), Shortcode)
    return None
