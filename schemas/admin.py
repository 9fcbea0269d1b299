"""What administrators of the system see and do, and what is written down of it."""

import enum
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from schemas.common import (
    MAX_HISTORY_PAGE,
    MAX_IDS_CHARS,
    MAX_LIST_PAGE,
    MAX_NAME_CHARS,
    NO_CONTROLS,
    ChannelId,
    ChannelStatus,
    ChannelType,
    ClientMessageId,
    Cursor,
    MessageId,
    MessageStatus,
    MessageType,
    Seq,
    SeqOrZero,
    Timestamp,
    UserId,
)
from schemas.users import UserKind

MAX_REASON_CHARS: Final = 500
MAX_RETENTION_DAYS: Final = 36_500
MAX_CONNECTION_ID_CHARS: Final = 100
MAX_AUDIT_FILTER_CHARS: Final = 64
MAX_AUDIT_ACTOR_CHARS: Final = 68  # a user id, or a name on the command line after `cli:`

Reason = Annotated[
    str,
    Meta(
        pattern=NO_CONTROLS,
        min_length=1,
        max_length=MAX_REASON_CHARS,
        description="Why, for those who read the audit log: a ticket, a complaint, a court order.",
        examples=["ticket 4711"],
    ),
]


NameStart = Annotated[
    str,
    Meta(pattern=NO_CONTROLS, min_length=1, max_length=MAX_NAME_CHARS, description="How the name starts."),
]


class AdminQuery(Struct, kw_only=True):
    """Why something is looked at."""

    reason: Reason | None = None


class AdminPageQuery(AdminQuery, kw_only=True):
    """A page of a list of the administrators."""

    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST_PAGE, description="Rows at most.")] = 50


class AdminBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why something is done."""

    reason: Reason | None = None


class UserStatus(enum.StrEnum):
    """Whether somebody may come in."""

    ACTIVE = "active"
    DISABLED = "disabled"


class AdminUser(Struct, kw_only=True):
    """A person, as administrators see him."""

    user_id: UserId
    name: str
    avatar: str
    kind: UserKind
    status: UserStatus
    updated_at: Annotated[Timestamp | None, Meta(description="When his row was changed last.")]


class AdminUserPage(Struct, kw_only=True):
    """People by user id, disabled ones too."""

    users: list[AdminUser]
    cursor: Cursor | None


class AdminUserQuery(AdminPageQuery, kw_only=True):
    """Which people: with these ids, or whose name starts so, or all; of one status or any."""

    ids: (
        Annotated[str, Meta(max_length=MAX_IDS_CHARS, description="User ids with commas between.")] | None
    ) = None
    name: NameStart | None = None
    status: UserStatus | None = None


class AdminChannel(Struct, kw_only=True):
    """A direct chat or a group, as administrators see it."""

    channel_id: ChannelId
    channel_type: ChannelType
    name: Annotated[str, Meta(description="Empty for a direct chat.")]
    avatar: str
    creator: UserId
    owner: UserId | None
    status: ChannelStatus
    max_members: int
    member_count: int
    last_seq: SeqOrZero
    last_time: Timestamp
    created_at: Timestamp
    retention_days: Annotated[
        int | None, Meta(description="For how long messages are kept: 0 for ever, null as in all channels.")
    ]
    kept_from_seq: Annotated[Seq, Meta(description="What is before it was deleted for good.")]


class AdminChannelPage(Struct, kw_only=True):
    """Channels by id."""

    channels: list[AdminChannel]
    cursor: Cursor | None


class AdminChannelQuery(AdminPageQuery, kw_only=True):
    """Which channels: with these ids, whose name starts so, in which somebody is, or all; of any status."""

    ids: (
        Annotated[str, Meta(max_length=MAX_IDS_CHARS, description="Channel ids with commas between.")] | None
    ) = None
    name: NameStart | None = None
    member: UserId | None = None
    status: ChannelStatus | None = None


class AdminHistoryQuery(AdminQuery, kw_only=True):
    """Where a page starts: at most one of before, after, around. With `sender`, what he wrote, by before."""

    before: Annotated[Seq | None, Meta(description="Entries older than this seq.")] = None
    after: Annotated[SeqOrZero | None, Meta(description="Entries newer than this seq.")] = None
    around: Annotated[Seq | None, Meta(description="This entry with as many on either side.")] = None
    sender: UserId | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_HISTORY_PAGE, description="Entries at most.")] = 50


class AdminConnection(Struct, kw_only=True):
    """A WebSocket that has said hello."""

    connection_id: Annotated[str, Meta(max_length=MAX_CONNECTION_ID_CHARS)]
    user_id: UserId
    gateway: str
    device: Annotated[str, Meta(description="As the client calls it.")]
    since: Timestamp


class AdminConnectionPage(Struct, kw_only=True):
    """Connections by id."""

    connections: list[AdminConnection]
    cursor: Cursor | None


class KickBody(AdminBody, kw_only=True):
    """Which of somebody's connections: the one with this id, or all."""

    connection_id: Annotated[str, Meta(min_length=1, max_length=MAX_CONNECTION_ID_CHARS)] | None = None


class Kicked(Struct, kw_only=True):
    """Which connections were closed, and which gateways have not said so in time."""

    closed: list[str]
    silent: Annotated[list[str], Meta(description="They may have closed some, or do so late.")]


