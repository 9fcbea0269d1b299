"""Field types, limits and numeric codes that the other schema modules share."""

import enum
from typing import Annotated, Final

from msgspec import Meta

PROTOCOL_VERSION: Final = 1

MAX_FRAME_BYTES: Final = 64 * 1024
MAX_TEXT_CHARS: Final = 5_000  # a text of only 4-byte characters still fits a frame
MAX_EXTRA_BYTES: Final = 4_096  # of the client's own `extra`, as JSON
MAX_EMOJI_IN_MESSAGE: Final = 20  # of a message that is nothing but emoji; a text may have as many as fit
MAX_EMOJI_CHARS: Final = 1_000  # of such a message: room for so many of the longest shortcodes
MAX_SHORTCODE_CHARS: Final = 32
MAX_NAME_CHARS: Final = 100
MAX_IDS_CHARS: Final = 4_000  # of ids in a query, with commas between
MAX_TOKEN_CHARS: Final = 8_192
MAX_MENTIONS: Final = 100
MENTION_ALL_MEMBERS: Final = 50  # up to so many anybody may address all of a group, beyond it its admins
MAX_USERS_PER_CALL: Final = 500
MAX_WATCHED: Final = 500  # people whose presence one connection watches
TYPING_INTERVAL_S: Final = 3  # of a connection in a channel; more is dropped
MAX_HISTORY_PAGE: Final = 100
MAX_LIST_PAGE: Final = 200
DEFAULT_MAX_MEMBERS: Final = 500  # of a new group, and the most that one may be set to
MAX_ADMINS: Final = 20  # of a group, beside its owner
MAX_ANNOUNCEMENT_CHARS: Final = 2_000
MAX_NICKNAME_CHARS: Final = 50  # seed: user_nickname VARCHAR(50)
MAX_MUTE_DAYS: Final = 365
MAX_JOIN_REQUESTS: Final = 200  # of a group, waiting at the same time
JOIN_REQUEST_DAYS: Final = 7  # then a request is forgotten, and a refused person may ask again
MAX_REASON_CHARS: Final = 200
UNREAD_CAP: Final = 99  # the badge shows "99+" above it (seed: 倒序99条)
SYSTEM_SENDER: Final = "system"
RESERVED_USER_IDS: Final = (SYSTEM_SENDER, "me")  # `me` stands for the caller in paths

# Nobody types control characters; in a log or a terminal they do harm. A text may have tabs and lines.
NO_CONTROLS: Final = r"^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)"
NO_CONTROLS_BUT_LINES: Final = r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$"

# Both without anchors: where they stand decides.
SHORTCODE_CHARS: Final = rf"[a-z0-9_+-]{{1,{MAX_SHORTCODE_CHARS}}}"
FILE_ID: Final = r"[A-Za-z0-9_-]{1,64}"

# `$` also matches before a trailing newline in Python, so each pattern forbids one.
UserId = Annotated[
    str,
    Meta(
        pattern=r"^(?!\.\.?$)[A-Za-z0-9_.@-]+$(?!\n)",  # `..` is a step in a path
        min_length=1,
        max_length=64,
        description="The company's user id.",
        examples=["an"],
    ),
]
ChannelId = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-z]{24}$",
        min_length=24,
        max_length=24,
        description="24 characters of 0-9 and a-z.",
        examples=["3v1c0q8m2k5t7n9p4r6s1000"],
    ),
]
MessageId = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-z]{24}\.[0-9]{12}$",
        min_length=37,
        max_length=37,
        description="The channel id, a dot and the seq in 12 digits.",
        examples=["3v1c0q8m2k5t7n9p4r6s1000.000000000042"],
    ),
]
ClientMessageId = Annotated[
    str,
    Meta(
        pattern=r"^[!-~]+$(?!\n)",
        min_length=1,
        max_length=64,
        description="The client's own id of this write, unique per sender and channel. "
        "Repeat a write with the same id until it is answered: it happens once.",
        examples=["01JD8Z5W0Q-1"],
    ),
]
RequestId = Annotated[
    str,
    Meta(min_length=1, max_length=64, description="Chosen by the client; the reply carries it back."),
]
Name = Annotated[
    str,
    Meta(
        pattern=NO_CONTROLS,
        min_length=1,
        max_length=MAX_NAME_CHARS,
        description="A name people read; no control characters.",
    ),
]
Nickname = Annotated[
    str,
    Meta(
        pattern=NO_CONTROLS,
        max_length=MAX_NICKNAME_CHARS,
        description="A member's name in one group; empty for none.",
    ),
]
AnnouncementText = Annotated[
    str,
    Meta(
        pattern=NO_CONTROLS_BUT_LINES,
        max_length=MAX_ANNOUNCEMENT_CHARS,
        description="Plain text, never HTML; empty takes the announcement away.",
    ),
]
JoinReason = Annotated[
    str,
    Meta(pattern=NO_CONTROLS, max_length=MAX_REASON_CHARS, description="What the admins read of it."),
]
MuteUntil = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$(?!\n)",
        max_length=40,
        description="RFC 3339, to come, within a year.",
        examples=["2026-11-24T08:00:00.000Z"],
    ),
]
MaxMembers = Annotated[
    int, Meta(ge=1, le=DEFAULT_MAX_MEMBERS, description="Members at most; no fewer than are in now.")
]
Avatar = Annotated[
    str,
    Meta(
        # No other scheme: what clients load must not be `javascript:` or `file:`.
        pattern=r"^([A-Za-z0-9._-]*|https://[!#-;=?-\[\]-~]+)$(?!\n)",
        max_length=500,
        description="An https address, or the id of an image that you have sent up; empty for none.",
        examples=["https://im.example/lunch.png"],
    ),
]
Seq = Annotated[int, Meta(ge=1, le=999_999_999_999, description="Position in the channel's log: 1, 2, 3 ...")]
SeqOrZero = Annotated[int, Meta(ge=0, le=999_999_999_999, description="A position, or 0 for none yet.")]
Cursor = Annotated[str, Meta(max_length=500, description="Opaque; pass back what the last answer gave.")]
UserIds = Annotated[list[UserId], Meta(min_length=1, max_length=MAX_USERS_PER_CALL)]
Timestamp = Annotated[
    str,
    Meta(
        description="RFC 3339, UTC, milliseconds.",
        examples=["2026-11-23T08:00:00.000Z"],
        extra_json_schema={"format": "date-time"},
    ),
]


