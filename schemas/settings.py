"""What somebody has set for himself, whatever the conversation."""

import enum
from typing import Annotated

from msgspec import Meta, Struct


class ReadReceipts(enum.StrEnum):
    """Whether the others learn what somebody has read: always, never, or as he chooses."""

    ON = "on"
    OFF = "off"
    CHOOSE = "choose"


class Settings(Struct, kw_only=True):
    """My settings as they count now."""

    share_read: Annotated[
        bool, Meta(description="Whether others learn what I have read, and I what they have.")
    ]
    read_receipts: Annotated[
        ReadReceipts, Meta(description="What the organisation has set; I may change mine with `choose`.")
    ]


class SettingsBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What I change for myself; it is a state, so saying it twice is saying it once."""

    share_read: bool
