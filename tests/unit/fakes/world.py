"""A small company at work: people, two racing writers, a gateway, and a client's memory of its answers."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from imapp.domain import spans
from imapp.domain.bodies import body_hash
from imapp.domain.channel import Channel
from imapp.domain.entries import (
    AMENDMENTS,
    EDIT,
    MESSAGES,
    NORMAL,
    OF_OUTSIDERS,
    RECALL,
    RECALLED,
    LogEntry,
)
from imapp.domain.ids import direct_key, stable_part
from imapp.services.reading.unread_counts import Stretch, UnreadCounts
from imapp.services.writing.channel_cache import ChannelCache
from schemas.commands import AnyCommand, CreateGroup, SendMessage
from schemas.common import ChannelStatus
from schemas.tasks import BatchReply, Result, WriteBatch
from tests.unit.fakes.channels import FakeChannels, FakeJoinRequests, FakeMembers
from tests.unit.fakes.faults import Died, broker_fails, process_dies, store_fails
from tests.unit.fakes.hearing import Audience
from tests.unit.fakes.messages import FakeLog
from tests.unit.fakes.replaying import Replayed, replay
from tests.unit.fakes.wishes import HARM, ORDER, Wish, changed, command_of
from tests.unit.fakes.writers import BODY_KEY, Bench

PEOPLE: Final = ("an", "bo", "chen", "dao")
OUTSIDER: Final = "zoe"
MAX_MEMBERS: Final = 3
_MAX_GROUPS: Final = 2
_NOWHERE: Final = "0" * 24


@dataclass(frozen=True)
class Fault:
    """What goes wrong, at which step of a run."""

    kind: str
    in_steps: int
    after: bool


@dataclass(frozen=True)
class Queued:
    """A task in the shard's queue."""

    batch: WriteBatch
    redelivered: bool = False


