"""From single commands to tasks: one batch of a shard in flight, the next fills meanwhile.

So the batch grows with the load. A batch leaves again with the same ids after a second, and every other
second from then on, until it is resolved; it is given up when its commands have waited too long: their
outcome is then open, and whoever asked repeats them with the same client ids.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import gevent
import msgspec
from gevent.event import Event

from imapp import metrics
from imapp.broker.publishing import TaskPublisher
from imapp.broker.topology import WRITE_TASK
from imapp.errors import BrokerUnavailable, RequestError
from imapp.failpoints import is_armed, point
from imapp.gateway.limits import Limits, rounded
from imapp.gateway.ordering import REMEMBERED_S, OrderGate
from imapp.gateway.pending import Pending, Waiter
from imapp.gateway.turns import Turns
from imapp.logs import get_log, trace
from schemas.commands import AnyCommand
from schemas.errors import ErrorCode
from schemas.tasks import FanoutBatch, Result, WriteBatch

MAX_COMMANDS: Final = 512  # or fewer, if some of them are more work than a plain send
MAX_BYTES: Final = 100_000  # above AMQP's frame of 128 KiB the library gets slow
# How long the next batch waits for company: longer where batches take longer, so that it is felt nowhere and
# a busy system pays the price of a batch less often.
_GATHER_SHARE: Final = 0.15
_SHORTEST_GATHER_S: Final = 0.001
_LONGEST_GATHER_S: Final = 0.008
_LONGEST_REDRIVE: Final = 2  # times the first pause
MAX_PENDING: Final = 10_000
MAX_PENDING_OF_ONE: Final = 1_000  # so that ten people who flood still leave it open to others: see Turns
# Who would wait longer than this before his batch even leaves is refused at once.
MAX_QUEUED_S: Final = 2.0
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0
RETRY_AFTER_S: Final = 1.0
ARCHIVE_RETRY_AFTER_S: Final = 2.0
"""When to ask again for what only the archive has, while it is away: its breaker lets one through by then."""
SLOW_BATCH_S: Final = 1.0
"""From here on an answered batch is worth a line in the log."""

_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("batcher")


class Flight:
    """The batch that is out."""

    __slots__ = ("attempts", "batch_id", "landed", "left_at", "open", "pending", "since")

    def __init__(self, pending: list[Pending]) -> None:
        self.batch_id = secrets.token_hex(8)
        self.pending = pending
        self.since = min(command.since for command in pending)
        self.open: dict[int, Pending] = dict(enumerate(pending))
        self.landed = Event()
        self.attempts = 0
        self.left_at = time.monotonic()

    def take(self, index: int) -> Pending | None:
        """The command at an index, if nobody has answered it yet; after that it is answered."""
        pending = self.open.pop(index, None)
        if not self.open:
            self.landed.set()
        return pending


@dataclass(frozen=True, slots=True)
class Timing:
    """After how long a command is given up, and after how long an unanswered batch is sent again."""

    timeout_s: float
    redrive_s: float


class Batcher:
    """Takes the commands of one shard. `run` belongs to one greenlet, everything else never waits."""

    def __init__(
        self,
        *,
        shard: int,
        publisher: TaskPublisher,
        queue: Any,
        reply_queue: Callable[[], str | None],
        timing: Timing,
        limits: Limits,
    ) -> None:
        self._limits = limits
        self._shard = shard
        self._publisher = publisher
        self._queue = queue
        self._reply_queue = reply_queue
        self._timing = timing
        self._pending: Turns = Turns()
        self._work = Event()
        self._flight: Flight | None = None
        self._flight_s = 0.0  # how long the last one took
        self._given_up: dict[str, tuple[float, dict[int, Pending]]] = {}  # when, and which commands
        self._gate = OrderGate()
        self._stopping = False

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is out."""
        return not self._pending and self._flight is None

    @property
    def load(self) -> int:
        """How many commands wait or are out."""
        return len(self._pending) + (len(self._flight.open) if self._flight is not None else 0)

    def submit(self, command: AnyCommand, waiter: Waiter, order_key: str) -> None:
        """Take a command; its waiter hears of it within the time-out.

        Raises:
            RequestError: `rate_limited`, because its actor has sent too much; `busy`, because the queue is
                full or slow; either, because an earlier command of this connection for this channel was
                refused so and has to come first.
        """
        subscriber, client_id = waiter.subscriber, command.client_message_id
        waits_for = self._gate.must_wait(subscriber, order_key, client_id)
        if waits_for is not None:
            raise RequestError(waits_for, retry_after=RETRY_AFTER_S)
        wait_s = self._limits.take_command(command)
        if wait_s:
            self._gate.refused(subscriber, order_key, client_id, code=ErrorCode.RATE_LIMITED, wait_s=wait_s)
            raise RequestError(ErrorCode.RATE_LIMITED, retry_after=rounded(wait_s))
        pending = Pending(command, waiter, order_key)
        if self._is_full(pending):
            self._gate.refused(subscriber, order_key, client_id)
            raise RequestError(ErrorCode.BUSY, retry_after=RETRY_AFTER_S)
        self._pending.append(command.actor, pending)
        self._work.set()

    def hold_back(self, command: AnyCommand, subscriber: object, order_key: str) -> None:
        """A command was refused before it came here and will come again: nothing may overtake it."""
        self._gate.refused(subscriber, order_key, command.client_message_id)

    def flight(self, batch_id: str) -> Flight | None:
        """The batch that is out, if it is this one."""
        flight = self._flight
        return flight if flight is not None and flight.batch_id == batch_id else None

    def resolve(self, batch_id: str, results: list[Result]) -> None:
        """Answer the commands of a batch that have no answer yet."""
        flight = self.flight(batch_id)
        if flight is None:
            return
        for result in results:
            pending = flight.take(result.index)
            if pending is not None:
                _answer(pending, result)

    def delivered(self, batch: FanoutBatch) -> None:
        """Whoever was refused something that a batch has brought all the same need not repeat it."""
        given_up = self._given_up.get(batch.batch_id)
        if given_up is None:
            return
        for item in batch.items:
            for entry in item.entries:
                late = given_up[1].get(entry.index)
                if late is not None:
                    client_id = late.command.client_message_id
                    self._gate.stored(late.waiter.subscriber, late.order_key, client_id)

    def forget(self, subscriber: object) -> None:
        """A connection has gone: its order needs no keeping."""
        self._gate.forget(subscriber)

    def expire(self) -> None:
        """Refuse what has waited too long; called a few times a second."""
        limit = time.monotonic() - self._timing.timeout_s
        flight = self._flight
        if flight is not None and flight.since < limit:
            self._give_up(flight)
        for pending in self._pending.take_older(limit):
            self._refuse(pending)
        oldest = time.monotonic() - REMEMBERED_S
        self._given_up = {name: late for name, late in self._given_up.items() if late[0] > oldest}

    def stop(self) -> None:
        """Make `run` return once nothing is pending."""
        self._stopping = True
        self._work.set()

    def run(self) -> None:
        """Send batch after batch until stopped."""
        while not (self._stopping and not self._pending):
            if not self._pending:
                self._work.wait()
            self._work.clear()
            while self._pending:
                gevent.sleep(self._gather_s())
                self._send_next()
        self._publisher.close()

    def _gather_s(self) -> float:
        return min(max(_GATHER_SHARE * self._flight_s, _SHORTEST_GATHER_S), _LONGEST_GATHER_S)

    def _is_full(self, pending: Pending) -> bool:
        if len(self._pending) >= MAX_PENDING:
            return True
        if self._pending.count(pending.command.actor) >= MAX_PENDING_OF_ONE:
            return True
        who, now = pending.command.actor, pending.since
        return max(self._pending.longest_turn(who, now), self._expected_wait_s(who, now)) > MAX_QUEUED_S

    def _expected_wait_s(self, who: str, now: float) -> float:
        """How long a command of this person will wait for its batch if batches go on at their pace."""
        ahead = self._pending.ahead_of(who)
        if ahead < MAX_COMMANDS:  # it goes with the next one
            return 0.0
        pace_s = max(self._flight_s, now - self._flight.left_at if self._flight is not None else 0.0)
        return pace_s * ahead / MAX_COMMANDS

    def _send_next(self) -> None:
        taken = self._take()
        if not taken:
            return
        self._flight = flight = Flight(taken)
        try:
            self._drive(flight)
        finally:
            self._give_up(flight)  # nothing is left open, unless the drive failed
            self._flight = None
            self._flight_s = time.monotonic() - flight.left_at
            self._note(flight)

    def _take(self) -> list[Pending]:
        return self._pending.take(MAX_COMMANDS, MAX_BYTES)

    def _drive(self, flight: Flight) -> None:
        pause = _FIRST_PAUSE_S
        while flight.open:
            reply_queue = self._reply_queue()
            if reply_queue is None:  # not connected: there would be no way to hear the answer
                flight.landed.wait(_FIRST_PAUSE_S)
                continue
            flight.attempts += 1
            try:
                self._publish(flight, reply_queue)
            except BrokerUnavailable as error:
                log.warning("publish_unconfirmed", shard=self._shard, batch=flight.batch_id, error=str(error))
                flight.landed.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
                continue
            # A writer that is slower than this must not be given the same batch over and over.
            flight.landed.wait(self._timing.redrive_s * min(flight.attempts, _LONGEST_REDRIVE))

    def _publish(self, flight: Flight, reply_queue: str) -> None:
        if trace.on:
            self._trace(flight)
        if _is_lost(flight):
            return
        batch = WriteBatch(
            batch_id=flight.batch_id,
            shard=self._shard,
            reply_queue=reply_queue,
            attempt=flight.attempts,
            commands=[msgspec.Raw(pending.payload) for pending in flight.pending],  # type: ignore[misc]
        )
        self._publisher.publish(WRITE_TASK, self._queue, _ENCODER.encode(batch), task_id=flight.batch_id)

    def _note(self, flight: Flight) -> None:
        """Count a batch that has its answers, and log it if it was no ordinary one."""
        metrics.batch_commands.observe(len(flight.pending))
        metrics.batches_repeated.value += max(0, flight.attempts - 1)
        seconds = time.monotonic() - flight.left_at
        unusual = flight.attempts > 1 or seconds > SLOW_BATCH_S
        if unusual or trace.on:
            (log.info if unusual else log.debug)(
                "batch_answered",
                shard=self._shard,
                batch=flight.batch_id,
                commands=len(flight.pending),
                attempts=flight.attempts,
                ms=round(seconds * 1000, 1),
            )

    def _trace(self, flight: Flight) -> None:
        for pending in flight.pending:
            trace(
                "command_sent",
                client_message_id=pending.command.client_message_id,
                batch=flight.batch_id,
                shard=self._shard,
                attempt=flight.attempts,
            )

    def _give_up(self, flight: Flight) -> None:
        if flight.open:
            log.warning("batch_given_up", shard=self._shard, batch=flight.batch_id, commands=len(flight.open))
            self._given_up[flight.batch_id] = time.monotonic(), dict(flight.open)
        for index in tuple(flight.open):
            pending = flight.take(index)
            if pending is not None:
                self._refuse(pending)

    def _refuse(self, pending: Pending) -> None:
        """Refuse a command, and with it what its connection has queued behind it for the same channel."""
        subscriber, key = pending.waiter.subscriber, pending.order_key
        _answer(pending, _busy())
        if subscriber is None:
            return
        self._gate.refused(subscriber, key, pending.command.client_message_id)
        for other in self._pending.take_out(pending.command.actor, subscriber, key):
            _answer(other, _busy())


def _is_lost(flight: Flight) -> bool:
    """Whether a test plays a RabbitMQ that confirms this batch and forgets it."""
    return is_armed() and any(
        point("gateway.batch", pending.command.client_message_id) for pending in flight.pending
    )


def _answer(pending: Pending, result: Result) -> None:
    pending.answer(result)
    if pending.waiter.subscriber is not None:
        pending.waiter.subscriber.flush()


def _busy() -> Result:
    return Result(index=0, code=ErrorCode.BUSY.value)
