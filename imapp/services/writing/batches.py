"""A task of the shard queue: a batch in, its entries stored, published and answered.

The poison rule: a batch seen for the third time, or one whose run raised what nobody expected, is run
command by command, and what is running is noted beforehand. The command that kills its writer is set aside,
its sender gets a final error, and the shard goes on.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from imapp import metrics
from imapp.domain.ids import message_id
from imapp.errors import BrokerUnavailable, StoreUnavailable
from imapp.failpoints import point
from imapp.logs import get_log, trace
from imapp.services.outgoing import frames
from imapp.services.outgoing.outlet import Outlet
from imapp.services.poison import DEADLY_AFTER, SUSPECT_AFTER
from imapp.services.writing.planning import Lookups, Plan
from imapp.services.writing.writer import Writer
from imapp.stores.attempts import UNSEEN, Attempt, AttemptStore
from schemas.commands import AnyCommand
from schemas.errors import ErrorCode
from schemas.tasks import FanoutItem, Result, WriteBatch

_SLOW_S: Final = 1.0
_MAX_SETTLED: Final = 1_000  # batches; copies of one come within seconds

Written = tuple[list[FanoutItem], list[Result]]
"""What to publish of some commands, and their answers."""

_NOTHING: Final[Written] = ([], [])
_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("batches")


class BatchRunner:
    """Runs the tasks of a shard queue. Owned by the one thread of its worker."""

    def __init__(
        self, *, writer: Writer, outlet: Outlet, attempts: AttemptStore, fail_stop: Callable[[str], None]
    ) -> None:
        self._writer = writer
        self._outlet = outlet
        self._attempts = attempts
        self._fail_stop = fail_stop
        self._settled: OrderedDict[str, dict[int, Result]] = OrderedDict()

    def run(self, batch: WriteBatch, *, redelivered: bool) -> None:
        """Return when the batch is stored, published and answered; then its task may be acknowledged."""
        begun = time.monotonic()
        metrics.batch_commands.observe(len(batch.commands))
        metrics.batches_redelivered.value += redelivered
        try:
            results = self._run(batch, redelivered=redelivered)
            _note(batch, results, redelivered=redelivered, seconds=time.monotonic() - begun)
        except StoreUnavailable as error:
            # Another worker may have a better link: end, so that RabbitMQ hands the shard over in order.
            self._fail_stop(f"store unavailable: {error}")

    def _run(self, batch: WriteBatch, *, redelivered: bool) -> list[Result]:
        seen_before = redelivered or batch.attempt > 1
        attempt = self._attempts.count(batch.batch_id, redelivered=redelivered) if seen_before else None
        if attempt is not None and attempt.redeliveries >= SUSPECT_AFTER:
            return self._run_singly(batch, attempt)
        settled = self._settled_before(batch.batch_id, attempt)
        todo = [(index, command) for index, command in enumerate(batch.commands) if index not in settled]
        try:
            items, results = self._write(todo, republish=seen_before)
        except (StoreUnavailable, BrokerUnavailable):
            raise
        except Exception:
            log.exception("batch_failed")
            return self._run_singly(batch, UNSEEN)
        answers = [*results, *settled.values()]
        self._remember(batch.batch_id, results)
        self._outlet.publish(batch, items, answers, announce=seen_before)
        return answers

    def _settled_before(self, batch_id: str, attempt: Attempt | None) -> dict[int, Result]:
        """The answers to those commands of a batch that must not be decided again."""
        parked = attempt.parked if attempt is not None else ()
        aside = {index: Result(index=index, code=ErrorCode.INTERNAL.value) for index in parked}
        return self._settled.get(batch_id, {}) | aside

    def _remember(self, batch_id: str, results: list[Result]) -> None:
        """What left no entry must not be decided again when another copy of the batch comes."""
        without_entry = {result.index: result for result in results if not result.seq}
        if without_entry:
            self._settled.setdefault(batch_id, {}).update(without_entry)
        while len(self._settled) > _MAX_SETTLED:
            self._settled.popitem(last=False)

    def _write(self, commands: list[tuple[int, AnyCommand]], *, republish: bool) -> Written:
        for _, command in commands:
            point("writer.command", command.client_message_id)
        plan, lookups = self._writer.write(commands, known=republish)
        return _published(plan, lookups, [index for index, _ in commands], republish=republish)

    def _run_singly(self, batch: WriteBatch, attempt: Attempt) -> list[Result]:
        # Once may be the database's doing, or the machine's.
        deadly = {index for index, times in attempt.begun.items() if times >= DEADLY_AFTER}
        all_items: list[FanoutItem] = []
        all_results: list[Result] = []
        for index, command in enumerate(batch.commands):
            if index in attempt.parked:
                items, results = _NOTHING
            elif index in deadly:
                items, results = self._settle_deadly(batch, index, command)
            else:
                items, results = self._run_one(batch, index, command)
            all_items += items
            all_results += results or [Result(index=index, code=ErrorCode.INTERNAL.value)]
        self._outlet.publish(batch, all_items, all_results, announce=True)
        return all_results

    def _settle_deadly(self, batch: WriteBatch, index: int, command: AnyCommand) -> Written:
        """Answer what it has stored before its writer died, if it has; else set it aside."""
        found = self._writer.find_stored(index, command)
        if found is not None:
            return _published(*found, [index], republish=True)
        self._park(batch, index, "its writer died whenever it ran alone")
        return _NOTHING

    def _run_one(self, batch: WriteBatch, index: int, command: AnyCommand) -> Written:
        self._attempts.begin(batch.batch_id, index)
        try:
            written = self._write([(index, command)], republish=True)
        except (StoreUnavailable, BrokerUnavailable):
            raise
        except Exception as error:
            log.exception("command_failed", index=index, client_message_id=command.client_message_id)
            self._park(batch, index, f"{type(error).__name__}: {error}")
            written = _NOTHING
        self._attempts.end(batch.batch_id, index)
        return written

    def _park(self, batch: WriteBatch, index: int, reason: str) -> None:
        command = batch.commands[index]
        log.error(
            "command_parked",
            index=index,
            client_message_id=command.client_message_id,
            user=command.actor,
            reason=reason,
        )
        metrics.commands_parked.value += 1
        self._attempts.park(batch.batch_id, index, _ENCODER.encode(batch.commands[index]), reason)


def _note(batch: WriteBatch, results: list[Result], *, redelivered: bool, seconds: float) -> None:
    """Log a batch that was no ordinary one, and everything of every batch while somebody traces."""
    if trace.on:
        for result in results:
            _trace(batch, result)
    unusual = redelivered or batch.attempt > 1 or seconds > _SLOW_S
    if unusual or trace.on:
        (log.info if unusual else log.debug)(
            "batch_written",
            commands=len(batch.commands),
            refused=sum(1 for result in results if result.code),
            channels=len({result.channel_id for result in results if result.seq}),
            attempt=batch.attempt,
            redelivered=redelivered,
            ms=round(seconds * 1000, 1),
        )


def _trace(batch: WriteBatch, result: Result) -> None:
    trace(
        "command_decided",
        client_message_id=batch.commands[result.index].client_message_id,
        channel_id=result.channel_id,
        message_id=message_id(result.channel_id, result.seq) if result.seq else None,
        code=result.code or "ok",
    )


def _published(plan: Plan, lookups: Lookups, indexes: list[int], *, republish: bool) -> Written:
    items = frames.fanout_items(plan, lookups, republish=republish)
    return items, [frames.result(index, plan.addresses[index], plan.outcomes[index]) for index in indexes]
