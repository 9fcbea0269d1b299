"""A real gateway over fakes: its consumer is fed by the test, its connections write down what they hear."""

from collections.abc import Callable
from typing import Any

import msgspec

from imapp.broker.consuming import GatewayConsumer, Handlers
from imapp.broker.publishing import MessagePublisher
from imapp.gateway.batcher import Batcher, Timing
from imapp.gateway.gateway import Gateway
from imapp.gateway.inquiries import Inquiries
from imapp.gateway.limits import Limits
from imapp.gateway.marks import MarkCoalescer
from imapp.gateway.passages import Passages
from imapp.gateway.personal import PersonalDesk
from imapp.gateway.presence import GatewayPresence
from imapp.gateway.received import ReceivedCoalescer
from imapp.gateway.registry import Registry, Subscriber
from imapp.stores.members import MemberStore
from tests.unit.fakes.broker import FakeTasks

RESYNC = b"resync"


class FakeSubscriber:
    """A connection that keeps what it is given."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.connection_id = f"{user_id}'s"
        self.channels: set[str] = set()
        self.taken: list[bytes] = []
        self.sent: list[bytes] = []
        self.is_cut = False

    def enqueue(self, frame: bytes, _count: int = 1, /) -> None:
        self.taken.append(frame)

    def flush(self) -> None:
        self.sent = list(self.taken)

    def cut(self, reason: str = "disabled", /) -> None:
        self.is_cut = bool(reason)


class FakeConsumer(GatewayConsumer):
    """Consumes nothing by itself."""

    def __init__(self, handlers: Handlers) -> None:
        self.handlers = handlers

    def run(self) -> None:
        pass

    def stop(self) -> None:
        pass


class NoPresence(GatewayPresence):
    """Nobody is watched, and nothing is stored of who is here."""

    def __init__(self, name: str, _registry: Registry) -> None:
        assert name

    def loops(self) -> list[Callable[[], None]]:
        return []

    def gone(self, subscriber: Subscriber) -> None:
        pass


class Listening:
    """A gateway of one shard, connected and with an empty stream."""

    def __init__(self, members: MemberStore, *, tasks: FakeTasks | None = None) -> None:
        self.tasks = tasks or FakeTasks()
        self.batchers: list[Batcher] = []
        self._handlers: Handlers | None = None
        self.gateway = Gateway(
            shards=1,
            members=members,
            make_batcher=self._make_batcher,
            marks=MarkCoalescer(FakeTasks(), "queue"),
            received=ReceivedCoalescer(FakeTasks(), "queue"),
            personal=PersonalDesk(FakeTasks(), "queue", timeout_s=5.0),
            make_presence=NoPresence,
            make_consumer=self._make_consumer,
            make_inquiries=lambda name, registry, passages: Inquiries(
                name, registry, passages, MessagePublisher("amqp://nobody", confirm=False)
            ),
            passages=Passages(0, 0),
            resync_frame=RESYNC,
        )
        self.handlers.connected("replies")

    @property
    def handlers(self) -> Handlers:
        """What the consumer calls."""
        assert self._handlers is not None
        return self._handlers

    def connect(self, user_id: str) -> FakeSubscriber:
        """A new connection of somebody, after its hello."""
        subscriber = FakeSubscriber(user_id)
        self.gateway.connect(subscriber)
        return subscriber

    def hearers(self, channel_id: str) -> set[str]:
        """Who hears a channel, by user id."""
        local = self.gateway.registry.channel(channel_id)
        return {subscriber.user_id for subscriber in local.subscribers} if local else set()

    def _make_batcher(self, shard: int, reply_queue: Callable[[], str | None]) -> Batcher:
        batcher = Batcher(
            shard=shard,
            publisher=self.tasks,
            queue="queue",
            reply_queue=reply_queue,
            timing=Timing(timeout_s=5.0, redrive_s=1.0),
            limits=Limits({}),
        )
        self.batchers.append(batcher)
        return batcher

    def _make_consumer(self, *, name: str, handlers: Handlers) -> GatewayConsumer:
        assert name
        self._handlers = handlers
        return FakeConsumer(handlers)


def events(data: bytes) -> list[dict[str, Any]]:
    """The JSON of the server's frames in these bytes; a resync of the fakes counts as one."""
    found: list[dict[str, Any]] = []
    while data:
        if data.startswith(RESYNC):
            found.append({"type": "resync"})
            data = data[len(RESYNC) :]
            continue
        assert data[0] == 0x81, "a whole text frame"
        size, start = data[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start], "big")
        found.append(msgspec.json.decode(data[start : start + size]))
        data = data[start + size :]
    return found
