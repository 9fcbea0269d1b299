"""The poison rule of tasks whose parts don't depend on each other: receipts and pushes.

A task that was redelivered twice, or whose run raised what nobody expected, is run part by part, and what is
running is noted beforehand. The part that raises, or kills its worker twice, is set aside; the rest is done.
Messages have a rule of their own (`services.writing.batches`): theirs are answered.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from imapp import metrics
from imapp.errors import BrokerUnavailable, StoreUnavailable
from imapp.logs import get_log
from imapp.stores.attempts import UNSEEN, AttemptStore

# Seen three times: the first delivery and two redeliveries. Twice may be bad luck.
SUSPECT_AFTER: Final = 2
DEADLY_AFTER: Final = 2  # runs alone that killed the worker

Part = TypeVar("Part", bound=msgspec.Struct)

_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("poison")


class PoisonRule:
    """Runs tasks so that none of them stops its queue. Owned by the one thread of its worker."""

    def __init__(self, attempts: AttemptStore, fail_stop: Callable[[str], None]) -> None:
        self._attempts = attempts
        self._fail_stop = fail_stop

    def run(
        self,
        task_id: str,
        parts: Sequence[Part],
        do: Callable[[Sequence[Part], str], None],
        *,
        redelivered: bool,
        aside: Callable[[Part], None] = lambda _: None,
    ) -> None:
        """Do all parts at once, or one by one; then the task may be acknowledged.

        `do` gets a key that is the same in each run of the same parts, `aside` hears of each part that was
        set aside. Without the store the process ends, so that the task comes again.
        """
        try:
            self._run(task_id, parts, do, redelivered=redelivered, aside=aside)
        except StoreUnavailable as error:
            self._fail_stop(f"store unavailable: {error}")

    def _run(
        self,
        task_id: str,
        parts: Sequence[Part],
        do: Callable[[Sequence[Part], str], None],
        *,
        redelivered: bool,
        aside: Callable[[Part], None],
    ) -> None:
        attempt = self._attempts.count(task_id, redelivered=True) if redelivered else UNSEEN
        if attempt.redeliveries < SUSPECT_AFTER and not attempt.parked:
            try:
                do(parts, task_id)
            except (StoreUnavailable, BrokerUnavailable):
                raise
            except Exception:
                log.exception("task_failed", parts=len(parts))
            else:
                return
        for index, part in enumerate(parts):
            if index in attempt.parked:
                continue
            reason = self._run_one(task_id, index, part, do, begun=attempt.begun.get(index, 0))
            if reason:
                aside(part)
                self._park(task_id, index, part, reason)

    def _run_one(
        self,
        task_id: str,
        index: int,
        part: Part,
        do: Callable[[Sequence[Part], str], None],
        *,
        begun: int,
    ) -> str:
        """Why a part must be set aside; empty if it is done."""
        if begun >= DEADLY_AFTER:
            return "its worker died whenever it ran alone"
        self._attempts.begin(task_id, index)
        reason = ""
        try:
            do([part], f"{task_id}.{index}")
        except (StoreUnavailable, BrokerUnavailable):
            raise
        except Exception as error:
            log.exception("part_failed", index=index)
            reason = f"{type(error).__name__}: {error}"
        self._attempts.end(task_id, index)
        return reason

    def _park(self, task_id: str, index: int, part: msgspec.Struct, reason: str) -> None:
        log.error("part_parked", index=index, kind=type(part).__name__, reason=reason)
        metrics.commands_parked.value += 1
        self._attempts.park(task_id, index, _ENCODER.encode(part), reason)
