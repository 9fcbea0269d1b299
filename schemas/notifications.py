"""What leaves the system: who must hear of a message outside the socket, as a webhook is told."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.common import ChannelId, MessageId, Timestamp, UserId


class PushRecord(Struct, kw_only=True):
    """Somebody who is not connected has something new in a channel."""

    user_id: UserId
    channel_id: ChannelId
    message_id: Annotated[MessageId, Meta(description="The newest of what is new to him.")]
    title: Annotated[str, Meta(description="The sender's name in a direct chat, else the group's.")]
    preview: Annotated[str, Meta(description="At most 100 characters; empty once it is recalled.")]
    badge: Annotated[int, Meta(description="Unread over all his conversations, exactly.")]
    mentioned: bool
    messages: Annotated[int, Meta(description="How many new ones this record stands for.")]
    time: Timestamp
    nudge: Annotated[bool, Meta(description="Its sender reminds him, muted or not.")] = False


class PushNotification(Struct, kw_only=True):
    """The body of a webhook, as Standard Webhooks wants it: what, when, and the data."""

    type: Literal["messages.pushed"]
    timestamp: Timestamp
    data: list[PushRecord]
