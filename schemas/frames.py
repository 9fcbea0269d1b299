"""Every frame of the WebSocket: what a client may ask, what it is answered, what it is told.

A frame is one JSON object in a text message of at most 64 KiB, told apart by `type`. Unknown fields are
ignored; an unknown type is answered with an error and the socket stays open.
"""

import enum
from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import Meta, Struct, field

from schemas.channels import Written
from schemas.common import (
    MAX_HISTORY_PAGE,
    MAX_LIST_PAGE,
    MAX_TOKEN_CHARS,
    MAX_WATCHED,
    NO_CONTROLS,
    Avatar,
    ChannelId,
    ClientMessageId,
    Cursor,
    EditPolicy,
    JoinPolicy,
    MaxMembers,
    MessageId,
    MessageType,
    Name,
    Notify,
    RequestId,
    Seq,
    SeqOrZero,
    Timestamp,
    UserId,
    UserIds,
)
from schemas.conversations import Conversation, DraftBody, ReadState, SyncPage, UnreadPage
from schemas.emojis import EmojiPage, PackName
from schemas.errors import CodeName
from schemas.group_frames import (
    AnswerJoinRequests,
    Dissolve,
    MuteMember,
    RequestJoin,
    SetAnnouncement,
    SetNickname,
    SetRole,
    SetStatus,
    TransferOwner,
    UnmuteMember,
    WithdrawJoinRequest,
)
from schemas.messages import Content, Entry, Extra, ForwardOf, HistoryPage, MentionAll, Mentions, ReplyTo
from schemas.presence import PresenceList
from schemas.receipts import MessageIds, Nudged, PushStatus, ReceiptSummaries
from schemas.requests import Request as Request  # noqa: PLC0414  # other modules take it from here
from schemas.search import MAX_HITS_PAGE, MessageHits, SearchedType, SearchOrder, SearchTime, SearchWords
from schemas.settings import Settings

MAX_DEVICE_CHARS: Final = 64

# ---- client -> server


class Hello(Request, kw_only=True, tag="hello"):
    """Say who you are, first and within 5 s; again later to renew the token."""

    token: (
        Annotated[str, Meta(max_length=MAX_TOKEN_CHARS, description="Absent if the header carried it.")]
        | None
    ) = None
    device: Annotated[
        str,
        Meta(pattern=NO_CONTROLS, max_length=MAX_DEVICE_CHARS, description="Names this device among yours."),
    ] = ""
    protocol: Annotated[int, Meta(ge=1, le=1_000, description="What the client speaks.")] = 1
    cursor: Annotated[Cursor | None, Meta(description="Of the last sync: the reply then holds a sync.")] = (
        None
    )


class Send(Request, kw_only=True, tag="send"):
    """Send a message to a channel, or with `to` to a person. Answered once it is stored."""

    client_message_id: ClientMessageId
    channel_id: ChannelId | None = None
    to: UserId | None = None
    message_type: MessageType = MessageType.TEXT
    content: Content = ""
    extra: Extra = field(default_factory=dict)
    reply_to: ReplyTo | None = None
    mentions: Mentions = field(default_factory=list)
    mention_all: MentionAll = False
    forward_of: ForwardOf | None = None


class Recall(Request, kw_only=True, tag="recall"):
    """Take back a message: what it said is gone, for everybody and everywhere."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    message_id: MessageId


class Edit(Request, kw_only=True, tag="edit"):
    """Let a text of mine say something else: the whole text and all of its mentions."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    message_id: MessageId
    content: Content
    mentions: Mentions = field(default_factory=list)


class Read(Request, kw_only=True, tag="read"):
    """Everything up to this seq has been read; the watermark only grows."""

    channel_id: ChannelId
    seq: Seq


class SetConversation(Request, kw_only=True, tag="set_conversation"):
    """Change what I have set about a conversation, for me alone; absent fields stay."""

    channel_id: ChannelId
    pinned: bool | None = None
    notify: Notify | None = None
    hidden_seq: Annotated[
        SeqOrZero | None, Meta(description="Hide it until something newer comes; 0 shows it again.")
    ] = None
    marked_unread: bool | None = None
    cleared_seq: Annotated[Seq | None, Meta(description="Clear my history up to here; only grows.")] = None
    draft: DraftBody | None = None


class GetSettings(Request, kw_only=True, tag="settings"):
    """What I have set for myself, whatever the conversation."""


class SetSettings(Request, kw_only=True, tag="set_settings"):
    """Change it."""

    share_read: Annotated[
        bool, Meta(description="Whether others learn what I have read, and I what they have.")
    ]


