"""Queue payloads: batches of commands to the shard writers, their answers, and the batches of the fanout.

They are MessagePack arrays, so a field's position is its name: only append, and raise VERSION when an
older reader could misread what a newer writer sends.
"""

from typing import Any, Final

from msgspec import Struct

from schemas.commands import AnyCommand

VERSION: Final = 1


class WriteBatch(Struct, array_like=True, kw_only=True):
    """Commands of one gateway for one shard, in the order in which they came."""

    version: int = VERSION
    batch_id: str
    shard: int
    reply_queue: str
    attempt: int = 1
    commands: list[AnyCommand]


class Result(Struct, array_like=True, kw_only=True, omit_defaults=True):
    """What became of one command: stored or repeated (code is "") or rejected (code says why).

    `extra` is what the entry has in it that whoever sent it can't know: what is known of its file.
    """

    index: int
    channel_id: str = ""
    seq: int = 0
    time_ms: int = 0
    code: str = ""
    data: dict[str, Any] = {}
    extra: dict[str, Any] = {}


class BatchReply(Struct, array_like=True, kw_only=True):
    """The results of a batch, and which batch of the fanout carries its entries (0: none did)."""

    version: int = VERSION
    batch_id: str
    shard: int
    epoch: str
    number: int
    results: list[Result]


class FanoutEntry(Struct, array_like=True, kw_only=True, omit_defaults=True):
    """One entry: which command of the origin's batch made it, and the finished frame for everybody else.

    `extra` as of `Result`, which the entry's sender gets in place of the frame.
    """

    index: int
    seq: int
    time_ms: int
    frame: bytes
    extra: dict[str, Any] = {}


class FanoutItem(Struct, array_like=True, kw_only=True):
    """Entries of one channel; who joins before them and who leaves after them."""

    channel_id: str
    entries: list[FanoutEntry]
    joins: list[str] = []
    leaves: list[str] = []


class FanoutBatch(Struct, array_like=True, kw_only=True, tag="batch"):
    """What a writer published: numbers are dense within (shard, epoch), so a reader sees a loss."""

    version: int = VERSION
    shard: int
    epoch: str
    number: int
    origin: str
    batch_id: str
    items: list[FanoutItem]
    writer: str = ""
    published_ms: int = 0


class ReadMark(Struct, array_like=True, kw_only=True):
    """Somebody has read a channel up to a seq, at a time stamped where it happened."""

    channel_id: str
    user_id: str
    seq: int
    at_ms: int


class ReceivedMark(Struct, array_like=True, kw_only=True):
    """Somebody has received a channel from one seq to another, at a time stamped where it happened."""

    channel_id: str
    user_id: str
    seq: int
    at_ms: int
    from_seq: int = 1


class ReceiptBatch(Struct, array_like=True, kw_only=True):
    """Coalesced marks of one gateway; order and repetition do not matter."""

    version: int = VERSION
    reads: list[ReadMark]
    received: list[ReceivedMark] = []
    gateway: str = ""


class PersonalWrite(Struct, array_like=True, tag=True, kw_only=True):
    """Something that changes no channel's log; whoever waits for its answer knows it by `request_id`."""

    request_id: str
    actor: str
    at_ms: int


class SetConversation(PersonalWrite, kw_only=True):
    """Change what somebody has set about a conversation for himself; None leaves it."""

    channel_id: str
    pinned: bool | None = None
    notify: str | None = None
    hidden_seq: int | None = None
    marked_unread: bool | None = None
    cleared_seq: int | None = None
    draft: tuple[str, str | None] | None = None


class SetSettings(PersonalWrite, kw_only=True):
    """Change what somebody has set for himself, whatever the conversation."""

    share_read: bool


class Remind(PersonalWrite, kw_only=True):
    """Remind those who have not read a message of it."""

    message_id: str
    client_message_id: str


AnyPersonalWrite = SetConversation | SetSettings | Remind


class PersonalBatch(Struct, array_like=True, kw_only=True):
    """Personal writes of one gateway, in the order in which they came."""

    version: int = VERSION
    writes: list[AnyPersonalWrite]


class PersonalAnswer(Struct, array_like=True, kw_only=True):
    """What became of a personal write: done (code is "") or refused (code says why)."""

    request_id: str
    code: str = ""
    data: dict[str, Any] = {}
    retry_after: float | None = None
    body: bytes = b""


class PushNudge(Struct, array_like=True, kw_only=True):
    """A channel's log has grown, and its new entries were published at this time."""

    channel_id: str
    at_ms: int


class PushBatch(Struct, array_like=True, kw_only=True):
    """Channels whose recipients are to be worked out. It may come late, twice, or never."""

    version: int = VERSION
    nudges: list[PushNudge]


class Notice(Struct, array_like=True, kw_only=True, tag="notice"):
    """A frame for all connections of one person, outside any channel's order."""

    version: int = VERSION
    user_id: str
    frame: bytes


class Notices(Struct, array_like=True, kw_only=True, tag="notices"):
    """Notices that came of one task, in one message, and the answers to who asked for it."""

    version: int = VERSION
    notices: list[Notice]
    answers: list[PersonalAnswer] = []


class PresenceNotice(Struct, array_like=True, kw_only=True, tag="presence"):
    """These people may have come or gone; whoever watches them reads the store. Nothing is lost with it."""

    version: int = VERSION
    user_ids: list[str]


class Typing(Struct, array_like=True, kw_only=True):
    """Somebody writes something in a channel."""

    channel_id: str
    user_id: str
    user_name: str


class TypingNotice(Struct, array_like=True, kw_only=True, tag="typing"):
    """Who writes where, as one gateway saw it within some tenths of a second."""

    version: int = VERSION
    typing: list[Typing]


class Kick(Struct, array_like=True, kw_only=True, tag="kick"):
    """Close somebody's connections, or the one with this id."""

    user_id: str
    connection_id: str = ""


class FindPassages(Struct, array_like=True, kw_only=True, tag="passages"):
    """Tell what is remembered of an entry's way."""

    channel_id: str
    seq: int


class Inquiry(Struct, array_like=True, kw_only=True, tag="inquiry"):
    """A question to all gateways. Each answers once, onto the queue that it names."""

    version: int = VERSION
    inquiry_id: str
    reply_queue: str
    question: Kick | FindPassages


class Passage(Struct, array_like=True, kw_only=True):
    """An entry came by a gateway: when, in which batch of the fanout, and which connections were given it.

    `accepted_ms` is when the oldest command of the batch was taken, on the gateway that took it; 0 elsewhere.
    """

    at_ms: int
    shard: int
    epoch: str
    number: int
    writer: str
    published_ms: int
    accepted_ms: int
    connections: list[str]


class InquiryAnswer(Struct, array_like=True, kw_only=True):
    """What one gateway answers: which connections it closed, or what it remembers and since when."""

    version: int = VERSION
    inquiry_id: str
    gateway: str
    closed: list[str] = []
    passages: list[Passage] = []
    remembers_since_ms: int = 0


SideNotice = Notices | PresenceNotice | TypingNotice | Inquiry
"""What comes with the stream and outside its order."""

Fanout = FanoutBatch | SideNotice
"""What the fanout exchange carries."""
