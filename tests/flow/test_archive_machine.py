"""Whatever is sent, recalled, moved, restored and interrupted, the log reads as a plain list in memory."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from imapp import failpoints
from imapp.domain.archive.tiling import Range
from imapp.domain.decisions import Accepted, Windows
from imapp.domain.ids import message_id
from imapp.services.archiving.archive import Archive
from imapp.services.archiving.indexing import Indexer
from imapp.services.archiving.moving import ChannelMover
from imapp.services.archiving.restoring import Restorer
from imapp.services.archiving.returns import Returns
from imapp.services.archiving.verifying import ArchiveVerifier
from imapp.services.archiving.whole_log import WholeLog
from imapp.services.reading.access import AccessService
from imapp.services.writing.channel_cache import ChannelCache
from imapp.services.writing.heads import HeadKeeper
from imapp.services.writing.people import ProfileCache
from imapp.services.writing.stored import StoredCommands
from imapp.services.writing.writer import Writer, WriterStores
from imapp.stores.canonical import content_hash
from imapp.stores.changes import ChangeStore
from imapp.stores.channels import ChannelStore
from imapp.stores.edits import EditStore
from imapp.stores.files import FileStore
from imapp.stores.index_marks import IndexMarks
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from imapp.stores.unindexed import UnindexedStore
from imapp.stores.users import UserStore
from schemas.commands import AnyCommand, EditMessage, RecallMessage, SendMessage
from schemas.users import User, UserKind
from tests.support.archive_in_memory import ArchiveInMemory
from tests.unit.fakes.commands import create
from tests.unit.fakes.effort import effort, unshrunk

DAY_MS: Final = 24 * 3_600_000
AFTER_DAYS: Final = 30
ACTS: Final = ("send", "recall", "edit", "index", "move", "restore")
STEPS: Final = ("read", "copying", "proved", "noted", "noted_again", "deleted")
_BEFORE: Final = 5  # messages that are old enough from the beginning
EVER: Final = Windows(recall_ms=10**15, edit_ms=10**15)

numbers = itertools.count(1)


@dataclass(frozen=True)
class Line:
    """An entry as the plain list has it."""

    kind: int
    content: str
    recalled: bool = False
    reply_to: int | None = None
    said: tuple[str, ...] = ()
    """What it said before it was edited."""
    rev: int = 0
    """The seq of its last edit."""


class ArchiveMachine(RuleBasedStateMachine):
    """An owner and a member in one group; a writer, a mover and an indexer that never know of each other."""

    def __init__(self, database: Database, archive: Archive) -> None:
        super().__init__()
        self.database, self.archive = database, archive
        self.log, self.whole = MessageLog(database), WholeLog(database, self.archive)
        self.channels, self.members = ChannelStore(database), MemberStore(database)
        self.manifests = ManifestStore(database)
        self.now_ms = 1_700_000_000_000
        self.writer = Writer(
            WriterStores(self.log, ChangeStore(database), self.members, FileStore(database)),
            cache=ChannelCache(self.channels, self.members, self.log, JoinRequestStore(database)),
            people=ProfileCache(UserStore(database)),
            heads=HeadKeeper(self.channels, self.members),
            body_key=b"k" * 32,
            windows=EVER,
            clock_ms=lambda: self.now_ms,
        )
        self.marks, self.unindexed = IndexMarks(database, self.clock), UnindexedStore(database)
        self.indexer = Indexer(log=self.log, marks=self.marks, archive=archive, unindexed=self.unindexed)
        self.restorer = Restorer(self.log, self.manifests, self.archive, EditStore(database))
        access, stored = AccessService(self.channels, self.members), StoredCommands(self.channels, self.log)
        self.returns = Returns(self.restorer, access, stored)
        made = create("an", "bo", client_id=f"group-{next(numbers)}")
        self.channel = made.channel_id
        self.write(made)
        self.list: list[Line] = [Line(99, "")]
        for _ in range(_BEFORE):
            text = f"long ago {next(numbers)}"
            self.write(SendMessage(**self.command(), content=text))
            self.list.append(Line(1, text))
        self.index()
        self.now_ms += 50 * DAY_MS
        self.write(SendMessage(**self.command(), content="now"))
        self.list.append(Line(1, "now"))
        self.index()
        self.taken_back: list[str] = []

    def clock(self) -> float:
        return self.now_ms / 1000

    def write(self, command: AnyCommand) -> None:
        """What a gateway and a writer do with a command; it must be accepted."""
        self.returns.prepare(command)
        plan, _ = self.writer.write([(0, command)], known=False)
        assert isinstance(plan.outcomes[0], Accepted), plan.outcomes[0]

    def target(self, data: Any) -> int | None:
        """A message that still says something."""
        seqs = [n for n, line in enumerate(self.list, 1) if line.kind == 1 and not line.recalled]
        return data.draw(st.sampled_from(seqs)) if seqs else None

    def command(self) -> dict[str, Any]:
        return {"actor": "an", "client_message_id": f"id-{next(numbers)}", "channel_id": self.channel}

    @rule(data=st.data(), replies=st.booleans())
    def send(self, data: Any, *, replies: bool) -> None:
        target = self.target(data) if replies else None
        text = f"text {next(numbers)}"
        reply_to = message_id(self.channel, target) if target else None
        self.write(SendMessage(**self.command(), content=text, reply_to=reply_to))
        self.list.append(Line(1, text, reply_to=target))

    @rule(data=st.data())
    def recall(self, data: Any) -> None:
        seq = self.target(data)
        if seq is not None:
            self.write(RecallMessage(**self.command(), seq=seq))
            self.taken_back.append(self.list[seq - 1].content)
            self.list[seq - 1] = Line(1, "", recalled=True)
            self.list.append(Line(100, ""))

    @rule(data=st.data())
    def edit(self, data: Any) -> None:
        seq = self.target(data)
        if seq is not None:
            text = f"edited {next(numbers)}"
            self.write(EditMessage(**self.command(), seq=seq, content=text))
            line = self.list[seq - 1]
            self.list[seq - 1] = replace(
                line, content=text, said=(*line.said, line.content), rev=len(self.list) + 1
            )
            self.list.append(Line(101, ""))

    @rule(days=st.sampled_from([0, 10, 40]))
    def wait(self, days: int) -> None:
        self.now_ms += days * DAY_MS

    @rule()
    def index(self) -> None:
        """What an archive worker does; afterwards all that is hot is in the index as it is."""
        self.indexer.index([self.channel])
        assert self.indexed_seq == len(self.list)
        stored = self.log.documents(self.channel, 1, 10**9, 10**6)
        copies = self.archive.read(one["_id"] for one in stored)
        assert {name: copy.content_hash for name, copy in copies.items()} == {
            one["_id"]: content_hash(one) for one in stored
        }

    @rule()
    def index_and_die(self) -> None:
        """All is written, and the watermark does not move."""
        before = self.indexed_seq
        failpoints.arm("indexing.written=raise")
        try:
            self.indexer.index([self.channel])
        finally:
            failpoints.arm("")
        assert self.indexed_seq == before

    @property
    def indexed_seq(self) -> int:
        return self.marks.of([self.channel])[self.channel].indexed_seq

    @rule(chunk=st.integers(1, 5))
    def move(self, chunk: int) -> None:
        moved = self.mover(chunk).move(self.channel)
        assert not moved.problems

    @rule(chunk=st.integers(1, 3), step=st.sampled_from(STEPS), number=st.integers(1, 3))
    def move_and_die(self, chunk: int, step: str, number: int) -> None:
        failpoints.arm(f"archive.{step}={number}:raise")
        try:
            self.mover(chunk).move(self.channel)
        except RuntimeError:
            pass
        finally:
            failpoints.arm("")

    @rule(data=st.data(), chunk=st.integers(1, 3), step=st.sampled_from(STEPS), act=st.sampled_from(ACTS))
    def move_while_something_happens(self, data: Any, chunk: int, step: str, act: str) -> None:
        """Between two steps of the move, once."""
        waiting = [act]

        def pass_by(name: str, _matter: str = "") -> bool:
            if waiting and name == f"archive.{step}":
                self.act(waiting.pop(), data)
            return False

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("imapp.services.archiving.moving.point", pass_by)
            patch.setattr("imapp.services.archiving.ensuring.point", pass_by)
            self.mover(chunk).move(self.channel)

    def act(self, what: str, data: Any) -> None:
        if what == "send":
            self.send(data, replies=data.draw(st.booleans()))
        elif what == "recall":
            self.recall(data)
        elif what == "edit":
            self.edit(data)
        elif what == "index":
            self.index()
        elif what == "move":
            self.mover(2).move(self.channel)
        else:
            self.restore(1, 10)

    @rule(first=st.integers(1, 20), count=st.integers(1, 10))
    def restore(self, first: int, count: int) -> None:
        wanted = Range(first, first + count - 1)
        assert not self.restorer.restore(self.channel, wanted, 3_600).problems

    @rule()
    def release(self) -> None:
        self.database["holds"].delete_many({"channel_id": self.channel})

    @precondition(lambda self: len(self.list) > 1)
    @rule(data=st.data(), limit=st.integers(1, 12), newest_first=st.booleans())
    def read_a_page(self, data: Any, limit: int, *, newest_first: bool) -> None:
        low = data.draw(st.integers(1, len(self.list)))
        high = data.draw(st.integers(low, len(self.list)))
        page = self.whole.page(self.channel, low, high, limit=limit, newest_first=newest_first)
        expected = list(range(low, high + 1))
        assert [entry.seq for entry in page] == (expected[-limit:] if newest_first else expected[:limit])

    @invariant()
    def the_log_is_the_list(self) -> None:
        page = self.whole.page(self.channel, 1, len(self.list), limit=10**6)
        assert [(entry.seq, entry.type, entry.content, entry.status) for entry in page] == [
            (seq, line.kind, line.content, int(line.recalled)) for seq, line in enumerate(self.list, 1)
        ]

    @invariant()
    def what_is_unread_is_what_the_list_says(self) -> None:
        end = len(self.list)
        recalled = self.log.recalled_between([(self.channel, 1, end), (self.channel, 2, end - 1)])
        assert recalled == [
            sum(line.recalled for line in part) for part in (self.list, self.list[1 : end - 1])
        ]
        places = [(self.channel, seq) for seq in {1, end // 2, end}]
        assert self.log.countables(places) == {
            message_id(*place): sum(line.kind == 1 for line in self.list[: place[1]]) for place in places
        }

    def teardown(self) -> None:
        self.index()
        self.release()
        self.mover(5).move(self.channel)
        verdict = self.verifier().verify(self.channel)
        assert verdict.problems == []
        self.check_recalled_texts()

    def check_recalled_texts(self) -> None:
        """No text that was taken back is anywhere any more, archive included (I7)."""
        copies = self.archive.read(message_id(self.channel, seq) for seq in range(1, len(self.list) + 1))
        held = [copy.entry for copy in copies.values()]
        held += map(str, self.log.documents(self.channel, 1, 10**9, 10**6))
        for text in self.taken_back:
            assert not any(f"'{text}'" in one or f'"{text}"' in one for one in held), text

    def verifier(self) -> ArchiveVerifier:
        return ArchiveVerifier(
            channels=self.channels,
            log=self.log,
            manifests=self.manifests,
            unindexed=self.unindexed,
            archive=self.archive,
        )

    def mover(self, chunk: int) -> ChannelMover:
        return ChannelMover(
            channels=self.channels,
            log=self.log,
            manifests=self.manifests,
            archive=self.archive,
            after_days=AFTER_DAYS,
            clock_ms=lambda: self.now_ms,
            chunk=chunk,
        )


def run(machine: Callable[[], ArchiveMachine], *, examples: int, steps: int) -> None:
    """So many runs of so many steps, the same each time; a failure prints its steps."""
    run_state_machine_as_test(
        machine,  # type: ignore[arg-type]  # anything that makes a machine will do
        settings=settings(unshrunk(effort(examples, steps=steps)), suppress_health_check=list(HealthCheck)),
    )


@pytest.fixture
def people(database: Database) -> Database:
    """Where An and Bo are known."""
    users = [
        User(user_id=name, name=name.capitalize(), avatar="", kind=UserKind.EMPLOYEE) for name in ("an", "bo")
    ]
    UserStore(database).put(users)
    return database


@pytest.mark.timeout(600)
def test_the_log_is_read_as_a_plain_list_whatever_happens(people: Database) -> None:
    run(lambda: ArchiveMachine(people, ArchiveInMemory()), examples=12, steps=30)
