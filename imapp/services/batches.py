"""A task of the shard queue: a batch in, its entries stored, published and answered.

The poison rule: a batch seen for the third time, or one whose run raised what nobody expected, is run
command by command, and what is running is noted beforehand. The command that kills its writer is set aside,
its sender gets a final error, and the shard goes on.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from imapp.errors import BrokerUnavailable, StoreUnavailable
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.frames import fanout_items, result
from imapp.services.outlet import Outlet
from imapp.services.writer import Writer
from imapp.stores.attempts import Attempt, AttemptStore
from schemas.errors import ErrorCode
from schemas.tasks import AnyCommand, FanoutItem, Result, WriteBatch

# Seen three times: the first delivery and two redeliveries. Twice may be bad luck.
_SUSPECT_AFTER: Final = 2

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

    def run(self, batch: WriteBatch, *, redelivered: bool) -> None:
        """Return when the batch is stored, published and answered; then its task may be acknowledged."""
        try:
            self._run(batch, redelivered=redelivered)
        except StoreUnavailable as error:
            # Another worker may have a better link: end, so that RabbitMQ hands the shard over in order.
            self._fail_stop(f"store unavailable: {error}")

    def _run(self, batch: WriteBatch, *, redelivered: bool) -> None:
        seen_before = redelivered or batch.attempt > 1
        attempt = self._attempts.count(batch.batch_id, redelivered=redelivered) if seen_before else None
        if attempt is not None and attempt.redeliveries >= _SUSPECT_AFTER:
            self._run_singly(batch, attempt)
            return
        try:
            items, results = self._write(list(enumerate(batch.commands)), republish=seen_before)
        except (StoreUnavailable, BrokerUnavailable):
            raise
        except Exception:
            log.exception("batch_failed", batch=batch.batch_id)
            self._run_singly(batch, Attempt(0, None, frozenset()))
            return
        self._outlet.publish(batch, items, results, announce=seen_before)

    def _write(
        self, commands: list[tuple[int, AnyCommand]], *, republish: bool
    ) -> tuple[list[FanoutItem], list[Result]]:
        for _, command in commands:
            point("writer.command", command.client_message_id)
        plan, lookups = self._writer.write(commands, known=republish)
        items = fanout_items(plan, lookups.states, republish=republish)
        results = [result(index, plan.addresses[index], plan.outcomes[index]) for index, _ in commands]
        return items, results

    def _run_singly(self, batch: WriteBatch, attempt: Attempt) -> None:
        parked = set(attempt.parked)
        if attempt.running is not None:
            self._park(batch, attempt.running, "its writer died while it ran alone")
            parked.add(attempt.running)
        all_items: list[FanoutItem] = []
        all_results: list[Result] = []
        for index, command in enumerate(batch.commands):
            items, results = self._run_one(batch, index, command) if index not in parked else ([], [])
            all_items += items
            all_results += results or [Result(index=index, code=ErrorCode.INTERNAL.value)]
        self._attempts.running(batch.batch_id, None)
        self._outlet.publish(batch, all_items, all_results, announce=True)

    def _run_one(
        self, batch: WriteBatch, index: int, command: AnyCommand
    ) -> tuple[list[FanoutItem], list[Result]]:
        self._attempts.running(batch.batch_id, index)
        try:
            return self._write([(index, command)], republish=True)
        except (StoreUnavailable, BrokerUnavailable):
            raise
        except Exception as error:
            log.exception("command_failed", batch=batch.batch_id, index=index)
            self._park(batch, index, f"{type(error).__name__}: {error}")
            return [], []

    def _park(self, batch: WriteBatch, index: int, reason: str) -> None:
        log.error("command_parked", batch=batch.batch_id, index=index, reason=reason)
        self._attempts.park(batch.batch_id, index, _ENCODER.encode(batch.commands[index]), reason)
