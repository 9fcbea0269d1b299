"""What the system shows of receipts, unread numbers and pushes in the end, compared with what was said."""

import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from imapp.domain.entries import MESSAGES, NORMAL
from imapp.domain.ids import message_id, split_message_id
from schemas.notifications import PushRecord
from tests.support.endpoint import Endpoint
from tests.support.history import Opened, Paged, Span
from tests.support.marks import Marks, Row, Shown, State, check_marks, unread_in
from tests.support.recorder import Recorder
from tests.support.report import Finding
from tests.support.scene import Scene
from tests.support.verdict import Documents, read_logs, read_stays
from tests.support.waiting import left

_SAMPLES: Final = 3  # messages of a channel whose recipients are asked for
_AT_ONCE: Final = 4
_ROWS: Final = 100
_POLL_S: Final = 90.0
"""What a worker had taken for the webhook when it died is due again after half a minute."""


@dataclass(frozen=True, slots=True)
class Participants:
    """Who said something, who was in groups and never connected, and where the latter are told."""

    present: Sequence[str]
    absent: Sequence[str] = ()
    endpoint: Endpoint | None = None


class MarksAudit:
    """Compares, once all is quiet, the channels of a scene with the book of marks."""

    def __init__(self, scene: Scene, marks: Marks, channels: Sequence[str], people: Participants) -> None:
        self._scene = scene
        self._marks = marks
        self._channels = channels
        self._people = people
        self._url_of = scene.cluster.serving_gateway()

    def findings(self, rng: random.Random) -> list[Finding]:
        """What is shown otherwise than it was said, when nothing is found any more or the time is up."""
        left(self._undispatched, timeout=_POLL_S)
        for place, spans in _fetched(self._scene.recorder).items():
            self._marks.said[place].fetched = spans
        shown = self._logs()
        samples = [
            (channel, seq) for channel in self._channels for seq in _samples(rng, shown.countable[channel])
        ]
        return left(lambda: self._differences(samples), timeout=_POLL_S)

    def _undispatched(self) -> list[str]:
        """The channels whose end nobody was told of yet, or is being told of."""
        database = self._scene.cluster.database
        told = {row["_id"]: row["seq"] for row in database["push_heads"].find({"seq": {"$exists": True}})}
        waiting = {row["_id"].partition(".")[0] for row in database["push_outbox"].find({}, {"_id": 1})}
        ends = {channel: log[-1].seq for channel, log in read_logs(database, self._channels).items() if log}
        return [name for name, end in ends.items() if told.get(name, 0) < end or name in waiting]

    def _differences(self, samples: Sequence[tuple[str, int]]) -> list[Finding]:
        logs = self._logs()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            states = [state for found in pool.map(self._states(logs), samples) for state in found]
            everybody = [*self._people.present, *self._people.absent]
            rows = [row for found in pool.map(self._rows, everybody) for row in found]
        shown = Shown(logs.logs, logs.countable, logs.stays, states, rows)
        findings = check_marks(self._marks.said, self._marks.counts, shown)
        return findings + list(self._untold(shown))

    def _logs(self) -> Shown:
        database = self._scene.cluster.database
        return Shown(
            read_logs(database, self._channels),
            _countable(database, self._channels),
            read_stays(database, self._channels),
            states=(),
            rows=(),
        )

    def _states(self, shown: Shown) -> Any:
        def ask(sample: tuple[str, int]) -> list[State]:
            channel, seq = sample
            stays = shown.stays[channel]
            asker = next(user for user in self._people.present if _stays_since(stays.get(user, ()), seq))
            page = self._scene.rest(asker, gateway=self._url_of).pushes(message_id(channel, seq), limit=_ROWS)
            return [State(channel, seq, push.receiver, push.status) for push in page.pushes]

        return ask

    def _rows(self, user: str) -> list[Row]:
        page = self._scene.rest(user, gateway=self._url_of).conversations(limit=_ROWS)
        return [
            Row(user, row.channel_id, row.read_seq, row.unread)
            for row in page.conversations
            if row.channel_id in self._channels
        ]

    def _untold(self, shown: Shown) -> Iterator[Finding]:
        """Who was never connected was told of every message, and the last time of the exact number."""
        endpoint = self._people.endpoint
        if endpoint is None:
            return
        for row in shown.rows:
            if row.user in self._people.absent:
                told = [record for record in endpoint.told(row.user) if record.channel_id == row.channel]
                yield from check_told(shown, row, told)


def check_told(shown: Shown, row: Row, told: Sequence[PushRecord]) -> Iterator[Finding]:
    """What somebody who was never connected was told otherwise than his list says: all, and how many."""
    count, wanted = sum(record.messages for record in told), unread_in(shown, row)
    if count != wanted:
        yield Finding(row.channel, 0, row.user, f"was told of {count} messages of {wanted}")
    elif wanted:
        newest = max(told, key=lambda record: split_message_id(record.message_id)[1])
        if newest.badge != wanted:
            what = f"was told that {newest.badge} are unread, and {wanted} are"
            yield Finding(row.channel, split_message_id(newest.message_id)[1], row.user, what)


def _stays_since(stays: Iterable[Span], seq: int) -> bool:
    """Whether somebody is in now, and was when this came."""
    return any(first <= seq and last is None for first, last in stays)


def _samples(rng: random.Random, countable: frozenset[int]) -> set[int]:
    seqs = sorted(countable)
    return {*seqs[-1:], *rng.sample(seqs, min(_SAMPLES - 1, len(seqs)))}


def _countable(database: Documents, channels: Iterable[str]) -> dict[str, frozenset[int]]:
    wanted = {"type": {"$in": list(MESSAGES)}, "status": NORMAL}
    return {
        channel: frozenset(
            row["seq"]
            for row in database["messages"].find(
                {"_id": {"$gte": f"{channel}.", "$lt": f"{channel}/"}, **wanted}, {"seq": 1}
            )
        )
        for channel in channels
    }


def _fetched(recorder: Recorder) -> dict[tuple[str, str], list[Span]]:
    """Who was given which ranges of a channel in pages: who fetches has received."""
    users: dict[str, str] = {}
    found: dict[tuple[str, str], list[Span]] = {}
    for step in recorder.steps():
        if isinstance(step, Opened):
            users[step.connection] = step.user
        elif isinstance(step, Paged) and step.entries:
            seqs = [entry.seq for entry in step.entries]
            place = (users[step.connection], step.entries[0].channel)
            found.setdefault(place, []).append((min(seqs), max(seqs)))
    return found
