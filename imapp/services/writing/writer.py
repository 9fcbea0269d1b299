"""The one writer of a shard: a batch of commands in; entries, frames and answers out.

Order of things, and why: decide (pure), store (durable), move heads and watermarks (repairable), publish
(confirmed), answer. Whoever dies in between leaves a batch that RabbitMQ delivers again; its commands are
then found as repeats, answered the same and published once more.
"""

import time
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from imapp import metrics
from imapp.domain.bodies import body_hash
from imapp.domain.channel import Channel
from imapp.domain.decisions import DEFAULT_WINDOWS, Accepted, Rejected, Windows
from imapp.domain.entries import LogEntry
from imapp.domain.files import file_named
from imapp.domain.ids import direct_key, generation_of, stable_part
from imapp.errors import LogConflict, StoreUnavailable
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.writing.channel_cache import ChannelCache
from imapp.services.writing.heads import HeadKeeper
from imapp.services.writing.people import ProfileCache, people_named, people_to_own
from imapp.services.writing.planning import (
    Lookups,
    Plan,
    Repeat,
    Targets,
    Task,
    address,
    plan_batch,
    repeat_keys,
    settle,
)
from imapp.services.writing.references import look_up_references
from imapp.stores.changes import ChangeStore
from imapp.stores.files import FileStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from schemas.commands import AddMembers, AmendCommand, AnyCommand, OpenDirect, SendMessage
from schemas.common import ChannelType
from schemas.errors import ErrorCode

_FIRST_PAUSE_S: Final = 0.02
_LONGEST_PAUSE_S: Final = 1.0

log = get_log("writer")


@dataclass(frozen=True, slots=True)
class WriterStores:
    """What a writer reads and writes."""

    messages: MessageLog
    changes: ChangeStore
    members: MemberStore
    files: FileStore


