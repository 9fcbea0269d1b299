"""The conversation list, its watermarks, and sync."""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from schemas.common import (
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
    last_seq: Annotated[SeqOrZero, Meta(description="The newest seq this reader may see.")]
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


class ConversationPage(Struct, kw_only=True):
    """Pinned first, then unread, then by last time, newest first."""

    conversations: list[Conversation]
    cursor: Cursor | None


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
