"""Searching for messages, and for people and groups."""

import enum
from typing import Annotated, Final

from msgspec import Meta, Struct, field

from schemas.common import (
    MAX_LIST_PAGE,
    MAX_NAME_CHARS,
    NO_CONTROLS,
    ChannelId,
    Cursor,
    Membership,
    Timestamp,
    UserId,
)
from schemas.messages import Entry
from schemas.users import User

MAX_SEARCH_CHARS: Final = 200
MAX_SEARCH_WORDS: Final = 10
MAX_SEARCH_TOKENS: Final = 100  # Han characters, words and emoji of all words together
MAX_HITS_PAGE: Final = 50
MAX_COUNTED_CHANNELS: Final = 100  # those with the most hits

SearchWords = Annotated[
    str,
    Meta(
        pattern=NO_CONTROLS,
        min_length=1,
        max_length=MAX_SEARCH_CHARS,
        description=f"At most {MAX_SEARCH_WORDS} words with blanks between, all of which must be there. "
        "What stands in quotation marks belongs together.",
        examples=['预算 "next week"'],
    ),
]
SearchTime = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$(?!\n)",
        max_length=40,
        description="RFC 3339.",
        examples=["2026-11-24T08:00:00.000Z"],
    ),
]


class SearchedType(enum.StrEnum):
    """What kinds of messages can be searched for: those that people send."""

    TEXT = "text"
    IMAGE = "image"
    EMOJI = "emoji"
    FILE = "file"


class SearchOrder(enum.StrEnum):
    """Which hits come first.

    `newest`: those sent last. `relevant`: those with the most words just as they were typed, of these those
    that say the least beside them, of these the newest.
    """

    NEWEST = "newest"
    RELEVANT = "relevant"


class MessageSearch(Struct, kw_only=True):
    """Which messages: by words, or by at least one of sender, channel and type."""

    words: SearchWords | None = None
    sender: UserId | None = None
    channel_id: ChannelId | None = None
    message_type: SearchedType | None = None
    since: Annotated[SearchTime | None, Meta(description="Sent then or later.")] = None
    until: Annotated[SearchTime | None, Meta(description="Sent before.")] = None
    order: SearchOrder = SearchOrder.NEWEST
    cursor: Annotated[Cursor | None, Meta(description="Of the last page of the same search.")] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_HITS_PAGE, description="Hits at most.")] = 20


class Piece(Struct, omit_defaults=True):
    """A part of a text, to be shown as it is; `marked` if it is what was searched for."""

    text: str
    marked: bool = False


class Hit(Struct, kw_only=True, omit_defaults=True):
    """A message that was found, as it is now, and the part of it that matches."""

    entry: Entry
    content: Annotated[list[Piece], Meta(description="Around the first match in its text.")] = field(
        default_factory=list
    )
    file_name: Annotated[list[Piece], Meta(description="The same of its file's name.")] = field(
        default_factory=list
    )


class ChannelCount(Struct, kw_only=True):
    """How many hits are in a channel."""

    channel_id: ChannelId
    count: int


class SearchCoverage(Struct, kw_only=True):
    """How far the index is."""

    complete_until: Annotated[
        Timestamp, Meta(description="What was sent to you before then has been searched.")
    ]
    channels_behind: Annotated[
        int, Meta(description="How many of your channels have messages that may not be found yet.")
    ]


class MessageHits(Struct, kw_only=True):
    """A page of hits. Ask for the next with `cursor`; null when this was the last."""

    hits: list[Hit]
    total: Annotated[int | None, Meta(description="Of all pages; told with the first.")]
    channels: Annotated[
        list[ChannelCount],
        Meta(description=f"The {MAX_COUNTED_CHANNELS} with the most hits; told with the first page."),
    ]
    coverage: SearchCoverage
    cursor: Cursor | None


class ContactSearch(Struct, kw_only=True):
    """People and groups by name."""

    words: Annotated[
        str,
        Meta(
            pattern=NO_CONTROLS,
            min_length=1,
            max_length=MAX_NAME_CHARS,
            description="Words of the name or how they begin; of Han characters any part.",
            examples=["小明"],
        ),
    ]
    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST_PAGE, description="Rows at most.")] = 20


class FoundGroup(Struct, kw_only=True):
    """A group that I am or was in; if I have left it, as it was then."""

    channel_id: ChannelId
    name: str
    avatar: str
    member_count: int
    membership: Membership


class ContactPage(Struct, kw_only=True):
    """Groups by channel id, then people by user id."""

    groups: list[FoundGroup]
    people: list[User]
    cursor: Cursor | None
