"""What a client may ask over the WebSocket; `schemas.group_frames` has what is about order in groups."""

from typing import Annotated, Final

from msgspec import Meta, field

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
    Seq,
    SeqOrZero,
    UserId,
    UserIds,
)
from schemas.conversations import DraftBody
from schemas.emojis import PackName
from schemas.messages import Content, Extra, ForwardOf, MentionAll, Mentions, ReplyTo
from schemas.receipts import MessageIds
from schemas.requests import Request as Request  # noqa: PLC0414  # other modules take it from here
from schemas.search import MAX_HITS_PAGE, SearchedType, SearchOrder, SearchTime, SearchWords

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


class ChangeMe(Request, kw_only=True, tag="change_me"):
    """Change my picture: to an image that I have sent up, an address, or none."""

    avatar: Avatar


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
