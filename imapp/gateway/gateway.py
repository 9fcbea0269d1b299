"""The gateway of one process: its parts, their greenlets, and what REST and WebSocket ask of it."""

import secrets
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import gevent
from gevent.event import AsyncResult

from imapp import metrics
from imapp.broker.consuming import GatewayConsumer, Handlers
from imapp.domain.ids import direct_key, shard_of, stable_part
from imapp.errors import RequestError, StoreUnavailable
from imapp.failpoints import point
from imapp.gateway.batcher import RETRY_AFTER_S, Batcher
from imapp.gateway.delivery import Delivery
from imapp.gateway.inquiries import Inquiries
from imapp.gateway.marks import MarkCoalescer
from imapp.gateway.passages import Passages
from imapp.gateway.pending import Waiter
from imapp.gateway.personal import PersonalDesk
from imapp.gateway.presence import GatewayPresence
from imapp.gateway.received import ReceivedCoalescer
from imapp.gateway.registry import Registry, Subscriber
from imapp.logs import get_log, trace
from imapp.stores.members import MemberStore
from schemas.commands import AnyCommand, OpenDirect, SendMessage
from schemas.errors import ErrorCode
from schemas.tasks import Inquiry, Result, SideNotice

_EXPIRY_CHECK_S: Final = 0.25
_RELOAD_CHUNK: Final = 500
_RELOAD_PAUSE_S: Final = 0.5
_RESTART_PAUSE_S: Final = 0.5

log = get_log("gateway")