class Unread(Request, kw_only=True, tag="unread"):
    """Which entries of a conversation count as unread, and why; from the newest on."""

    channel_id: ChannelId
    before: Annotated[Seq | None, Meta(description="Entries older than this seq.")] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_HISTORY_PAGE)] = 50


class SearchMessages(Request, kw_only=True, tag="search_messages"):
    """Messages that I may read: by words, or by at least one of sender, channel and type."""

    words: SearchWords | None = None
    sender: UserId | None = None
    channel_id: ChannelId | None = None
    message_type: SearchedType | None = None
    since: Annotated[SearchTime | None, Meta(description="Sent then or later.")] = None
    until: Annotated[SearchTime | None, Meta(description="Sent before.")] = None
    order: SearchOrder = SearchOrder.NEWEST
    cursor: Annotated[Cursor | None, Meta(description="Of the last page of the same search.")] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_HITS_PAGE)] = 20


class MessageReceipts(Request, kw_only=True, tag="message_receipts"):
    """How far messages of mine got: read by so many of so many."""

    message_ids: MessageIds


class Nudge(Request, kw_only=True, tag="nudge"):
    """Remind those who have not read a message of mine: by an event, and by a push that no muting stops."""

    client_message_id: ClientMessageId
    message_id: MessageId


class Received(Request, kw_only=True, tag="received"):
    """A device has received everything up to this seq. No reply; at most twice a second per channel."""

    channel_id: ChannelId
    seq: Seq
    from_seq: Annotated[Seq, Meta(description="If it holds nothing older: from where on.")] = 1


class Sync(Request, kw_only=True, tag="sync"):
    """Which conversations changed since the cursor; without one, all of them."""

    cursor: Cursor | None = None


class History(Request, kw_only=True, tag="history"):
    """A page of entries: at most one of before, after, around; none means the newest."""

    channel_id: ChannelId
    before: Seq | None = None
    after: SeqOrZero | None = None
    around: Seq | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_HISTORY_PAGE)] = 50


class CreateGroup(Request, kw_only=True, tag="create_group"):
    """A new group; the caller becomes its owner."""

    client_message_id: ClientMessageId
    name: Name
    avatar: Avatar = ""
    user_ids: UserIds


class OpenDirect(Request, kw_only=True, tag="open_direct"):
    """The direct chat with one person; it is made if there is none."""

    client_message_id: ClientMessageId
    to: UserId


class UpdateChannel(Request, kw_only=True, tag="update_channel"):
    """Rename a group, change its avatar or its settings; absent fields stay."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    name: Name | None = None
    avatar: Avatar | None = None
    max_members: MaxMembers | None = None
    join: JoinPolicy | None = None
    mute_all: bool | None = None
    edit: EditPolicy | None = None


class AddMembers(Request, kw_only=True, tag="add_members"):
    """Add people, all or none; a direct chat becomes a group."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    user_ids: UserIds


class RemoveMember(Request, kw_only=True, tag="remove_member"):
    """Take somebody out of a group."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    user_id: UserId


class Leave(Request, kw_only=True, tag="leave"):
    """Leave a group."""

    client_message_id: ClientMessageId
    channel_id: ChannelId


class Watch(Request, kw_only=True, tag="watch"):
    """Whose presence to tell from now on, in place of whom it was before; nobody's with an empty list."""

    user_ids: Annotated[list[UserId], Meta(max_length=MAX_WATCHED)]


class Emojis(Request, kw_only=True, tag="emojis"):
    """A page of the emoji table: of one pack, or all."""

    pack: PackName | None = None
    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST_PAGE)] = MAX_LIST_PAGE


class Typing(Request, kw_only=True, tag="typing"):
    """I am writing something in this channel. No reply; more than one in 3 s is dropped."""

    channel_id: ChannelId


class Ping(Request, kw_only=True, tag="ping"):
    """Is anybody there? Answered with `pong`."""


ClientFrame = (
    Hello
    | Send
    | Recall
    | Edit
    | Read
    | SetConversation
    | GetSettings
    | SetSettings
    | Unread
    | SearchMessages
    | MessageReceipts
    | Nudge
    | Received
    | Sync
    | History
    | CreateGroup
    | OpenDirect
    | UpdateChannel
    | AddMembers
    | RemoveMember
    | Leave
    | SetRole
    | TransferOwner
    | SetAnnouncement
    | SetNickname
    | MuteMember
    | UnmuteMember
    | SetStatus
    | Dissolve
    | RequestJoin
    | WithdrawJoinRequest
    | AnswerJoinRequests
    | Watch
    | Emojis
    | Typing
    | Ping
)

# ---- server -> client: replies


