"""A recorded history, indexed for the rules of the invariant checker."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Self

from tests.support.history import Answered, Entry, History, Sent
from tests.support.report import Report

Position = tuple[str, int]
"""Channel id and seq."""


@dataclass(slots=True)
class Attempt:
    """One try of a write: the index of its step, and the answer with its index, if any came."""

    sent_at: int
    sent: Sent
    answer: Answered | None = None
    answered_at: int = -1

    @property
    def acked(self) -> bool:
        """Whether it was answered ok."""
        return self.answer is not None and not self.answer.code


@dataclass(slots=True)
class Write:
    """All attempts with one user, destination and client id, in the order of sending."""

    attempts: list[Attempt] = field(default_factory=list)

    @property
    def sent(self) -> Sent:
        """The first attempt."""
        return self.attempts[0].sent

    @property
    def ack(self) -> Answered | None:
        """The first answer that said ok."""
        return next((attempt.answer for attempt in self.attempts if attempt.acked), None)


@dataclass(slots=True)
class Ledger:
    """What every rule reads, and the report that it adds to.

    `excused` are positions with a finding of their own: what follows from it at the same position (a reader
    who saw the entry that was lost) is not reported again. `distrusted` are answers (connection, request)
    that name a wrong position. `recalled` are positions of messages that an entry of the log takes back;
    `edited` those of messages that others change, with the texts of these edits in their order.
    """

    history: History
    report: Report
    at: dict[Position, Entry]
    places: dict[tuple[str, str, str], list[int]]
    homes: dict[tuple[str, str], list[str]]
    writes: dict[tuple[str, str, str], Write]
    recalled: set[Position]
    edited: dict[Position, list[str]]
    texts: dict[tuple[str, str], str | None]
    """What was sent, by user and client id."""
    excused: set[Position] = field(default_factory=set)
    distrusted: set[tuple[str, str]] = field(default_factory=set)
    reordered: set[Position] = field(default_factory=set)

    @classmethod
    def of(cls, history: History) -> Self:
        """Index a history; nothing is judged yet."""
        at: dict[Position, Entry] = {}
        places: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        homes: dict[tuple[str, str], list[str]] = defaultdict(list)
        for channel, entries in history.logs.items():
            for entry in entries:
                at.setdefault((channel, entry.seq), entry)
                seqs = places[channel, entry.sender, entry.client_message_id]
                if not seqs:
                    homes[entry.sender, entry.client_message_id].append(channel)
                seqs.append(entry.seq)
        recalled = {(entry.channel, entry.takes_back) for entry in at.values() if entry.takes_back}
        texts = _texts(history)
        edited: dict[Position, list[str]] = defaultdict(list)
        for entry in sorted((entry for entry in at.values() if entry.changes), key=lambda entry: entry.seq):
            text = texts.get((entry.sender, entry.client_message_id))
            edited[entry.channel, entry.changes].append(text or "")
        return cls(
            history, Report(), at, dict(places), dict(homes), _writes(history), recalled, dict(edited), texts
        )

    def may_say(self, entry: Entry) -> bool:
        """Whether an edited message may ever have said this: as it was sent, or after one of its edits."""
        first = self.texts.get((entry.sender, entry.client_message_id))
        texts = self.edited[entry.channel, entry.seq]
        return first is None or entry.body == first or any(says(entry.body, text) for text in texts)

    def channels_of(self, write: Write) -> list[str]:
        """Where the entries of a write are: in its channel, or where a `to` or a command put them."""
        sent = write.sent
        found = self.homes.get((sent.user, sent.client_message_id), [])
        return [sent.destination] if sent.destination in self.history.logs else found


def says(body: str, text: str) -> bool:
    """Whether a message's body has this text; what is beside the text an edit leaves as it is."""
    return body == text or body.startswith(text + "{")


def _texts(history: History) -> dict[tuple[str, str], str | None]:
    texts: dict[tuple[str, str], str | None] = {}
    for step in history.steps:
        if isinstance(step, Sent):
            texts.setdefault((step.user, step.client_message_id), step.body)
    return texts


def _writes(history: History) -> dict[tuple[str, str, str], Write]:
    writes: dict[tuple[str, str, str], Write] = defaultdict(Write)
    open_attempts: dict[tuple[str, str], Attempt] = {}
    for index, step in enumerate(history.steps):
        if isinstance(step, Sent):
            attempt = open_attempts[step.connection, step.request] = Attempt(index, step)
            writes[step.user, step.destination, step.client_message_id].attempts.append(attempt)
        elif isinstance(step, Answered) and (step.connection, step.request) in open_attempts:
            attempt = open_attempts[step.connection, step.request]
            attempt.answer, attempt.answered_at = step, index
    return dict(writes)