class MessageType(enum.StrEnum):
    """What an entry of a channel's log is (seed: message_type)."""

    TEXT = "text"
    IMAGE = "image"
    EMOJI = "emoji"
    FILE = "file"
    SYSTEM = "system"
    RECALL = "recall"
    EDIT = "edit"


class ChannelType(enum.StrEnum):
    """Direct chat of two, or group (seed: session_type)."""

    DIRECT = "direct"
    GROUP = "group"


class ChannelStatus(enum.StrEnum):
    """Whether a channel takes new messages (seed: status)."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    DISSOLVED = "dissolved"


class MessageStatus(enum.StrEnum):
    """Whether an entry still has its content (seed: status)."""

    NORMAL = "normal"
    RECALLED = "recalled"


class Role(enum.StrEnum):
    """A member's role in a channel (seed: role)."""

    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"


class JoinPolicy(enum.StrEnum):
    """How people come into a group: any member adds them, only admins do, or admins approve."""

    INVITE = "invite"
    ADMINS = "admins"
    APPROVAL = "approval"


class EditPolicy(enum.StrEnum):
    """Who may change a group's name and picture."""

    ADMINS = "admins"
    MEMBERS = "members"


class GrantableRole(enum.StrEnum):
    """What an owner can make of somebody; another owner is made by handing over."""

    MEMBER = "member"
    ADMIN = "admin"


class SettableStatus(enum.StrEnum):
    """What an owner can set; dissolving is a request of its own, since it is for ever."""

    ENABLED = "enabled"
    DISABLED = "disabled"


class Membership(enum.StrEnum):
    """Whether somebody is in a channel now or was once (seed: status)."""

    NORMAL = "normal"
    LEFT = "left"


class Notify(enum.StrEnum):
    """Which messages of a conversation should disturb its member."""

    ALL = "all"
    MENTIONS = "mentions"
    NONE = "none"


# The seed's numbers, as stored. The wire speaks names.
MESSAGE_TYPE_CODES: Final = {
    MessageType.TEXT: 1,
    MessageType.IMAGE: 2,
    MessageType.EMOJI: 3,
    MessageType.FILE: 4,
    MessageType.SYSTEM: 99,
    # What amends an earlier entry; beyond the seed's numbers.
    MessageType.RECALL: 100,
    MessageType.EDIT: 101,
}
CHANNEL_TYPE_CODES: Final = {ChannelType.DIRECT: 1, ChannelType.GROUP: 2}
MESSAGE_STATUS_CODES: Final = {MessageStatus.NORMAL: 0, MessageStatus.RECALLED: 1}
ROLE_CODES: Final = {Role.MEMBER: 0, Role.ADMIN: 1, Role.OWNER: 2}
MEMBERSHIP_CODES: Final = {Membership.LEFT: 0, Membership.NORMAL: 1}
CHANNEL_STATUS_CODES: Final = {
    ChannelStatus.DISABLED: 0,
    ChannelStatus.ENABLED: 1,
    ChannelStatus.DISSOLVED: 2,
}
