"""What people said of what they received and read, and what the system owes them for it (I6).

Purpose: `Marks` is the book that devices keep while they talk; `check_marks` is a pure function over it, the
logs and what the system shows in the end: a state that nobody has said, one that falls short of what was
answered, an unread number that is not a recount, a state that went back.
What stays out: saying it (`chatter`), asking for what is shown (`marks_shown`).
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, NamedTuple

from schemas.receipts import PushCounts, PushStatus
from tests.support.history import Entry, Span, contains
from tests.support.report import Finding

Place = tuple[str, str]
"""User and channel."""

_STATUSES: Final = list(PushStatus)  # from the least to the most


@dataclass(slots=True)
class Said:
    """The highest marks of one person in one channel, and what pages he was given."""

    received: int = 0
    """Sent; whether it arrived is open, until it is `settled`."""
    settled: int = 0
    """Sent when nothing was hurt any more: it must count."""
    reading: int = 0
    """Sent, be it answered or not."""
    read: int = 0
    """Answered: it must count, whatever happens."""
    fetched: list[Span] = field(default_factory=list)

    def may_have_received(self, seq: int) -> bool:
        """Whether he may have said that he has it."""
        return seq <= max(self.received, self.reading) or contains(self.fetched, seq)


class Marks:
    """What devices say. Any thread; each mark is noted before it leaves."""

    def __init__(self) -> None:
        self.said: dict[Place, Said] = defaultdict(Said)
        self.counts: dict[str, list[PushCounts]] = defaultdict(list)
        """What senders were told of a message, in that order."""
        self._lock = threading.Lock()

    def receives(self, user: str, channel: str, seq: int, *, settled: bool = False) -> None:
        """A received mark leaves; `settled` if nothing is hurt any more."""
        with self._lock:
            said = self.said[user, channel]
            said.received = max(said.received, seq)
            if settled:
                said.settled = max(said.settled, seq)

    def reads(self, user: str, channel: str, seq: int) -> None:
        """A read mark leaves."""
        with self._lock:
            said = self.said[user, channel]
            said.reading = max(said.reading, seq)

    def on_read(self, user: str, channel: str, reply: "Future[dict[str, Any]]") -> None:
        """A read mark has its answer, or never will."""
        if reply.exception() is None:
            with self._lock:
                said = self.said[user, channel]
                said.read = max(said.read, reply.result()["read_seq"])

    def on_counts(self, reply: "Future[dict[str, Any]]") -> None:
        """A sender is told how far his messages got, or not."""
        if reply.exception() is None:
            with self._lock:
                for message in reply.result()["messages"]:
                    self.counts[message["message_id"]].append(PushCounts(**message["counts"]))


class State(NamedTuple):
    """What is shown of an entry with one of its recipients."""

    channel: str
    seq: int
    receiver: str
    status: PushStatus


class Row(NamedTuple):
    """What somebody's conversation list says."""

    user: str
    channel: str
    read_seq: int
    unread: int


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that `check_marks` compares with what was said."""

    logs: Mapping[str, Sequence[Entry]]
    countable: Mapping[str, frozenset[int]]
    """Per channel the seqs of what people say and have not recalled."""
    stays: Mapping[str, Mapping[str, Sequence[Span]]]
    states: Sequence[State]
    rows: Sequence[Row]


def check_marks(
    said: Mapping[Place, Said], counts: Mapping[str, Sequence[PushCounts]], shown: Shown
) -> list[Finding]:
    """What is shown otherwise than it was said."""
    own = {channel: _own(log) for channel, log in shown.logs.items()}
    return [
        *_check_counts(counts),
        *(what for state in shown.states for what in _check_state(said, own, state)),
        *(what for row in shown.rows for what in _check_row(said, own, shown, row)),
    ]


class _Own(NamedTuple):
    """Of somebody's own entries in a channel the newest, and the newest that reads what came before it."""

    newest: int = 0
    reads: int = 0


def _own(log: Iterable[Entry]) -> dict[str, _Own]:
    """By sender. Who edits, recalls or asks from outside has not read anything by it."""
    found: dict[str, _Own] = {}
    for entry in log:
        known = found.get(entry.sender, _Own())
        amends = entry.changes or entry.takes_back or entry.by_outsider
        found[entry.sender] = _Own(entry.seq, known.reads if amends else entry.seq)
    return found


def _check_state(
    said: Mapping[Place, Said], own: Mapping[str, Mapping[str, _Own]], state: State
) -> Iterator[Finding]:
    marks = said.get((state.receiver, state.channel), Said())
    sent = own[state.channel].get(state.receiver, _Own())
    least = _status(state.seq <= max(marks.read, sent.reads), state.seq <= marks.settled)
    most = _status(state.seq <= max(marks.reading, sent.newest), marks.may_have_received(state.seq))
    if _STATUSES.index(state.status) < _STATUSES.index(least):
        yield Finding(state.channel, state.seq, state.receiver, f"{state.status}, and he has said {least}")
    if _STATUSES.index(state.status) > _STATUSES.index(most):
        yield Finding(state.channel, state.seq, state.receiver, f"{state.status}, and he never said so")


def _status(is_read: bool, is_received: bool) -> PushStatus:
    if is_read:
        return PushStatus.READ
    return PushStatus.RECEIVED if is_received else PushStatus.UNRECEIVED


def _check_row(
    said: Mapping[Place, Said], own: Mapping[str, Mapping[str, _Own]], shown: Shown, row: Row
) -> Iterator[Finding]:
    marks, sent = said.get((row.user, row.channel), Said()), own[row.channel].get(row.user, _Own())
    stays = shown.stays[row.channel].get(row.user, ())
    joined = max((first for first, _ in stays), default=0)  # who comes has read what was before him
    if not max(marks.read, sent.reads) <= row.read_seq <= max(marks.reading, sent.newest, joined):
        what = f"read to {row.read_seq}; answered {marks.read}, sent {sent.reads}, said {marks.reading}"
        yield Finding(row.channel, row.read_seq, row.user, what)
    count = unread_in(shown, row)
    if count != row.unread:
        yield Finding(row.channel, row.read_seq, row.user, f"{row.unread} unread, and the log holds {count}")


def unread_in(shown: Shown, row: Row) -> int:
    """How many unread entries of others the log itself holds for a reader."""
    stays = shown.stays[row.channel].get(row.user, ())
    return sum(
        entry.seq > row.read_seq
        and entry.seq in shown.countable[row.channel]
        and entry.sender != row.user
        and contains(stays, entry.seq)
        for entry in shown.logs[row.channel]
    )


def _check_counts(counts: Mapping[str, Sequence[PushCounts]]) -> Iterator[Finding]:
    """Who has received has received for ever, and who has read has read."""
    for message_id, told in counts.items():
        for one, other in pairwise(told):
            if other.read < one.read or other.unreceived > one.unreceived or other.total != one.total:
                channel, _, seq = message_id.rpartition(".")
                yield Finding(channel, int(seq), "its sender", f"was told {one} and later {other}")