class Writer:
    """Carries out commands. Owned by one thread; several processes may race, the log's keys fence them."""

    def __init__(  # noqa: PLR0913  # clock, pause and patience are there for tests to set
        self,
        stores: WriterStores,
        *,
        cache: ChannelCache,
        people: ProfileCache,
        heads: HeadKeeper,
        body_key: bytes,
        windows: Windows = DEFAULT_WINDOWS,
        patience_s: float = 20.0,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stores = stores
        self._cache = cache
        self._people = people
        self._heads = heads
        self._body_key = body_key
        self._windows = windows
        # Long enough for an election; then another worker, with another link to the database, shall try.
        self._patience_s = patience_s
        self._clock_ms = clock_ms
        self._pause = pause

    def write(self, commands: Sequence[tuple[int, AnyCommand]], *, known: bool) -> tuple[Plan, Lookups]:
        """Decide and store commands; what it returns is durable.

        `known` says that an earlier run may have stored some of them: then those are looked up first, and
        their frames should be published again.

        Raises:
            StoreUnavailable: MongoDB did not confirm in time. What is stored will be found as a repeat.
        """
        tasks = [Task(index, command, body_hash(command, self._body_key)) for index, command in commands]
        deadline = time.monotonic() + self._patience_s
        pause = _FIRST_PAUSE_S
        tried: dict[int, Accepted] = {}
        while True:
            touched: set[str] = set()
            try:
                return self._attempt(tasks, touched, tried, known=known)
            except (LogConflict, StoreUnavailable) as error:
                # Whatever was held in memory may be wrong now, and part of the batch may be stored.
                self._cache.drop(touched)
                metrics.log_conflicts.value += isinstance(error, LogConflict)
                log.info("attempt_failed", error=f"{type(error).__name__}: {error}", commands=len(tasks))
                if time.monotonic() > deadline:
                    raise StoreUnavailable(str(error)) from error
            except BaseException:
                self._cache.drop(touched)
                raise
            if known:  # the first conflict is settled by looking; only what goes on needs time
                self._pause(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            known = True

    def find_stored(self, index: int, command: AnyCommand) -> tuple[Plan, Lookups] | None:
        """What an earlier run stored for a command, without running it again; None if it stored nothing.

        Raises:
            StoreUnavailable: MongoDB did not answer, or the channel changed meanwhile.
        """
        task = Task(index, command, body_hash(command, self._body_key))
        try:
            lookups = self._look_up([task], set(), known=True)
        except LogConflict as error:  # the pair moved on meanwhile: whoever comes next looks again
            raise StoreUnavailable(str(error)) from error
        channel_id = address(command, lookups.direct)
        for key in repeat_keys(command, channel_id):
            if key in lookups.repeats:
                plan = Plan(
                    outcomes={index: settle(task, lookups.repeats[key])}, addresses={index: channel_id}
                )
                return plan, lookups
        return None

    def _attempt(
        self, tasks: list[Task], touched: set[str], tried: dict[int, Accepted], *, known: bool
    ) -> tuple[Plan, Lookups]:
        lookups = self._look_up(tasks, touched, known=known)
        before = {name: state.last_seq for name, state in lookups.states.items() if state is not None}
        plan = plan_batch(tasks, lookups)
        touched.update(plan.addresses.values())
        self._settle_doubts(tasks, plan, before)
        for index, outcome in plan.outcomes.items():
            if isinstance(outcome, Accepted) and not (index in tried and outcome.is_nothing):
                tried[index] = outcome
        self._store(plan, lookups)
        _take_back(plan, tried)
        for state in lookups.states.values():
            if state is not None:
                self._cache.keep(state)
        self._move_pairs(plan)
        return plan, lookups

    def _look_up(self, tasks: list[Task], touched: set[str], *, known: bool) -> Lookups:
        direct = self._direct_channels(task.command for task in tasks)
        addresses = {task.index: address(task.command, direct) for task in tasks}
        touched.update(addresses.values())
        states = self._cache.load(addresses.values())
        if any(_has_moved_on(states[channel_id]) for channel_id in direct.values()):
            # Remembered as the pair's chat, loaded as the group it has become: forget both and look again.
            raise LogConflict("the pair has moved on")
        aimed = [(task.command, states[addresses[task.index]]) for task in tasks]
        people = {name for pair in aimed for name in people_named(*pair)}
        owners = {name for pair in aimed for name in people_to_own(*pair)}
        upgrading = {
            stable_part(task.command.channel_id) for task in tasks if isinstance(task.command, AddMembers)
        }
        keys = [
            key
            for task in tasks
            if known or _may_have_moved(task.command, addresses[task.index], upgrading)
            for key in repeat_keys(task.command, addresses[task.index])
        ]
        named = {name for task in tasks if (name := file_named(task.command)) is not None}
        return Lookups(
            now_ms=self._clock_ms(),
            users=self._people.load(people, anew=owners),
            states=states,
            direct=direct,
            repeats=self._stores.messages.find_repeats(keys) if keys else {},
            references=look_up_references(
                (task.command for task in tasks), self._stores.messages, self._stores.members
            ),
            targets=self._targets(task.command for task in tasks),
            windows=self._windows,
            files=self._stores.files.facts(named) if named else {},
        )

    def _targets(self, commands: Iterable[AnyCommand]) -> Targets | None:
        places = {
            (command.channel_id, command.seq) for command in commands if isinstance(command, AmendCommand)
        }
        if not places:
            return None
        log = self._stores.messages
        channel_ids = {channel_id for channel_id, _ in places}
        return Targets(log.at(places), {name: log.newest_shown(name) for name in channel_ids})

    def _direct_channels(self, commands: Iterable[AnyCommand]) -> dict[str, str]:
        keys = set()
        for command in commands:
            if isinstance(command, OpenDirect) or (
                isinstance(command, SendMessage) and command.channel_id is None
            ):
                keys.add(direct_key(command.actor, command.to or ""))
        return {key: self._cache.direct(key) for key in keys}

    def _settle_doubts(self, tasks: list[Task], plan: Plan, before: dict[str, int]) -> None:
        """Make sure, before anybody is refused, that it is no repeat and that the state is up to date.

        Only refusals and "nothing to do" need this: what was accepted collides with the log's keys when it
        is a repeat or when the state was stale.
        """
        doubtful = [task for task in tasks if _is_doubtful(plan.outcomes[task.index])]
        if not doubtful:
            return
        keys = {task.index: repeat_keys(task.command, plan.addresses[task.index]) for task in doubtful}
        found = self._stores.messages.find_repeats({key for known in keys.values() for key in known})
        for task in doubtful:
            for key in keys[task.index]:
                if key in found:
                    plan.outcomes[task.index] = settle(task, found[key])
        self._settle_absence(plan)
        names = {plan.addresses[task.index] for task in doubtful} & before.keys()
        if self._cache.is_behind({name: before[name] for name in names}):
            raise LogConflict("another writer was here")

    def _settle_absence(self, plan: Plan) -> None:
        """Let those try again whose message went to the archive since it was looked whether it is there.

        It is brought back before they come again (`archiving.returns`).
        """
        absent = {
            index: outcome.absent
            for index, outcome in plan.outcomes.items()
            if isinstance(outcome, Rejected) and outcome.absent is not None
        }
        if not absent:
            return
        archived = self._stores.messages.archived(set(absent.values()))
        plan.outcomes |= {
            index: Rejected(ErrorCode.BUSY) for index, name in absent.items() if name in archived
        }

    def _store(self, plan: Plan, lookups: Lookups) -> None:
        for step in plan.steps:
            if isinstance(step, Accepted):
                self._stores.changes.commit(step)
            else:
                self._stores.messages.append(step)
            point("writer.stored")
        # Of repeats too: their first run may have died before this.
        direct = {
            name
            for name, state in lookups.states.items()
            if state is not None and state.type is ChannelType.DIRECT
        }
        self._heads.move(plan.shown_entries(), direct)
        if lookups.targets is not None:  # an edit may address people whom its message did not
            self._heads.mark_mentions(lookups.targets.entries.values())

    def _move_pairs(self, plan: Plan) -> None:
        """Forget which direct channel is a pair's current one when a command may have changed that."""
        self._cache.forget_direct(
            outcome.channel_id
            for outcome in plan.outcomes.values()
            if isinstance(outcome, Accepted) and outcome.change is not None and not outcome.change.amendment
        )


def _take_back(plan: Plan, tried: dict[int, Accepted]) -> None:
    """What an earlier attempt of this very run stored is no repeat: nobody has published it yet."""
    for index, outcome in plan.outcomes.items():
        mine = tried.get(index)
        if mine is not None and _is_same(mine, outcome):
            # As it is stored now: a later command of the batch may have changed it.
            found = outcome.entry if isinstance(outcome, Repeat) else None
            plan.outcomes[index] = Accepted(mine.channel_id, found, mine.change)


def _is_same(mine: Accepted, found: Accepted | Rejected | Repeat) -> bool:
    if isinstance(found, Repeat):
        # Its time too: another writer may have carried out the same command.
        return mine.entry is not None and _identity(mine.entry) == _identity(found.entry)
    # A direct channel opened without an entry is found as "there is one already".
    return isinstance(found, Accepted) and found.is_nothing and mine.entry is None


def _identity(entry: LogEntry) -> tuple[str, int, str, int]:
    return entry.channel_id, entry.seq, entry.client_message_id, entry.time_ms


def _may_have_moved(command: AnyCommand, channel_id: str, upgrading: Container[str]) -> bool:
    """Whether an earlier run of this command may stand in another direct channel of the pair than it will.

    Because there was one before, or because a command of the same batch may make the current one a group.
    """
    if not isinstance(command, SendMessage) or command.channel_id is not None:
        return False
    return generation_of(channel_id) > 0 or stable_part(channel_id) in upgrading


def _has_moved_on(state: Channel | None) -> bool:
    return state is not None and state.type is not ChannelType.DIRECT


def _is_doubtful(outcome: Accepted | Rejected | Repeat) -> bool:
    if isinstance(outcome, Accepted):
        return outcome.is_nothing
    return isinstance(outcome, Rejected)