class Gateway:
    """Connections in, commands out, frames back. Build it and `start` it in the process that serves."""

    def __init__(  # noqa: PLR0913  # the parts of a gateway, each by its name
        self,
        *,
        shards: int,
        members: MemberStore,
        make_batcher: Callable[[int, Callable[[], str | None]], Batcher],
        marks: MarkCoalescer,
        received: ReceivedCoalescer,
        personal: PersonalDesk,
        make_presence: Callable[[str, Registry], GatewayPresence],
        make_inquiries: Callable[[str, Registry, Passages], Inquiries],
        make_consumer: Callable[..., GatewayConsumer],
        passages: Passages,
        resync_frame: bytes,
    ) -> None:
        self.name = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        self.registry = Registry()
        self.marks = marks
        self.received = received
        marks.gateway = received.gateway = self.name
        received.last_seq = self.registry.last_seq
        self.personal = personal
        self.presence = make_presence(self.name, self.registry)
        self._inquiries = make_inquiries(self.name, self.registry, passages)
        self.draining = False
        self.refused = 0
        """Commands refused since the drain began."""
        self._shards = shards
        self._members = members
        self._resync_frame = resync_frame
        self._reply_queue: str | None = None
        self._reloads = 0
        self._batchers = {shard: make_batcher(shard, lambda: self._reply_queue) for shard in range(shards)}
        self._delivery = Delivery(
            registry=self.registry,
            batchers=self._batchers,
            lost=self._lost,
            answered=personal.take,
            signal=self._take_aside,
            passages=passages,
        )
        self._consumer = make_consumer(
            name=self.name,
            handlers=Handlers(
                connected=self._connected,
                lost=self._disconnected,
                fanout=self._delivery.on_fanout,
                reply=self._delivery.on_reply,
            ),
        )
        self._greenlets: list[Any] = []

    @property
    def connected(self) -> bool:
        """Whether this gateway hears the fanout and its answers."""
        return self._reply_queue is not None

    def start(self) -> None:
        """Begin to consume and to send. Call it once, after fork."""
        self.spawn(self._consumer.run)
        self.spawn(self.marks.run)
        self.spawn(self.received.run)
        self.spawn(self.personal.run)
        self.spawn(self._expire)
        self.spawn(self._inquiries.run)
        for batcher in self._batchers.values():
            self.spawn(batcher.run)
        for loop in self.presence.loops():
            self.spawn(loop)

    def spawn(self, loop: Callable[[], None]) -> None:
        """Run a background loop for as long as this gateway lives; one that fails begins anew."""
        self._greenlets.append(gevent.spawn(_keep_running, loop))

    def submit(self, command: AnyCommand, waiter: Waiter) -> None:
        """Send a command on its way; its waiter hears of it within the time-out.

        Raises:
            RequestError: `busy` or `rate_limited`; nothing was sent.
        """
        if trace.on:
            _trace(command)
        if self.draining:
            self.refused += 1
            raise RequestError(ErrorCode.BUSY, retry_after=RETRY_AFTER_S)
        key = _order_key(command)
        self._batchers[shard_of(key, self._shards)].submit(command, waiter, key)

    def hold_back(self, command: AnyCommand, subscriber: object) -> None:
        """A command was refused and will come again: nothing of its connection may overtake it there."""
        key = _order_key(command)
        self._batchers[shard_of(key, self._shards)].hold_back(command, subscriber, key)

    def ask(self, command: AnyCommand, timeout_s: float) -> Result:
        """Send a command and wait for its answer.

        Raises:
            RequestError: it was refused, or `busy`: no answer in time, so the outcome is open.
        """
        waiter = _Caller()
        self.submit(command, waiter)
        result = waiter.wait(timeout_s)
        if result.code:
            code = ErrorCode(result.code)
            raise RequestError(
                code, retry_after=RETRY_AFTER_S if code is ErrorCode.BUSY else None, **result.data
            )
        return result

    def connect(self, subscriber: Subscriber) -> None:
        """Let a connection hear its person's channels. What is published from now on reaches it.

        Raises:
            StoreUnavailable: the memberships could not be read; the connection is not registered.
        """
        # Registered before the store is read, so that a join in between comes with the stream.
        self.registry.add(subscriber)
        try:
            memberships = self._read_memberships(subscriber.user_id)
        except BaseException:
            self.registry.remove(subscriber)
            raise
        for channel_id, from_seq in memberships.get(subscriber.user_id, ()):
            self.registry.enter(subscriber, channel_id, from_seq)
        # No greenlet runs between reading the last row and this.
        self.registry.settle(subscriber)

    def _read_memberships(self, user_id: str) -> dict[str, list[tuple[str, int]]]:
        while True:
            reloads = self._reloads
            memberships = self._members.of_users([user_id])
            point("gateway.memberships")
            if reloads == self._reloads:
                return memberships
            # The stream had a gap meanwhile, so what was read may be older than what was lost.

    def disconnect(self, subscriber: Subscriber) -> None:
        """Forget a connection."""
        self.registry.remove(subscriber)
        self.presence.gone(subscriber)
        for batcher in self._batchers.values():
            batcher.forget(subscriber)

    def drain(self, deadline: float) -> dict[str, int]:
        """Refuse new commands and wait until those under way are answered, or the deadline (monotonic).

        Gives how many were under way, and how many of them are still without an answer.
        """
        self.draining = True
        under_way = self._under_way()
        for batcher in self._batchers.values():
            batcher.stop()
        self.marks.stop()
        self.received.stop()
        self.personal.stop()
        while time.monotonic() < deadline and not self._idle():
            gevent.sleep(0.02)
        self._consumer.stop()
        left = self._under_way()
        return {"under_way": under_way, "answered": max(0, under_way - left), "unanswered": left}

    def _under_way(self) -> int:
        return sum(batcher.load for batcher in self._batchers.values())

    def _idle(self) -> bool:
        return (
            self.marks.idle
            and self.received.idle
            and self.personal.idle
            and all(batcher.idle for batcher in self._batchers.values())
        )

    def _take_aside(self, notice: SideNotice) -> None:
        if isinstance(notice, Inquiry):
            self._inquiries.take(notice)
        else:
            self.presence.take(notice)

    def _connected(self, reply_queue: str) -> None:
        """Between the binding of new queues and the first message: catch up with the store."""
        self._delivery.start_over()
        self._reload(range(self._shards))
        self._reply_queue = reply_queue
        log.info("gateway_connected", gateway=self.name)

    def _disconnected(self) -> None:
        self._reply_queue = None

    def _lost(self, shard: int) -> None:
        """The stream of a shard has a gap: read memberships again before anything more is delivered."""
        self._reload([shard])

    def _reload(self, shards: Iterable[int]) -> None:
        affected = set(shards)
        while not self._try_reload(affected):
            gevent.sleep(_RELOAD_PAUSE_S)
        told = 0
        for subscriber in self.registry.everybody():
            subscriber.enqueue(self._resync_frame)
            subscriber.flush()
            told += 1
        if told:
            metrics.resyncs.value += 1
            metrics.frames_sent["resync"] += told
            log.info("resynced", shards=sorted(affected), connections=told)

    def _try_reload(self, shards: set[int]) -> bool:
        users = self.registry.users()
        found: dict[str, list[tuple[str, int]]] = {}
        try:
            for start in range(0, len(users), _RELOAD_CHUNK):
                found |= self._members.of_users(users[start : start + _RELOAD_CHUNK])
        except StoreUnavailable as error:
            log.warning("reload_failed", error=str(error))
            return False
        self._reloads += 1
        self._reindex(set(users), found, shards)
        return True

    def _reindex(self, users: set[str], found: dict[str, list[tuple[str, int]]], shards: set[int]) -> None:
        """Nothing waits in here. Who connected while the store was read has entered by himself."""
        stale = [name for name in self.registry.channel_ids() if shard_of(name, self._shards) in shards]
        for channel_id in stale:
            self.registry.forget_hearers(channel_id, users)
        for user_id, memberships in found.items():
            for channel_id, from_seq in memberships:
                if shard_of(channel_id, self._shards) in shards:
                    for subscriber in self.registry.connections(user_id):
                        self.registry.enter(subscriber, channel_id, from_seq)
        for channel_id in stale:
            self.registry.forget_if_empty(channel_id)

    def _expire(self) -> None:
        while True:
            gevent.sleep(_EXPIRY_CHECK_S)
            for batcher in self._batchers.values():
                batcher.expire()


def _keep_running(loop: Callable[[], None]) -> None:
    while True:
        try:
            loop()
        except Exception:
            log.exception("loop_failed", loop=getattr(loop, "__qualname__", str(loop)))
            gevent.sleep(_RESTART_PAUSE_S)
        else:
            return


class _Caller:
    """Waits for one answer in its own greenlet."""

    subscriber = None

    def __init__(self) -> None:
        self._answer: AsyncResult = AsyncResult()

    def resolve(self, result: Result) -> None:
        self._answer.set(result)

    def wait(self, timeout_s: float) -> Result:
        try:
            answer: Result = self._answer.get(timeout=timeout_s)
        except gevent.Timeout:
            raise RequestError(ErrorCode.BUSY, retry_after=RETRY_AFTER_S) from None
        return answer


def _trace(command: AnyCommand) -> None:
    trace(
        "command_taken",
        kind=type(command).__name__,
        client_message_id=command.client_message_id,
        user=command.actor,
        channel_id=getattr(command, "channel_id", None),
    )


def _order_key(command: AnyCommand) -> str:
    """What all commands for one channel share, whether they name it or its two people."""
    if isinstance(command, OpenDirect):
        return direct_key(command.actor, command.to)
    if isinstance(command, SendMessage) and command.channel_id is None:
        return direct_key(command.actor, command.to or "")
    assert command.channel_id is not None
    return stable_part(command.channel_id)
