"""Histories of a system that keeps every promise, to plant faults in.

`Story` plays one channel: people send, time out, are refused, join, leave, lose their connection and come
back, and everybody is shown what he should be shown.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from tests.support.history import (
    Answered,
    Closed,
    Entry,
    History,
    Opened,
    Paged,
    Resynced,
    Seen,
    Sent,
    Span,
    Step,
    contains,
)

CHANNEL: Final = "c"


@dataclass(slots=True)
class _Person:
    """Somebody with one device; without a connection while he is away."""

    name: str
    connection: str = ""
    visits: int = 0
    held: int = 0  # everything up to this seq that was his to see has been shown to him


class Story:
    """A channel of the given people, all of them connected."""

    def __init__(self, *members: str, strangers: tuple[str, ...] = ()) -> None:
        self.steps: list[Step] = []
        self.log: list[Entry] = []
        self.stays: dict[str, list[Span]] = defaultdict(list)
        self._people: dict[str, _Person] = {}
        self._requests = 0
        for name in (*members, *strangers):
            self._people[name] = _Person(name)
            self.comes(name)
        for name in members:
            self.stays[name].append((1, None))

    def comes(self, name: str) -> None:
        """He connects, and reads by history what he missed."""
        person = self._people[name]
        person.visits += 1
        person.connection = f"{name}/{person.visits}"
        self.steps.append(Opened(person.connection, name, name))
        self._reads_missed(person)

    def goes(self, name: str) -> None:
        """His connection ends."""
        person = self._people[name]
        self.steps.append(Closed(person.connection))
        person.connection = ""

    def is_told_to_resync(self, name: str) -> None:
        """His gateway may have missed something; he reads from the start."""
        person = self._people[name]
        self.steps.append(Resynced(person.connection))
        person.held = 0
        self._reads_missed(person)

    def send(self, name: str, *bodies: str) -> None:
        """He sends these at once; each is stored, acknowledged and shown to everybody."""
        attempts = [self._attempt(name, body) for body in bodies]
        for attempt in attempts:
            self._store(attempt)

    def send_again(self, name: str, body: str) -> None:
        """He sends, is acknowledged, and sends the same once more."""
        attempt = self._attempt(name, body)
        entry = self._store(attempt)
        again = self._repeat(attempt)
        self._answer(again, entry)

    def send_refused_first(self, name: str, *bodies: str, code: str = "busy") -> None:
        """All are refused at first; he sends them again in their order."""
        attempts = [self._attempt(name, body) for body in bodies]
        for attempt in attempts:
            self.steps.append(Answered(attempt.connection, attempt.request, code=code))
        for attempt in [self._repeat(attempt) for attempt in attempts]:
            self._store(attempt)

    def send_losing_the_answer(self, name: str, body: str) -> None:
        """It is stored, but his connection ends before the answer; he comes back and repeats it."""
        attempt = self._attempt(name, body)
        self.goes(name)
        entry = self._store(attempt, answered=False)
        self.comes(name)
        self._answer(self._repeat(attempt), entry)

    def add(self, name: str, by: str) -> None:
        """Somebody adds him; he sees that entry and what follows."""
        attempt = self._attempt(by, None, destination="add")
        self.stays[name].append((len(self.log) + 1, None))
        self._store(attempt)

    def remove(self, name: str, by: str) -> None:
        """Somebody removes him; he sees that entry and nothing after it."""
        attempt = self._attempt(by, None, destination="remove")
        since = self.stays[name][-1][0]
        leaving = len(self.log) + 1
        self._store(attempt)
        self.stays[name][-1] = (since, leaving)

    def members(self) -> list[str]:
        """Who is in now and connected."""
        return [
            name for name, stays in self.stays.items() if self._is_in(stays) and self._people[name].connection
        ]

    def history(self) -> History:
        """The story so far, with what everybody reads in the end."""
        stays = {name: list(spans) for name, spans in self.stays.items()}
        reads = {
            (name, CHANNEL): [entry for entry in self.log if contains(stays.get(name, []), entry.seq)]
            for name in self._people
        }
        return History(list(self.steps), {CHANNEL: list(self.log)}, {CHANNEL: stays}, reads)

    @staticmethod
    def _is_in(stays: list[Span]) -> bool:
        return bool(stays) and stays[-1][1] is None

    def _attempt(self, name: str, body: str | None, destination: str = CHANNEL) -> Sent:
        self._requests += 1
        person = self._people[name]
        sent = Sent(person.connection, f"r{self._requests}", name, destination, f"id-{self._requests}", body)
        self.steps.append(sent)
        return sent

    def _repeat(self, attempt: Sent) -> Sent:
        self._requests += 1
        connection = self._people[attempt.user].connection
        again = attempt._replace(connection=connection, request=f"r{self._requests}")
        self.steps.append(again)
        return again

    def _store(self, attempt: Sent, *, answered: bool = True) -> Entry:
        entry = Entry(CHANNEL, len(self.log) + 1, attempt.user, attempt.client_message_id, attempt.body or "")
        self.log.append(entry)
        for person in self._people.values():
            if not person.connection or not contains(self.stays[person.name], entry.seq):
                continue
            person.held = entry.seq
            if answered and person.connection == attempt.connection:
                self._answer(attempt, entry)
            else:
                self.steps.append(Seen(person.connection, entry))
        return entry

    def _answer(self, attempt: Sent, entry: Entry) -> None:
        message_id = f"{CHANNEL}.{entry.seq:012d}"
        self.steps.append(Answered(attempt.connection, attempt.request, CHANNEL, entry.seq, message_id))

    def _reads_missed(self, person: _Person) -> None:
        mine = self.stays[person.name]
        missed = tuple(entry for entry in self.log[person.held :] if contains(mine, entry.seq))
        person.held = len(self.log)
        if missed:
            self.steps.append(Paged(person.connection, missed))
