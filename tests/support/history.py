"""What somebody outside the system did and saw, in the order in which he did and saw it.

A `History` is what the invariant checker judges: steps of all connections in one order, and what the log
of each channel holds in the end. Everything in it comes from the public protocol or from MongoDB.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

Span = tuple[int, int | None]
"""A stay in a channel, inclusive; the end is None while it lasts."""

StaysByChannel = Mapping[str, Mapping[str, Sequence[Span]]]
"""Channel id -> user id -> stays. Who is not named may read nothing there."""


class Entry(NamedTuple):
    """One entry of a channel's log, as stored, as sent by the server or as read."""

    channel: str
    seq: int
    sender: str
    client_message_id: str
    body: str
    takes_back: int = 0  # the seq of the message that this one recalls
    changes: int = 0  # the seq of the message that this one edits; its body is what that says now
    by_outsider: bool = False  # what somebody did who is not in: readers are not told who


class Opened(NamedTuple):
    """The system said hello to a connection. `reader` is the device, which outlives its connections."""

    connection: str
    user: str
    reader: str
    live: bool = True  # False: somebody who only asks (REST), so nothing need be pushed to him


class Closed(NamedTuple):
    """A connection ended, whoever ended it."""

    connection: str


class Resynced(NamedTuple):
    """The gateway told a connection that it may have missed something: order begins anew."""

    connection: str


class Sent(NamedTuple):
    """One attempt at a write. `destination` is a channel id, or `to:USER`, or names the command."""

    connection: str
    request: str
    user: str
    destination: str
    client_message_id: str
    body: str | None  # None: a command whose entry the server words


class Answered(NamedTuple):
    """What an attempt was answered: an error code, or where its entry is (seq 0: there was nothing to do)."""

    connection: str
    request: str
    channel: str = ""
    seq: int = 0
    message_id: str = ""
    code: str = ""


class Seen(NamedTuple):
    """A live frame with an entry."""

    connection: str
    entry: Entry


class Paged(NamedTuple):
    """A page of history, in the order given."""

    connection: str
    entries: tuple[Entry, ...]


class Previewed(NamedTuple):
    """A conversation list or a sync showed that this entry exists."""

    connection: str
    channel: str
    seq: int
    sender: str


Step = Opened | Closed | Resynced | Sent | Answered | Seen | Paged | Previewed


@dataclass(frozen=True, slots=True)
class History:
    """The whole story of a run.

    `logs` are the entries of each channel as MongoDB and the archive hold them in the end, by seq; `stays`
    who may read what; `final_reads` what (user, channel) got by paging through the history API in the end;
    `cleared` up to where (user, channel) has cleared it, so that those begin behind. `copies` are the entries
    of each channel that are in Elasticsearch, and `unproved` what the proof of the archive says is wrong.
    """

    steps: Sequence[Step]
    logs: Mapping[str, Sequence[Entry]]
    stays: StaysByChannel
    final_reads: Mapping[tuple[str, str], Sequence[Entry]] = field(default_factory=dict)
    cleared: Mapping[tuple[str, str], int] = field(default_factory=dict)
    copies: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    unproved: Mapping[str, Sequence[str]] = field(default_factory=dict)


def contains(stays: Iterable[Span], seq: int) -> bool:
    """Whether an entry falls into one of the stays."""
    return any(start <= seq and (end is None or seq <= end) for start, end in stays)


def after(stays: Iterable[Span], seq: int) -> list[Span]:
    """What is left of the stays beyond a seq."""
    return [(max(start, seq + 1), end) for start, end in stays if end is None or end > seq]
