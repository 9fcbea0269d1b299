"""Deciding a whole batch before anything is stored. Pure: what it needs to know is looked up before.

Commands are decided in order, each against the state that its predecessors leave. What comes out are the
steps to store, in order, and the outcome of each command.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct, structs

from imapp.domain.channel import Channel
from imapp.domain.decide import apply, decide
from imapp.domain.decisions import (
    DEFAULT_WINDOWS,
    NO_REFERENCES,
    Accepted,
    Facts,
    Profile,
    References,
    Rejected,
    Windows,
)
from imapp.domain.entries import AMENDMENTS, LogEntry
from imapp.domain.files import FileFacts
from imapp.domain.ids import direct_channel_id, direct_key, generation_of, message_id, stable_part
from imapp.stores.messages import RepeatKey
from schemas.commands import AmendCommand, AnyCommand, OpenDirect, SendMessage
from schemas.common import ChannelType
from schemas.errors import ErrorCode


class Repeat(Struct, frozen=True):
    """A command that was carried out before, and the entry it made."""

    entry: LogEntry


Outcome = Accepted | Rejected | Repeat


class Task(Struct, frozen=True):
    """A command with its place in the batch and the hash of its body."""

    index: int
    command: AnyCommand
    body_hash: bytes


@dataclass(slots=True)
class Targets:
    """What a batch's recalls and edits change, as it is while the batch is decided.

    `entries` are the targets by message id; `shown` is what lists show of each channel (None: nothing yet).
    `amended` are those that the batch has changed.
    """

    entries: dict[str, LogEntry] = field(default_factory=dict)
    shown: dict[str, LogEntry | None] = field(default_factory=dict)
    amended: dict[str, LogEntry] = field(default_factory=dict)

    def take(self, accepted: Accepted) -> None:
        """Go on from what a command of the batch has made, which later ones may want to change."""
        entry, change = accepted.entry, accepted.change
        if entry is None or entry.channel_id not in self.shown:
            return
        if change is not None and change.amendment is not None:
            after = change.amendment.after
            self.entries[after.message_id] = self.amended[after.message_id] = after
            self.shown[entry.channel_id] = change.amendment.shown
            return
        self.entries[entry.message_id] = entry
        if entry.type not in AMENDMENTS:
            self.shown[entry.channel_id] = entry


@dataclass(slots=True)
class Lookups:
    """What was read before deciding. `targets` is None where no command changes an earlier entry."""

    now_ms: int
    users: Mapping[str, Profile]
    states: dict[str, Channel | None]
    direct: dict[str, str]
    repeats: dict[RepeatKey, LogEntry]
    references: References = NO_REFERENCES
    targets: Targets | None = None
    windows: Windows = DEFAULT_WINDOWS
    files: Mapping[str, FileFacts] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """Runs of plain entries and single commands with effects, in the order to store them."""

    steps: list[list[LogEntry] | Accepted] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    addresses: dict[int, str] = field(default_factory=dict)

    def shown_entries(self) -> Iterator[LogEntry]:
        """The entries that these commands made, now or earlier, and that lists show; by seq in a channel."""
        made = (outcome.entry for outcome in self.outcomes.values() if not isinstance(outcome, Rejected))
        shown = (entry for entry in made if entry is not None and entry.type not in AMENDMENTS)
        return iter(sorted(shown, key=lambda entry: entry.seq))


def plan_batch(tasks: Sequence[Task], lookups: Lookups) -> Plan:
    """The outcome of each command and what to store for it. Moves the states in `lookups` along."""
    plan = Plan()
    for task in tasks:
        channel_id = address(task.command, lookups.direct)
        outcome = _find_repeat(task, channel_id, lookups) or _decide(task, channel_id, lookups)
        plan.addresses[task.index] = channel_id
        plan.outcomes[task.index] = outcome
        if isinstance(outcome, Accepted):
            _take(outcome, task, lookups, plan)
    return plan


def address(command: AnyCommand, direct: Mapping[str, str]) -> str:
    """The id of the channel a command is for, which may not exist yet."""
    if isinstance(command, OpenDirect):
        return direct[direct_key(command.actor, command.to)]
    if isinstance(command, SendMessage) and command.channel_id is None:
        return direct[direct_key(command.actor, command.to or "")]
    assert command.channel_id is not None
    return command.channel_id


def repeat_keys(command: AnyCommand, channel_id: str) -> list[RepeatKey]:
    """Where an earlier run of this command may have left its entry, the current channel last.

    A message to a person may have gone to an earlier direct channel of the pair, now a group.
    """
    ids = [channel_id]
    if isinstance(command, SendMessage) and command.channel_id is None:
        key = stable_part(channel_id)
        ids = [direct_channel_id(key, number) for number in range(generation_of(channel_id) + 1)]
    return [(name, command.actor, command.client_message_id) for name in ids]


def settle(task: Task, entry: LogEntry) -> Repeat | Rejected:
    """What a command is whose client id has an entry: its repeat, or somebody's mistake."""
    if entry.body_hash is not None and entry.body_hash != task.body_hash:
        return Rejected(ErrorCode.CONFLICT)
    return Repeat(entry)


