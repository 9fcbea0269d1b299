"""The emoji table (seed: t_im_emoji): what `[:shortcode:]` in a text stands for."""

from typing import Annotated, Final

from msgspec import Meta, Struct

from schemas.admin import AdminBody, Reason
from schemas.common import (
    MAX_LIST_PAGE,
    MAX_SHORTCODE_CHARS,
    SHORTCODE_CHARS,
    Avatar,
    Cursor,
    Name,
)

MAX_EMOJIS: Final = 2_000
MAX_CHARACTER_CHARS: Final = 16  # a family of four with skin tones has 11

Shortcode = Annotated[
    str,
    Meta(
        pattern=rf"^{SHORTCODE_CHARS}$(?!\n)",
        min_length=1,
        max_length=MAX_SHORTCODE_CHARS,
        description="What stands between `[:` and `:]`; the emoji's id (seed: emoji_id).",
        examples=["grinning_face"],
    ),
]
PackName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9_-]{1,32}$(?!\n)",
        min_length=1,
        max_length=32,
        description="The pack it is in.",
        examples=["faces"],
    ),
]
Character = Annotated[
    str,
    Meta(max_length=MAX_CHARACTER_CHARS, description="The Unicode emoji that it is, if it is no picture."),
]


class Emoji(Struct, kw_only=True):
    """One emoji: a Unicode character, or a picture at an address."""

    shortcode: Shortcode
    pack: PackName
    name: Annotated[str, Meta(description="For people, and for who can't see it.")]
    character: Character
    address: Annotated[str, Meta(description="A file key or an https address (seed: key或者url); or empty.")]


class EmojiPage(Struct, kw_only=True):
    """Emoji by shortcode."""

    emojis: list[Emoji]
    cursor: Cursor | None


class EmojiQuery(Struct, kw_only=True):
    """Which emoji: of one pack, or all."""

    pack: PackName | None = None
    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST_PAGE, description="Rows at most.")] = MAX_LIST_PAGE


class EmojiPack(Struct, kw_only=True):
    """A pack, and how many emoji are in it."""

    pack: PackName
    emojis: int


class EmojiPackPage(Struct, kw_only=True):
    """Packs by name."""

    packs: list[EmojiPack]
    cursor: Cursor | None


class AddEmojiBody(AdminBody, kw_only=True, forbid_unknown_fields=True):
    """A new emoji: either a character or an address."""

    shortcode: Shortcode
    pack: PackName
    name: Name
    character: Character = ""
    address: Avatar = ""


class ChangeEmojiBody(AdminBody, kw_only=True, forbid_unknown_fields=True):
    """What changes about an emoji; absent fields stay. Its shortcode stands in messages, and stays."""

    pack: PackName | None = None
    name: Name | None = None
    character: Character | None = None
    address: Avatar | None = None


class RemoveEmojiQuery(Struct, kw_only=True):
    """Why an emoji is taken out."""

    reason: Reason | None = None