class World:
    """Everything there is, and what must be true of it."""

    def __init__(self) -> None:
        self.bench = Bench(*PEOPLE, OUTSIDER)
        self.store = self.bench.store
        self.audience = Audience(self)
        self.queue: list[Queued] = []
        self.issued: list[AnyCommand] = []
        self._batches: dict[str, WriteBatch] = {}
        self._processes = [self.bench.process, self.bench.new_process()]
        self._answers: dict[tuple[str, str, bytes], Result] = {}
        self._contested: set[str] = set()
        self._told: set[tuple[str, int, str]] = set()
        self._replies_read = 0
        self._numbers = itertools.count(1)
        self._pairs = {direct_key(*pair): pair for pair in itertools.combinations(PEOPLE, 2)}

    # ---- what people do

    def ask(self, wishes: list[Wish]) -> None:
        """A gateway enqueues a batch."""
        commands = [self._command(wish) for wish in wishes]
        self.issued += commands
        self.enqueue(self.bench.batch(*commands))

    def enqueue(self, batch: WriteBatch) -> None:
        """A task comes to the end of the queue."""
        self._batches[batch.batch_id] = batch
        self.queue.append(Queued(batch))

    def ask_again(self, number: int) -> None:
        """A gateway drives a batch again, as it does when no answer came."""
        batches = list(self._batches.values())
        if batches:
            batch = batches[number % len(batches)]
            self.queue.append(Queued(msgspec.structs.replace(batch, attempt=2)))

    def run(self, writer: int, fault: Fault | None = None, *, ack_lost: bool = False) -> None:
        """One writer takes the next task."""
        if not self.queue:
            return
        task = self.queue.pop(0)
        taken_over: list[Queued] = []
        if fault is not None:
            what = self._happening(fault, task, 1 - writer, taken_over)
            self.store.faults.arm(what, in_steps=fault.in_steps, after=fault.after)
        acked = self._run_task(writer, task) and not ack_lost
        self.store.faults.disarm()
        if not acked and not taken_over:
            self.queue.insert(0, Queued(task.batch, redelivered=True))
        self._read_replies()

    def run_everything(self) -> None:
        """The queue runs dry."""
        while self.queue:
            self.run(0)

    # ---- what must be true

    def replayed(self, channel_id: str) -> Replayed:
        """What a channel's log says of it."""
        log = self.store.log_of(channel_id)
        return replay(log, self._pairs.get(stable_part(channel_id)), MAX_MEMBERS)

    def check_store(self) -> None:
        """Log, members and settings tell the same; heads and watermarks are not beyond the log."""
        assert {entry.channel_id for entry in self.store.entries.values()} <= self.store.channels.keys()
        assert {name for name, _ in self.store.members} == self.store.channels.keys()
        for channel_id in self.store.channels:
            self._check_channel(channel_id)
        entries = [(entry.sender, entry.client_message_id) for entry in self.store.entries.values()]
        assert len(entries) == len(set(entries)), "a command made two entries"

    def check_repaired(self) -> None:
        """Once a writer has loaded them, heads and the watermarks of senders are exact."""
        stores = FakeChannels(self.store), FakeMembers(self.store), FakeLog(self.store), FakeJoinRequests()
        ChannelCache(*stores).load(self.store.channels)
        for channel_id, row in self.store.channels.items():
            log = self.store.log_of(channel_id)
            assert row.channel.last_seq == len(log)
            assert row.channel.last_countable == (log[-1].countable if log else 0)
            for entry in log:
                if entry.type in AMENDMENTS or entry.extra.get("event") in OF_OUTSIDERS:
                    continue  # who changes something older has not read what came before; who asks is not in
                read_seq = self.store.row_of(channel_id, entry.sender).read_seq
                assert read_seq >= entry.seq, f"{entry.sender} has not read his own {entry.message_id}"
            shown = [entry for entry in log if entry.type not in AMENDMENTS]
            assert row.newest == (shown[-1] if shown else None), "lists show something else"
            self._check_unread(channel_id)

    def _check_channel(self, channel_id: str) -> None:
        told, row, log = (
            self.replayed(channel_id),
            self.store.channels[channel_id],
            self.store.log_of(channel_id),
        )
        self._check_amended(log)
        settings = row.channel
        assert (settings.type, settings.owner) == (told.type, told.owner)
        if any(entry.extra.get("event") == "channel_updated" for entry in log):
            assert (settings.name, settings.avatar) == (told.name, told.avatar)
        order = {"join": settings.settings.join, "mute_all": settings.settings.mute_all}
        assert order | {"edit": settings.settings.edit} == told.settings
        assert settings.status == told.status
        assert row.member_count == len(told.present())
        assert settings.last_seq <= len(log)
        members = {
            name: self.store.row_of(channel_id, name)
            for place, name in self.store.members
            if place == channel_id
        }
        assert {name: list(row.member.spans) for name, row in members.items()} == told.spans
        for name, row_of in members.items():
            assert row_of.member.role is told.role(name)
            assert row_of.member.muted_until_ms == told.muted.get(name, 0)
            assert row_of.member.nickname == told.nicknames.get(name, "")
            assert row_of.read_seq <= len(log)
            counted = log[row_of.read_seq - 1].countable if row_of.read_seq else 0
            assert row_of.read_countable == counted

    def _check_unread(self, channel_id: str) -> None:
        """What everybody has not read, counted over the log: others' messages that still say something."""
        channel, log = self.store.channels[channel_id].channel, self.store.log_of(channel_id)
        for place, name in self.store.members:
            if place != channel_id:
                continue
            row = self.store.row_of(channel_id, name)
            last = spans.visible_last(row.member.spans, channel.last_seq)
            counted = log[last - 1].countable if last else 0
            stretch = Stretch(channel_id, channel.recalled, row.read_seq, row.read_countable, last, counted)
            beyond = [entry for entry in log[:last] if entry.seq > row.read_seq]
            recount = sum(1 for entry in beyond if entry.type in MESSAGES and entry.status == NORMAL)
            assert UnreadCounts(FakeLog(self.store)).of([stretch]) == [recount]

    def _check_amended(self, log: list[LogEntry]) -> None:
        """Each message is as its recalls and edits say, and what was recalled is nowhere (I7)."""
        recalled = {entry.extra["target_seq"] for entry in log if entry.type == RECALL}
        assert recalled == {entry.seq for entry in log if entry.status == RECALLED}
        edits = {entry.extra["target_seq"]: entry for entry in log if entry.type == EDIT}
        assert not any(entry.content for entry in log if entry.type in AMENDMENTS)
        for seq in recalled:
            gone = log[seq - 1]
            assert (gone.content, gone.extra, gone.body_hash) == ("", {}, None)
            assert gone.message_id not in self.store.versions
        for seq in edits.keys() - recalled:
            assert (
                log[seq - 1].content == f"edited {edits[seq].client_message_id}"
                or log[seq - 1].content == "something else"
            )

    # ---- inside

    def _run_task(self, writer: int, task: Queued) -> bool:
        """Whether the writer survived it."""
        try:
            self._processes[writer].runner.run(task.batch, redelivered=task.redelivered)
        except Died:
            self._processes[writer] = self.bench.new_process()
            return False
        return True

    def _happening(
        self, fault: Fault, task: Queued, other: int, taken_over: list[Queued]
    ) -> Callable[[], None]:
        def fails() -> None:
            broker = self.store.faults.steps[-1] in {"fanout", "reply"}
            broker_fails() if broker else store_fails()

        def other_takes_over() -> None:
            # RabbitMQ thinks that the first writer is gone: the other gets its task, and what comes after.
            taken_over.append(task)
            self._contested.add(task.batch.batch_id)
            self.queue.insert(0, Queued(task.batch, redelivered=True))
            for _ in range(2):
                following = self.queue.pop(0) if self.queue else None
                if following is not None and not self._run_task(other, following):
                    self.queue.insert(0, Queued(following.batch, redelivered=True))

        return {"fails": fails, "dies": process_dies, "taken over": other_takes_over}[fault.kind]

    def _read_replies(self) -> None:
        for reply in self.bench.broker.replies[self._replies_read :]:
            self._check_answers(reply)
        self._replies_read = len(self.bench.broker.replies)

    def _check_answers(self, reply: BatchReply) -> None:
        commands = self._batches[reply.batch_id].commands
        results = sorted(reply.results, key=lambda result: result.index)
        assert [result.index for result in results] == list(range(len(commands)))
        for command, result in zip(commands, results, strict=True):
            if not self._is_told_again(reply.batch_id, result):
                self._check_answer(command, result)

    def _is_told_again(self, batch_id: str, result: Result) -> bool:
        """Whether an answer tells nothing of what has become of the command elsewhere."""
        if result.seq or result.code == "internal":
            return False
        # Another copy of a batch is answered as the first was. Two writers that run one batch at once may
        # find a command refused and, a moment later, allowed.
        told = (batch_id, result.index, result.code)
        again = told in self._told or batch_id in self._contested
        self._told.add(told)
        return again

    def _check_answer(self, command: AnyCommand, result: Result) -> None:
        key = (command.actor, command.client_message_id, body_hash(command, BODY_KEY))
        known = self._answers.get(key)
        if known is not None:
            # The same id, the same body: the same answer, whatever has happened since.
            assert msgspec.structs.replace(result, index=0) == known, command
            return
        if result.code == "internal":
            hashes = [entry.body_hash for entry in self._entries_of(command)]
            assert key[2] not in hashes, "refused for good, and stored all the same"
        elif result.code == "conflict":
            assert self._entries_of(command)
        elif not result.code and result.seq:
            (entry,) = self._entries_of(command)
            assert (entry.channel_id, entry.seq, entry.time_ms) == (
                result.channel_id,
                result.seq,
                result.time_ms,
            )
            assert entry.body_hash in {key[2], None}
            self._answers[key] = msgspec.structs.replace(result, index=0)

    def _entries_of(self, command: AnyCommand) -> list[LogEntry]:
        who = (command.actor, command.client_message_id)
        return [e for e in self.store.entries.values() if (e.sender, e.client_message_id) == who]

    # ---- from wishes to commands

    def _command(self, wish: Wish) -> AnyCommand:
        if wish.kind.startswith("again") and self.issued:
            return self._again(wish.kind, self.issued[-1 - wish.earlier % len(self.issued)])
        if wish.kind == "create" and sum(isinstance(c, CreateGroup) for c in self.issued) >= _MAX_GROUPS:
            wish = replace(wish, kind="say")
        places = self._places()
        client_id = self._client_id()
        if wish.kind in HARM:
            self.store.curses[client_id] = HARM[wish.kind]
        place = places[wish.place % len(places)]
        return command_of(self._aimed(wish, place), place, client_id)

    def _aimed(self, wish: Wish, place: str) -> Wish:
        """Most wishes meet what there is for them; by chance they would hardly.

        Recalls and edits what their actor has said there, order an owner, answers somebody who waits.
        """
        known = self.store.channels.get(place)
        if wish.kind in ORDER and known is not None and wish.earlier % 4:
            inside = [name for name in PEOPLE if self._is_in(place, name) and name != known.channel.owner]
            return _by_its_owner(wish, known.channel, inside)
        own = [entry.seq for entry in self.store.log_of(place) if entry.sender == wish.actor]
        if wish.kind not in {"recall", "edit"} or wish.actor == wish.other or not own:
            return wish
        return replace(wish, earlier=own[-1 - wish.earlier % len(own)] - 1)

    def _is_in(self, place: str, name: str) -> bool:
        row = self.store.members.get((place, name))
        return row is not None and row.member.present

    def _client_id(self) -> str:
        return f"c{next(self._numbers)}"

    def _places(self) -> list[str]:
        return [_NOWHERE, *self.store.channels]

    def _again(self, kind: str, command: AnyCommand) -> AnyCommand:
        if kind == "again elsewhere" and isinstance(command, SendMessage) and command.to is not None:
            # Who first wrote to a person has learnt the channel from the answer.
            known = self._answers.get(
                (command.actor, command.client_message_id, body_hash(command, BODY_KEY))
            )
            if known is not None:
                return msgspec.structs.replace(command, to=None, channel_id=known.channel_id)
        if kind == "again changed":
            return changed(command)
        return command


def _by_its_owner(wish: Wish, channel: Channel, inside: list[str]) -> Wish:
    if wish.kind in {"ask in", "withdraw"}:
        return wish
    if wish.kind == "status" and channel.status is ChannelStatus.DISABLED:
        wish = replace(wish, earlier=1)  # or nothing more would happen there
    waiting = [name for name, request in channel.requests.items() if not request.refused]
    others = waiting if wish.kind == "answer" and waiting else inside or [wish.other]
    return replace(wish, actor=channel.owner or wish.actor, other=others[wish.earlier % len(others)])
