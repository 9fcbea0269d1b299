"""The entry of a channel's log, and the pages it is read in."""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from schemas.common import (
    MAX_EXTRA_BYTES,
    MAX_HISTORY_PAGE,
    MAX_MENTIONS,
    MAX_TEXT_CHARS,
    NO_CONTROLS_BUT_LINES,
    ChannelId,
    ClientMessageId,
    MessageId,
    MessageStatus,
    MessageType,
    Seq,
    SeqOrZero,
    Timestamp,
    UserId,
)

Content = Annotated[
    str,
    Meta(
        max_length=MAX_TEXT_CHARS,
        description="Plain text, never HTML; shown as it is. No control characters but tab and newline.",
        # Told here, checked in `services.writing.commands`, where it costs a tenth.
        extra_json_schema={"pattern": NO_CONTROLS_BUT_LINES},
    ),
]
Extra = Annotated[
    dict[str, Any],
    Meta(
        description=f"The sender's own data beside the text, at most {MAX_EXTRA_BYTES} bytes of JSON; "
        "of a system entry: what happened (`event`, `user_ids`, `name` ...)."
    ),
]
Mentions = Annotated[list[UserId], Meta(max_length=MAX_MENTIONS, description="Members who are addressed.")]


class Entry(Struct, kw_only=True, omit_defaults=True):
    """One entry of a channel's log, the same bytes for every reader. Absent fields have their default."""

    message_id: MessageId
    channel_id: ChannelId
    seq: Seq
    sender: UserId
    sender_name: Annotated[str, Meta(description="The sender's name when it was sent.")] = ""
    sender_avatar: Annotated[str, Meta(description="The sender's avatar when it was sent.")] = ""
    client_message_id: ClientMessageId
    message_type: MessageType
    content: Content = ""
    extra: Extra = field(default_factory=dict)
    reply_to: MessageId | None = None
    mentions: Mentions = field(default_factory=list)
    status: MessageStatus = MessageStatus.NORMAL
    server_time: Timestamp


class HistoryQuery(Struct, kw_only=True):
    """Where a page of history starts: at most one of before, after, around; none means the newest."""

    before: Annotated[Seq | None, Meta(description="Entries older than this seq.")] = None
    after: Annotated[SeqOrZero | None, Meta(description="Entries newer than this seq.")] = None
    around: Annotated[Seq | None, Meta(description="This entry with as many on either side.")] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_HISTORY_PAGE, description="Entries at most.")] = 50


class HistoryPage(Struct, kw_only=True):
    """Entries by seq, and the range they cover.

    A seq between from_seq and to_seq without an entry is not this reader's: do not ask for it again.
    """

    channel_id: ChannelId
    entries: list[Entry]
    from_seq: SeqOrZero
    to_seq: SeqOrZero
    more_before: bool
    more_after: bool


class SendBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """A message to send to a channel."""

    client_message_id: ClientMessageId
    message_type: MessageType = MessageType.TEXT
    content: Content = ""
    extra: Extra = field(default_factory=dict)
    reply_to: MessageId | None = None
    mentions: Mentions = field(default_factory=list)
