"""Who takes part in a scenario: how they come together, and how what they saw is judged."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, Protocol

from pymongo.database import Database

from bench.scenarios import Scenario
from bench.session import ClosedLoop, Load, Onlooker, Session
from tests.support.history import History, StaysByChannel
from tests.support.invariants import check
from tests.support.people import make_users
from tests.support.report import Finding, Report
from tests.support.verdict import read_logs

Documents = Database[dict[str, Any]]

_AT_ONCE = 50  # connections that are being opened


class Crowd(Protocol):
    """The people of one scenario."""

    @property
    def senders(self) -> Sequence[Session]:
        """Who may send."""

    @property
    def everybody(self) -> Sequence[Session]:
        """Who is connected."""

    async def gather(self) -> None:
        """Exist, connect, and know the channels."""

    def begin(self, window: int) -> None:
        """Everybody who sends keeps so many messages unanswered."""

    def judge(self) -> Report:
        """The checker's report on what everybody saw."""

    def leave(self) -> None:
        """Close all connections."""


def make_crowd(scenario: Scenario, load: Load, database: Documents) -> Crowd:
    """The crowd that a scenario asks for."""
    kinds: dict[str, Callable[[Load, int, Documents], Crowd]] = {"pairs": Pairs, "group": Group, "idle": Idle}
    return kinds[scenario.kind](load, scenario.size, database)


class Pairs:
    """Pairs of people; each writes to the other."""

    def __init__(self, load: Load, size: int, database: Documents) -> None:
        self._load = load
        self._database = database
        named = not load.dialect.makes_channels
        self._pairs = [
            tuple(
                ClosedLoop(load, f"{load.name}-{number}{side}", f"{load.name}c{number}" if named else "")
                for side in "ab"
            )
            for number in range(size)
        ]
        self._people = [session for pair in self._pairs for session in pair]

    @property
    def senders(self) -> Sequence[Session]:
        """Everybody."""
        return self._people

    @property
    def everybody(self) -> Sequence[Session]:
        """The same."""
        return self._people

    async def gather(self) -> None:
        """Connect all; where channels come from the server, one of each pair writes first."""
        make_users(self._database, *(session.user for session in self._people))
        await open_all(self._people)
        if self._load.dialect.makes_channels:
            for one, other in self._pairs:
                one.send_first(other.user)
            await _all(session.joined for session in self._people)

    def begin(self, window: int) -> None:
        """All of them begin."""
        for session in self._people:
            session.begin(window)

    def judge(self) -> Report:
        """Every message of every pair."""
        stays = {one.channel: {one.user: [(1, None)], other.user: [(1, None)]} for one, other in self._pairs}
        return _judge(self._load, self._database, stays)

    def leave(self) -> None:
        """Close all connections."""
        _close(self._people)


class Group:
    """One group with everybody online; one of them sends."""

    def __init__(self, load: Load, size: int, database: Documents) -> None:
        self._load = load
        self._database = database
        named = "" if load.dialect.makes_channels else f"{load.name}c"
        self._contents: dict[int, Any] = {}
        self._sender = ClosedLoop(load, f"{load.name}-0", named)
        self._onlookers = [
            Onlooker(load, f"{load.name}-{number}", self._contents, named) for number in range(1, size)
        ]

    @property
    def senders(self) -> Sequence[Session]:
        """The one."""
        return [self._sender]

    @property
    def everybody(self) -> Sequence[Session]:
        """All members."""
        return [self._sender, *self._onlookers]

    async def gather(self) -> None:
        """Connect all; the sender makes the group."""
        people = [self._sender, *self._onlookers]
        make_users(self._database, *(session.user for session in people))
        await open_all(people)
        if self._load.dialect.makes_channels:
            self._sender.create_group([session.user for session in self._onlookers])
            await _all(session.joined for session in people)

    def begin(self, window: int) -> None:
        """The sender begins."""
        self._sender.begin(window)

    def judge(self) -> Report:
        """The sender's messages by the checker; the onlookers' seqs one by one against the log."""
        channel = self._sender.channel
        report = _judge(self._load, self._database, {channel: {self._sender.user: [(1, None)]}})
        stored = read_logs(self._database, [channel])[channel]
        for entry in stored:
            told = (entry.client_message_id, entry.sender, self._contents.get(entry.seq, ("", "", ""))[2])
            if self._contents.get(entry.seq, told) != told:
                report.phantom.append(
                    Finding(channel, entry.seq, "the group", "saw another entry than is stored")
                )
        for onlooker in self._onlookers:
            check_onlooker(report, onlooker, len(stored))
        return report

    def leave(self) -> None:
        """Close all connections."""
        _close([self._sender, *self._onlookers])


class Idle:
    """People who are connected and do nothing."""

    def __init__(self, load: Load, size: int, database: Documents) -> None:
        self._load = load
        self._database = database
        self._people = [Session(load, f"{load.name}-{number}", f"c{number}") for number in range(size)]

    @property
    def senders(self) -> Sequence[Session]:
        """Nobody."""
        return []

    @property
    def everybody(self) -> Sequence[Session]:
        """All of them."""
        return self._people

    async def gather(self) -> None:
        """Connect all."""
        make_users(self._database, *(session.user for session in self._people))
        await open_all(self._people)

    def begin(self, window: int) -> None:
        """Do nothing."""

    def judge(self) -> Report:
        """There is nothing to judge."""
        return Report()

    def leave(self) -> None:
        """Close all connections."""
        _close(self._people)


def _judge(load: Load, database: Documents, stays: StaysByChannel) -> Report:
    return check(History(load.steps, read_logs(database, stays), stays))


def check_onlooker(report: Report, onlooker: Onlooker, last: int) -> None:
    """Every seq from the first to the last stored one, once and rising: he was there before there was any."""
    channel, who = onlooker.channel, onlooker.user
    for before, seq in pairwise([0, *onlooker.seqs]):
        if seq == before:
            report.dup.append(Finding(channel, seq, who, "shown twice live"))
        elif seq < before:
            report.reorder.append(Finding(channel, seq, who, f"shown after {before}"))
        report.gap += [Finding(channel, missed, who, "was never shown") for missed in range(before + 1, seq)]
    latest = onlooker.seqs[-1] if onlooker.seqs else 0
    report.gap += [Finding(channel, missed, who, "was never shown") for missed in range(latest + 1, last + 1)]
    if onlooker.differing:
        report.phantom.append(
            Finding(channel, 0, who, f"{onlooker.differing} entries unlike the others' copies")
        )


async def open_all(sessions: Iterable[Session]) -> None:
    """Connect them, some at a time; return when all may ask."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def open_one(session: Session) -> None:
        async with gate:
            await session.open()

    await asyncio.gather(*(open_one(session) for session in sessions))


async def _all(waits: Iterable[Awaitable[str]]) -> None:
    await asyncio.wait_for(asyncio.gather(*waits), 60)


def _close(sessions: Iterable[Session]) -> None:
    for session in sessions:
        session.close()
