"""The conversation list, its watermarks, and sync."""

import enum
from typing import Annotated, Any, Final

from msgspec import Meta, Struct, field

from schemas.common import (
    MAX_HISTORY_PAGE,
    MAX_LIST_PAGE,
    MAX_TEXT_CHARS,
    NO_CONTROLS_BUT_LINES,
    ChannelId,
    ChannelStatus,
    ChannelType,
    Cursor,
    Membership,
    MessageId,
    MessageStatus,
    MessageType,
    Notify,
    Seq,
    SeqOrZero,
    Timestamp,
    UserId,
)


class Preview(Struct, kw_only=True):
    """The newest entry this reader may see, as it is now, cut to 100 characters.

    Recalls and edits are not shown themselves: what they changed is.
    """

    message_id: MessageId
    seq: Seq
    sender: UserId
    sender_name: str
    message_type: MessageType
    content: str
    extra: Annotated[
        dict[str, Any], Meta(description="Of a system entry: what happened, to the first few people.")
    ] = field(default_factory=dict)
    status: MessageStatus = MessageStatus.NORMAL
    server_time: Timestamp


MAX_DRAFT_CHARS: Final = MAX_TEXT_CHARS


class DraftBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What I have begun to write; without a text and a reply it is taken away."""

    text: Annotated[
        str, Meta(max_length=MAX_DRAFT_CHARS, pattern=NO_CONTROLS_BUT_LINES, description="As a message's.")
    ] = ""
    reply_to: Annotated[MessageId | None, Meta(description="The message of this channel it answers.")] = None


class Draft(Struct, kw_only=True):
    """What I have begun to write, on whichever device."""

    text: str
    reply_to: MessageId | None
    updated_at: Timestamp


class Conversation(Struct, kw_only=True):
    """One row of my conversation list.

    Its fields are the seed's: 聊天名 用户名 聊天图像 未读消息数量 最后一条消息 最后聊天时间.
    """

    channel_id: ChannelId
    channel_type: ChannelType
    name: Annotated[str, Meta(description="The group's name, or the peer's.")]
    avatar: str
    peer: Annotated[UserId | None, Meta(description="The other person of a direct chat.")] = None
    status: ChannelStatus
    membership: Membership
    member_count: int
    last_seq: Annotated[
        SeqOrZero, Meta(description="The newest seq this reader may see, or up to which he has cleared it.")
    ]
    read_seq: SeqOrZero
    unread: int
    unread_label: Annotated[str, Meta(description='"" for none, "1" ... "99", "99+".')]
    last_message: Preview | None
    last_time: Timestamp
    pinned: bool
    notify: Notify
    mentioned_seq: Annotated[
        Seq | None, Meta(description="The newest message that addresses me and that I have not read.")
    ] = None
    hidden: Annotated[bool, Meta(description="I have hidden it, and nothing has come since.")] = False
    marked_unread: Annotated[bool, Meta(description="I want to come back to it; reading ends it.")] = False
    cleared_seq: Annotated[
        SeqOrZero,
        Meta(description="Up to here I see nothing: I have cleared it, or the server keeps it no longer."),
    ] = 0
    removed_seq: Annotated[
        SeqOrZero, Meta(description="Up to here nobody sees anything: the server keeps it no longer.")
    ] = 0
    draft: Draft | None = None


class ConversationPage(Struct, kw_only=True):
    """Pinned first, then unread, then by last time, newest first."""

    conversations: list[Conversation]
    cursor: Cursor | None


class UnreadReason(enum.StrEnum):
    """Why an entry counts as unread, or does not; only `unread` counts. The first that is true is told."""

    REMOVED = "removed"
    CLEARED = "cleared"
    NOT_THERE = "not_there"
    SYSTEM = "system"
    CHANGE = "change"
    OWN = "own"
    RECALLED = "recalled"
    READ = "read"
    UNREAD = "unread"


class Shown(enum.StrEnum):
    """Which conversations a list has."""

    VISIBLE = "visible"
    HIDDEN = "hidden"


class ConversationQuery(Struct, kw_only=True):
    """A page of my conversations."""

    show: Annotated[Shown, Meta(description="`hidden`: those that I have hidden instead.")] = Shown.VISIBLE
    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST_PAGE, description="Rows at most.")] = 50


class SetConversationBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What I change about a conversation for myself, at least one thing; absent or null leaves it.

    It is a state and no step: saying it twice is saying it once.
    """

    pinned: bool | None = None
    notify: Notify | None = None
    hidden_seq: Annotated[
        SeqOrZero | None,
        Meta(description="Hide it until something newer than this comes; 0 shows it again."),
    ] = None
    marked_unread: bool | None = None
    cleared_seq: Annotated[
        Seq | None, Meta(description="Clear my history up to here, for me alone; it only grows.")
    ] = None
    draft: DraftBody | None = None


class SyncQuery(Struct, kw_only=True):
    """The cursor of the last sync; absent: everything."""

    cursor: Cursor | None = None


class SyncPage(Struct, kw_only=True):
    """Conversations that changed since the cursor. Ask again at once while `more`."""

    epoch: Annotated[str, Meta(description="Of this store; when it changes, drop what you hold and reload.")]
    conversations: list[Conversation]
    cursor: Cursor
    more: bool


class ReadBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Everything up to this seq has been read."""

    seq: Seq


class ReadState(Struct, kw_only=True):
    """My watermark in a channel and what is left unread."""

    channel_id: ChannelId
    read_seq: SeqOrZero
    unread: int
    unread_label: str


class UnreadQuery(Struct, kw_only=True):
    """A page of what is unread or not, from the newest entry on."""

    before: Annotated[Seq | None, Meta(description="Entries older than this seq.")] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_HISTORY_PAGE, description="Entries at most.")] = 50


class UnreadEntry(Struct, kw_only=True):
    """Whether an entry counts as unread for me, and why."""

    seq: Seq
    message_id: Annotated[MessageId | None, Meta(description="Null if it is not mine to read.")]
    sender: Annotated[UserId | None, Meta(description="Null if it is not mine to read.")]
    counts: bool
    reason: UnreadReason


class UnreadPage(Struct, kw_only=True):
    """The unread number of a conversation, and its entries by seq, newest first."""

    channel_id: ChannelId
    unread: Annotated[int, Meta(description="As the conversation list has it.")]
    recounted: Annotated[int, Meta(description="The same, counted in the log just now.")]
    read_seq: SeqOrZero
    last_seq: SeqOrZero
    entries: list[UnreadEntry]
    more: Annotated[bool, Meta(description="Whether there are older ones: ask with `before`.")]