class TraceStepName(enum.StrEnum):
    """What happens to a message, in this order."""

    ACCEPTED = "accepted"
    STORED = "stored"
    PUBLISHED = "published"
    DELIVERED = "delivered"
    DISPATCHED = "dispatched"
    PUSHED = "pushed"
    RECEIVED = "received"
    READ = "read"


class TraceStep(Struct, kw_only=True):
    """Something that happened to a message. Times are of the process's own clock."""

    step: TraceStepName
    time: Annotated[Timestamp | None, Meta(description="Null: it has not happened.")]
    process: Annotated[str | None, Meta(description="Where, if that is known.")]
    user_id: UserId | None
    connection_id: str | None
    note: str


class TraceQuery(AdminPageQuery, kw_only=True):
    """What of it: all, or the steps about one person; a page."""

    user_id: UserId | None = None


class MessageTrace(Struct, kw_only=True):
    """The life of one message, without its text."""

    message_id: MessageId
    sender: UserId
    client_message_id: str
    message_type: MessageType
    status: MessageStatus
    steps: Annotated[list[TraceStep], Meta(description="In order, a page of them.")]
    cursor: Cursor | None
    unknown: Annotated[list[str], Meta(description="What is not known, or not any more, and why.")]


class AdminStatusBody(AdminBody, kw_only=True):
    """What becomes of a channel; `dissolved` is for ever."""

    client_message_id: ClientMessageId
    status: ChannelStatus


class RetentionBody(AdminBody, kw_only=True):
    """For how long a channel keeps its messages; what is older is deleted for good the next night."""

    retention_days: Annotated[
        Annotated[int, Meta(ge=0, le=MAX_RETENTION_DAYS)] | None,
        Meta(description="In days; 0 for ever, null as in all channels (`IM_RETENTION_DAYS`)."),
    ]


class AdminRecallBody(AdminBody, kw_only=True):
    """The id of the recall."""

    client_message_id: ClientMessageId


class MessageVersion(Struct, kw_only=True):
    """What a message said from one time to another."""

    content: str
    mentions: list[str]
    written: Timestamp
    replaced: Timestamp
    edit_seq: Annotated[Seq, Meta(description="The seq of the edit that replaced it.")]


class VersionPage(Struct, kw_only=True):
    """Earlier versions of a message, oldest first."""

    versions: list[MessageVersion]
    cursor: Cursor | None


class UnindexedEntry(Struct, kw_only=True):
    """An entry that Elasticsearch has refused: it is not found, and does not move to the archive."""

    message_id: MessageId
    reason: Annotated[
        str, Meta(description="In the words of Elasticsearch.", examples=["mapper_parsing_exception"])
    ]
    since: Annotated[Timestamp, Meta(description="When it was refused last.")]


class UnindexedPage(Struct, kw_only=True):
    """Such entries by message id, and how many there are in all."""

    entries: list[UnindexedEntry]
    total: int
    cursor: Cursor | None


class RetryBody(AdminBody, kw_only=True):
    """Which page of them is tried again."""

    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST_PAGE, description="Entries at most.")] = 50


class RetriedEntries(Struct, kw_only=True):
    """How many of a page are in the index now, which are not, and where the next page begins."""

    indexed: int
    left: list[UnindexedEntry]
    cursor: Cursor | None


class AuditQuery(AdminPageQuery, kw_only=True):
    """Which records, the latest first: of whom, of which action, about what, from when to when."""

    actor: (
        Annotated[
            str,
            Meta(
                pattern=r"^(cli:)?[A-Za-z0-9_.@-]+$(?!\n)",
                max_length=MAX_AUDIT_ACTOR_CHARS,
                description="A user id, or `cli:NAME` for the command line.",
            ),
        ]
        | None
    ) = None
    action: (
        Annotated[str, Meta(max_length=MAX_AUDIT_FILTER_CHARS, description="As `user.disable`.")] | None
    ) = None
    target: (
        Annotated[
            str,
            Meta(
                max_length=MAX_AUDIT_FILTER_CHARS,
                description="An id that it was about: of a user, channel, message.",
            ),
        ]
        | None
    ) = None
    since: Annotated[Timestamp | None, Meta(description="From this time on.")] = None
    until: Annotated[Timestamp | None, Meta(description="Before this time.")] = None


class AuditRecord(Struct, kw_only=True):
    """One action of an administrator. It is written down before it is done, and can't be changed."""

    audit_id: str
    actor: Annotated[str, Meta(description="The user id; `cli:NAME` for the command line of an operator.")]
    action: Annotated[str, Meta(examples=["channel.history"])]
    targets: Annotated[list[str], Meta(description="Ids of what it was about.")]
    details: Annotated[dict[str, Any], Meta(description="The request's own fields, long texts cut.")]
    reason: str | None
    request_id: str
    address: Annotated[str, Meta(description="From where it came.")]
    time: Timestamp
    outcome: Annotated[
        str | None,
        Meta(
            description="`ok` or the code of the refusal; null: not known (yet), it may have been done.",
            examples=["ok"],
        ),
    ]
    ended: Annotated[Timestamp | None, Meta(description="When the outcome was known.")]


class AuditPage(Struct, kw_only=True):
    """Records, the latest first."""

    records: list[AuditRecord]
    cursor: Cursor | None
