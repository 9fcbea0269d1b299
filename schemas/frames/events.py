"""What a client is told over the WebSocket without having asked."""

from typing import Annotated

from msgspec import Meta, Struct

from schemas.common import (
    ChannelId,
    MessageId,
    Name,
    Seq,
    Timestamp,
    UserId,
)
from schemas.conversations import Conversation, ReadState
from schemas.messages import Entry
from schemas.presence import PresenceList
from schemas.receipts import PushStatus
from schemas.requests import Request as Request  # noqa: PLC0414  # other modules take it from here
from schemas.settings import Settings

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