def _find_repeat(task: Task, channel_id: str, lookups: Lookups) -> Repeat | Rejected | None:
    if not lookups.repeats:
        return None
    for key in repeat_keys(task.command, channel_id):
        entry = lookups.repeats.get(key)
        if entry is not None:
            return settle(task, entry)
    return None


def _decide(task: Task, channel_id: str, lookups: Lookups) -> Accepted | Rejected:
    facts = Facts(
        now_ms=lookups.now_ms,
        users=lookups.users,
        body_hash=task.body_hash,
        references=lookups.references,
        files=lookups.files,
    )
    if lookups.targets is not None:
        facts = _with_targets(facts, task.command, channel_id, lookups)
    return decide(lookups.states.get(channel_id), channel_id, task.command, facts)


def _with_targets(facts: Facts, command: AnyCommand, channel_id: str, lookups: Lookups) -> Facts:
    """The facts as the commands before this one leave them, in a batch that changes earlier entries."""
    targets = lookups.targets
    assert targets is not None
    if not isinstance(command, AmendCommand):
        known = structs.replace(facts.references, entries={**facts.references.entries, **targets.amended})
        return structs.replace(facts, references=known)
    return structs.replace(
        facts,
        target=targets.entries.get(message_id(channel_id, command.seq)),
        shown=targets.shown.get(channel_id),
        windows=lookups.windows,
    )


def _take(accepted: Accepted, task: Task, lookups: Lookups, plan: Plan) -> None:
    if accepted.entry is None and accepted.change is None:
        return
    channel_id = accepted.channel_id
    before = lookups.states.get(channel_id)
    after = apply(before, accepted)
    lookups.states[channel_id] = after
    if before is not None and before.type is ChannelType.DIRECT and after.type is ChannelType.GROUP:
        _move_pair_on(channel_id, lookups)
    if accepted.entry is not None:
        command = task.command
        # The same client id again within this batch meets its first entry here.
        lookups.repeats[channel_id, command.actor, command.client_message_id] = accepted.entry
    if lookups.targets is not None:
        lookups.targets.take(accepted)
    _add_step(accepted, plan)


def _move_pair_on(channel_id: str, lookups: Lookups) -> None:
    """The pair's direct channel has become a group: the next message between the two opens a fresh one."""
    key = stable_part(channel_id)
    following = direct_channel_id(key, generation_of(channel_id) + 1)
    lookups.direct[key] = following
    lookups.states.setdefault(following, None)


def _add_step(accepted: Accepted, plan: Plan) -> None:
    if accepted.change is not None or accepted.file_id is not None:
        plan.steps.append(accepted)
        return
    assert accepted.entry is not None
    last = plan.steps[-1] if plan.steps else None
    if isinstance(last, list):
        last.append(accepted.entry)
    else:
        plan.steps.append([accepted.entry])