class HelloReply(Struct, kw_only=True, tag_field="type", tag="ok", omit_defaults=True):
    """You are in. Live events follow; what came before them is in `sync`."""

    id: RequestId
    user: UserId
    connection: str
    epoch: str
    server_time: Timestamp
    protocol: int
    heartbeat_s: Annotated[int, Meta(description="The server pings this often; 60 s of silence end it.")]
    limits: dict[str, int]
    settings: Annotated[Settings, Meta(description="What I have set for myself, as `settings` answers it.")]
    sync: SyncPage | None = None


class WrittenReply(Written, kw_only=True, tag_field="type", tag="ok", omit_defaults=True):
    """The write is stored. For a send it stands where its event would stand in the order of frames."""

    id: RequestId
    extra: Annotated[
        dict[str, Any] | None,
        Meta(description="Of a message with a file: its `extra` as readers get it (name, size ...)."),
    ] = None


class ReadReply(ReadState, kw_only=True, tag_field="type", tag="ok"):
    """The watermark now."""

    id: RequestId


class ConversationReply(Conversation, kw_only=True, tag_field="type", tag="ok"):
    """The conversation as it is now."""

    id: RequestId


class SettingsReply(Settings, kw_only=True, tag_field="type", tag="ok"):
    """My settings as they are now."""

    id: RequestId


class UnreadReply(UnreadPage, kw_only=True, tag_field="type", tag="ok"):
    """The number, and a page of entries."""

    id: RequestId


class SearchMessagesReply(MessageHits, kw_only=True, tag_field="type", tag="ok"):
    """A page of hits."""

    id: RequestId


class MessageReceiptsReply(ReceiptSummaries, kw_only=True, tag_field="type", tag="ok"):
    """The counts of each; those that are not mine are left out."""

    id: RequestId


class NudgeReply(Nudged, kw_only=True, tag_field="type", tag="ok"):
    """How many are reminded."""

    id: RequestId


class SyncReply(SyncPage, kw_only=True, tag_field="type", tag="ok"):
    """A page of what changed."""

    id: RequestId


class HistoryReply(HistoryPage, kw_only=True, tag_field="type", tag="ok"):
    """A page of entries."""

    id: RequestId


class WatchReply(PresenceList, kw_only=True, tag_field="type", tag="ok"):
    """Their presence now, in the order of the request."""

    id: RequestId


class EmojisReply(EmojiPage, kw_only=True, tag_field="type", tag="ok"):
    """A page of the emoji table."""

    id: RequestId


class Pong(Struct, kw_only=True, tag_field="type", tag="pong"):
    """Somebody is."""

    id: RequestId


class ErrorReply(Struct, kw_only=True, tag_field="type", tag="error", omit_defaults=True):
    """Why a request was refused. Nothing of it was done, except that `busy` leaves the outcome open."""

    id: str | None = None
    code: CodeName
    message: str
    retry_after: Annotated[float | None, Meta(description="Seconds to wait before the same try.")] = None
    errors: dict[str, Any] | None = None


# ---- server -> client: events


class MessageEvent(Entry, kw_only=True, omit_defaults=True, tag_field="type", tag="message"):
    """A new entry of a channel that you are in."""


class ConversationEvent(ReadState, kw_only=True, omit_defaults=True, tag_field="type", tag="conversation"):
    """My own watermark moved, or I have set something about a conversation, on whichever device."""

    conversation: Annotated[
        Conversation | None, Meta(description="What it looks like now, if something was set.")
    ] = None


class SettingsEvent(Settings, kw_only=True, tag_field="type", tag="settings"):
    """I have set something for myself, on whichever device."""


class PresenceEvent(PresenceList, kw_only=True, tag_field="type", tag="presence"):
    """People whom this connection watches have come or gone; at most one such event a second."""


class TypingEvent(Struct, kw_only=True, tag_field="type", tag="typing"):
    """Somebody is writing in a channel that you are in: show it for some seconds."""

    channel_id: ChannelId
    user_id: UserId
    user_name: Name


class ReceiptEvent(Struct, kw_only=True, tag_field="type", tag="receipt", omit_defaults=True):
    """Somebody has received or read what he may see up to a seq; told to those who sent lately."""

    channel_id: ChannelId
    user_id: UserId
    status: PushStatus
    from_seq: Annotated[Seq, Meta(description="Since which seq; absent: since the start.")] = 1
    up_to_seq: Seq
    at: Timestamp


class ReceiptsEvent(Struct, kw_only=True, tag_field="type", tag="receipts"):
    """How far my newest message in a big group got, at most every other second."""

    channel_id: ChannelId
    seq: Seq
    total: Annotated[int, Meta(description="Recipients.")]
    received: Annotated[int, Meta(description="Received and not read.")]
    read: int


