"""The entry of a channel's log, and the pages it is read in."""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from schemas.common import (
    MAX_EXTRA_BYTES,
    MAX_HISTORY_PAGE,
    MAX_MENTIONS,
    MAX_TEXT_CHARS,
    MENTION_ALL_MEMBERS,
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
        "of a system entry: what happened (`event`, `user_ids`, `name` ...); "
        "of a recall or an edit: which message it changes (`message_id`, `target_seq`)."
    ),
]
Mentions = Annotated[list[UserId], Meta(max_length=MAX_MENTIONS, description="Members who are addressed.")]
MentionAll = Annotated[
    bool,
    Meta(
        description="Everybody in the channel is addressed. In groups of more than "
        f"{MENTION_ALL_MEMBERS} the right of their admins."
    ),
]
ReplyTo = Annotated[
    MessageId,
    Meta(
        description="The message of this channel that is answered. What it says is in the `quotes` of a page."
    ),
]
ForwardOf = Annotated[
    MessageId,
    Meta(
        description="Instead of anything else: the message to pass on, of any channel that you may read. "
        "The server copies what it says."
    ),
]


class Forwarded(Struct, kw_only=True):
    """Who said first what is forwarded, and when. Where is not told."""

    sender: UserId
    sender_name: str
    server_time: Timestamp


class Entry(Struct, kw_only=True, omit_defaults=True):
    """One entry of a channel's log, as it is now. Absent fields have their default.

    A recalled message keeps its place, its sender and its time; what it said is gone.
    """

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
    reply_to: ReplyTo | None = None
    mentions: Mentions = field(default_factory=list)
    mention_all: MentionAll = False
    forwarded: Annotated[Forwarded | None, Meta(description="Whose words these are, if passed on.")] = None
    status: MessageStatus = MessageStatus.NORMAL
    server_time: Timestamp
    edited_at: Annotated[Timestamp | None, Meta(description="When its text was edited last.")] = None


class HistoryQuery(Struct, kw_only=True):
    """Where a page of history starts: at most one of before, after, around; none means the newest."""

    before: Annotated[Seq | None, Meta(description="Entries older than this seq.")] = None
    after: Annotated[SeqOrZero | None, Meta(description="Entries newer than this seq.")] = None
    around: Annotated[Seq | None, Meta(description="This entry with as many on either side.")] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_HISTORY_PAGE, description="Entries at most.")] = 50


class Quote(Struct, kw_only=True, omit_defaults=True):
    """A message that is answered, as it is now. Recalled, it says nothing any more."""

    message_id: MessageId
    sender: UserId
    sender_name: str
    message_type: MessageType
    content: Annotated[str, Meta(description="The first 100 characters.")] = ""
    extra: Annotated[dict[str, Any], Meta(description="Of an image or a file: which one.")] = field(
        default_factory=dict
    )
    status: MessageStatus = MessageStatus.NORMAL


class OneEntry(Entry, kw_only=True, omit_defaults=True):
    """An entry by itself, with what it answers beside it."""

    quote: Annotated[
        Quote | None, Meta(description="What it replies to, as it is now; absent if you may not see that.")
    ] = None


Quotes = Annotated[
    list[Quote],
    Meta(description="What the entries reply to, each once, as far as you may see it; absent for none."),
]


class HistoryPage(Struct, kw_only=True, omit_defaults=True):
    """Entries by seq, and the range they cover.

    A seq between from_seq and to_seq without an entry is not this reader's: do not ask for it again.
    """

    channel_id: ChannelId
    entries: list[Entry]
    from_seq: SeqOrZero
    to_seq: SeqOrZero
    more_before: bool
    more_after: bool
    quotes: Quotes = field(default_factory=list)


class SendBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """A message to send to a channel."""

    client_message_id: ClientMessageId
    message_type: MessageType = MessageType.TEXT
    content: Content = ""
    extra: Extra = field(default_factory=dict)
    reply_to: ReplyTo | None = None
    mentions: Mentions = field(default_factory=list)
    mention_all: MentionAll = False
    forward_of: ForwardOf | None = None


class RecallBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """The client's id of a recall."""

    client_message_id: ClientMessageId


class EditBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a message shall say from now on: the whole text and all of its mentions."""

    client_message_id: ClientMessageId
    content: Content
    mentions: Mentions = field(default_factory=list)
