"""What a client is answered over the WebSocket."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from schemas.channels import Written
from schemas.common import (
    RequestId,
    Timestamp,
    UserId,
)
from schemas.conversations import Conversation, ReadState, SyncPage, UnreadPage
from schemas.emojis import EmojiPage
from schemas.errors import CodeName
from schemas.messages import HistoryPage
from schemas.presence import PresenceList
from schemas.receipts import Nudged, ReceiptSummaries
from schemas.requests import Request as Request  # noqa: PLC0414  # other modules take it from here
from schemas.search import MessageHits
from schemas.settings import Settings
from schemas.users import User

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


class ChangeMeReply(User, kw_only=True, tag_field="type", tag="ok"):
    """I, as the others see me now."""

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
