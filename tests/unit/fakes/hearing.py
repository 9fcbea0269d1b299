"""Who hears what: people's connections to one gateway that follows the stream, and the rules of hearing."""

from typing import TYPE_CHECKING

from tests.unit.fakes.channels import FakeMembers
from tests.unit.fakes.listeners import FakeSubscriber, Listening, events

if TYPE_CHECKING:
    from tests.unit.fakes.world import World


class Audience:
    """The connections of all people. Checks every event as it comes."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._listening = Listening(FakeMembers(world.store))
        self._read = 0
        self._connections: list[Ear] = []

    def connect(self, user_id: str, *, meanwhile: bool) -> None:
        """Somebody connects; meanwhile the stream may go on, after his memberships were read."""
        if meanwhile:
            self._world.store.faults.arm(self.hear, after=True)
        subscriber = FakeSubscriber(user_id)
        self._listening.gateway.connect(subscriber)
        self._world.store.faults.disarm()
        ear = Ear(subscriber, self._world)
        ear.look()  # the sync after hello
        self._connections.append(ear)

    def disconnect(self, number: int) -> None:
        """One of the connections goes."""
        if self._connections:
            ear = self._connections.pop(number % len(self._connections))
            self._listening.gateway.disconnect(ear.subscriber)

    def hear(self) -> None:
        """The gateway takes what is in its queue."""
        stream = self._world.bench.broker.stream
        while self._read < len(stream):
            self._read += 1
            self._listening.handlers.fanout(stream[self._read - 1])
            for ear in self._connections:
                ear.take()

    def miss(self) -> None:
        """The next message never reaches the gateway, which has heard the one before."""
        if 0 < self._read < len(self._world.bench.broker.stream):
            self._read += 1

    def check_complete(self) -> None:
        """Whoever is in hears the channel, nobody else does, and everybody knows of all that is his."""
        for channel_id in self._world.store.channels:
            told = self._world.replayed(channel_id)
            connected = {ear.subscriber.user_id for ear in self._connections}
            assert self._listening.hearers(channel_id) == told.present() & connected
        for ear in self._connections:
            ear.check_complete()


class Ear:
    """What one connection has heard, and how far its owner knows each channel."""

    def __init__(self, subscriber: FakeSubscriber, world: "World") -> None:
        self.subscriber = subscriber
        self._world = world
        self._taken = len(subscriber.taken)
        self._heard: dict[str, int] = {}
        self._known: dict[str, int] = {}

    def take(self) -> None:
        """Check what has come since."""
        assert self.subscriber.taken == self.subscriber.sent, "nothing is left unsent"
        for data in self.subscriber.taken[self._taken :]:
            for event in events(data):
                self._hear(event)
        self._taken = len(self.subscriber.taken)

    def look(self) -> None:
        """Read the store, as a client does after hello and after a resync."""
        for channel_id in self._world.store.channels:
            self._known[channel_id] = self._last_visible(channel_id)

    def check_complete(self) -> None:
        """He has heard the last thing he may see in each channel, or has been told to look since."""
        for channel_id in self._world.store.channels:
            known = max(self._heard.get(channel_id, 0), self._known.get(channel_id, 0))
            assert known >= self._last_visible(channel_id), f"{self.subscriber.user_id} knows {known}"

    def _hear(self, event: dict[str, str | int]) -> None:
        if event["type"] == "resync":
            # The gateway has begun anew: what it repeats from now on is old news to the client.
            self._heard.clear()
            self.look()
            return
        channel_id, seq = str(event["channel_id"]), int(event["seq"])
        told = self._world.replayed(channel_id)
        assert told.sees(self.subscriber.user_id, seq), f"{self.subscriber.user_id} may not see {seq}"
        assert seq > self._heard.get(channel_id, 0), f"{seq} came twice or late"
        self._heard[channel_id] = seq

    def _last_visible(self, channel_id: str) -> int:
        log = self._world.store.log_of(channel_id)
        return self._world.replayed(channel_id).last_visible(self.subscriber.user_id, len(log))