class NudgeEvent(Struct, kw_only=True, tag_field="type", tag="nudge"):
    """Somebody reminds me of a message of his that I have not read; it may come twice."""

    channel_id: ChannelId
    message_id: MessageId
    seq: Seq
    user_id: UserId
    user_name: Name
    at: Timestamp


class ResyncEvent(Struct, kw_only=True, tag_field="type", tag="resync"):
    """The gateway may have missed something: run sync."""


class ClosingEvent(Struct, kw_only=True, tag_field="type", tag="closing"):
    """The gateway goes away; come back after the given time."""

    reconnect_in_ms: int


REPLIES: Final[Mapping[type[Request], type[Struct] | None]] = {
    Hello: HelloReply,
    Send: WrittenReply,
    Recall: WrittenReply,
    Edit: WrittenReply,
    Read: ReadReply,
    SetConversation: ConversationReply,
    GetSettings: SettingsReply,
    SetSettings: SettingsReply,
    Unread: UnreadReply,
    SearchMessages: SearchMessagesReply,
    MessageReceipts: MessageReceiptsReply,
    Nudge: NudgeReply,
    Received: None,
    Sync: SyncReply,
    History: HistoryReply,
    CreateGroup: WrittenReply,
    OpenDirect: WrittenReply,
    UpdateChannel: WrittenReply,
    AddMembers: WrittenReply,
    RemoveMember: WrittenReply,
    Leave: WrittenReply,
    SetRole: WrittenReply,
    TransferOwner: WrittenReply,
    SetAnnouncement: WrittenReply,
    SetNickname: WrittenReply,
    MuteMember: WrittenReply,
    UnmuteMember: WrittenReply,
    SetStatus: WrittenReply,
    Dissolve: WrittenReply,
    RequestJoin: WrittenReply,
    WithdrawJoinRequest: WrittenReply,
    AnswerJoinRequests: WrittenReply,
    Watch: WatchReply,
    Emojis: EmojisReply,
    Typing: None,
    Ping: Pong,
}
"""What each request is answered with when it is not refused; None: with nothing."""

EVENTS: Final[tuple[type[Struct], ...]] = (
    MessageEvent,
    ConversationEvent,
    SettingsEvent,
    PresenceEvent,
    TypingEvent,
    ReceiptEvent,
    ReceiptsEvent,
    NudgeEvent,
    ResyncEvent,
    ClosingEvent,
)
"""What a client is told without having asked."""


class CloseCode(enum.IntEnum):
    """Close codes of the socket. 45xx: do not reconnect by yourself."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    INVALID_DATA = 1007
    POLICY_VIOLATION = 1008
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    OUTBOX_FULL = 1013
    TRY_LATER = 1013  # for whatever reason: the word says which
    PING_TIMEOUT = 4000
    RESYNC = 4001
    RESTART = 4003
    UNAUTHORIZED = 4501
    KICKED = 4502
    PROTOCOL_VERSION = 4503


CLOSE_REASONS: Final[Mapping[CloseCode, str]] = {
    CloseCode.NORMAL: "You closed; your own code comes back.",
    CloseCode.GOING_AWAY: "The other side goes away. Reconnect.",
    CloseCode.PROTOCOL_ERROR: "Broken framing, or a message unfinished after 30 s.",
    CloseCode.UNSUPPORTED_DATA: "A kind of data that is not taken. Reserved.",
    CloseCode.INVALID_DATA: "Text that is not UTF-8.",
    CloseCode.POLICY_VIOLATION: "Too many pings, pongs, pieces or empty messages.",
    CloseCode.TOO_BIG: "A message of more than 64 KiB: sending it again does not help.",
    CloseCode.INTERNAL_ERROR: "A mistake in the server. Reconnect.",
    CloseCode.OUTBOX_FULL: "You read too slowly, or were refused too often. Reconnect later, then sync.",
    CloseCode.PING_TIMEOUT: "You were silent for 60 s. Reconnect.",
    CloseCode.RESYNC: "The server could not greet you in time. Reconnect, then sync.",
    CloseCode.RESTART: "The gateway restarts; the `closing` event before it says when to come back.",
    CloseCode.UNAUTHORIZED: "No hello, no valid token, or the token has expired: get a new one first.",
    CloseCode.KICKED: "You were disabled, or opened too many connections: do not reconnect by yourself.",
    CloseCode.PROTOCOL_VERSION: "This server does not speak your version of the protocol: update the client.",
}
"""Why the server closes with a code, and what to do then."""
