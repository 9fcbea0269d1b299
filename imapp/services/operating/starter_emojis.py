"""The emoji that a new system begins with: characters and names of the package `emoji` (BSD licence)."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import emoji
import msgspec

from imapp.stores.emojis import EmojiStore
from schemas.emojis import Emoji, Shortcode

# Whole blocks of Unicode, so that nobody has to choose: (pack, first, last). The red heart and its like stand
# alone among older signs.
_BLOCKS: Final = (
    ("faces", 0x1F600, 0x1F64F),
    ("faces", 0x1F910, 0x1F917),
    ("hands", 0x1F446, 0x1F450),
    ("hearts", 0x2763, 0x2764),
    ("hearts", 0x1F493, 0x1F49F),
    ("party", 0x1F380, 0x1F393),
    ("food", 0x1F345, 0x1F37B),
)
_PICTURE: Final = "\N{VARIATION SELECTOR-16}"


def starter_emojis() -> Iterator[Emoji]:
    """Some 190 emoji in packs, by the shortcodes that other programs use or else their Unicode names."""
    for pack, first, last in _BLOCKS:
        for character in map(_as_picture, range(first, last + 1)):
            known = emoji.EMOJI_DATA.get(character)
            shortcode = _shortcode(known) if known is not None else None
            if known is not None and shortcode is not None:
                name = known["en"].strip(":").replace("_", " ")
                yield Emoji(shortcode=shortcode, pack=pack, name=name, character=character, address="")


def seed_emojis(emojis: EmojiStore) -> None:
    """Store those whose shortcode was never used, so that an older system gets what came later.

    What an administrator took out or changed stays so.
    """
    emojis.put_missing(starter_emojis())


def _as_picture(code: int) -> str:
    """A character in the form that is drawn as a picture, where it has another as a sign (❤)."""
    has_both = emoji.EMOJI_DATA.get(chr(code), {}).get("variant", False)
    return chr(code) + _PICTURE if has_both and chr(code) + _PICTURE in emoji.EMOJI_DATA else chr(code)


def _shortcode(known: Mapping[str, Any]) -> str | None:
    """The first of its names that can be one."""
    for name in (*known.get("alias", ()), known["en"]):
        with suppress(msgspec.ValidationError):
            return msgspec.convert(name.strip(":").lower(), Shortcode)
    return None
