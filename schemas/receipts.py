"""Who received and who read a message: the push records of a message, one row a recipient."""

import enum
from typing import Annotated, Final

from msgspec import Meta, Struct

from schemas.common import (
    MAX_LIST_PAGE,
    ChannelId,
    ClientMessageId,
    Cursor,
    MessageId,
    Seq,
    Timestamp,
    UserId,
)

MAX_SUMMARIES: Final = 20  # messages in one call: each looks through its channel's ledger


class PushStatus(enum.StrEnum):
    """How far a message got with one recipient (seed: 未接受/已接收/已读)."""

    UNRECEIVED = "unreceived"
    RECEIVED = "received"
    READ = "read"


# The seed's numbers, as stored. The wire speaks names.
PUSH_STATUS_CODES: Final = {PushStatus.UNRECEIVED: 0, PushStatus.RECEIVED: 1, PushStatus.READ: 2}


class PushFilter(enum.StrEnum):
    """Which recipients of a message."""

    UNRECEIVED = "unreceived"
    RECEIVED = "received"
    READ = "read"
    UNREAD = "unread"


class PushQuery(Struct, kw_only=True):
    """A page of the recipients of a message."""

    status: Annotated[
        PushFilter | None,
        Meta(description="Only those (`unread`: unreceived and received); the counts are of all."),
    ] = None
    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST_PAGE, description="Rows at most.")] = 50


class Push(Struct, kw_only=True):
    """What became of a message with one of its recipients."""

    receiver: UserId
    name: str
    status: PushStatus
    last_modified_time: Annotated[
        Timestamp, Meta(description="Since when it has this status; `unreceived`: when it was stored.")
    ]


class PushCounts(Struct, kw_only=True):
    """How many recipients a message has, by status; each counts once."""

    total: int
    unreceived: int
    received: Annotated[int, Meta(description="Received and not read.")]
    read: int


class PushPage(Struct, kw_only=True):
    """The recipients of a message by user id: everybody whose stay covers it, without its sender."""

    message_id: MessageId
    channel_id: ChannelId
    seq: Seq
    counts: PushCounts
    pushes: list[Push]
    cursor: Cursor | None


class NudgeBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Remind those who have not read a message of mine."""

    client_message_id: ClientMessageId


class Nudged(Struct, kw_only=True):
    """Those who have not read it are reminded."""

    message_id: MessageId
    nudged: Annotated[int, Meta(description="How many they are, as far as I may know.")]
    at: Timestamp


MessageIds = Annotated[list[MessageId], Meta(min_length=1, max_length=MAX_SUMMARIES)]


class ReceiptQuery(Struct, kw_only=True):
    """Messages of mine."""

    ids: Annotated[str, Meta(max_length=2_000, description="Message ids with commas between.")]


class ReceiptSummary(Struct, kw_only=True):
    """How far a message got: read by `counts.read` of `counts.total`."""

    message_id: MessageId
    channel_id: ChannelId
    seq: Seq
    counts: PushCounts


class ReceiptSummaries(Struct, kw_only=True):
    """How far messages of mine got, in the order of the request; those that are not mine are left out."""

    messages: list[ReceiptSummary]
