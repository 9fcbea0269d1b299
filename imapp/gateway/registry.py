"""The index of this gateway: which connections hear which channel. Nothing here waits.

What a reader of the store knows (memberships) and what the stream brings (joins, leaves, entries) meet here
at different times. Two numbers keep them apart: `last_seq`, how far the stream has come in a channel, and a
gate per late connection, the seq from which on it may hear the channel.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol


class Subscriber(Protocol):
    """A connection, as the gateway sees it."""

    user_id: str
    connection_id: str
    channels: set[str]

    def enqueue(self, frame: bytes, count: int = 1, /) -> None:
        """Take a finished frame, or `count` of them in one piece, for sending; never waits."""

    def flush(self) -> None:
        """Send what was taken, as far as that goes without waiting."""

    def cut(self, reason: str = "disabled", /) -> None:
        """End, and say that he shall not come back by himself; nothing more is taken from him."""


class LocalChannel:
    """A channel somebody here is in: who hears it, and how far the stream has come (0: not known)."""

    __slots__ = ("_roster", "gates", "last_seq", "subscribers")

    def __init__(self, last_seq: int) -> None:
        self.last_seq = last_seq
        self.subscribers: set[Subscriber] = set()
        self.gates: dict[Subscriber, int] = {}
        self._roster: tuple[str, ...] | None = None

    def roster(self, seq: int) -> tuple[str, ...]:
        """The ids of who hears the entry at `seq`: the same object until somebody comes or goes."""
        if self.gates:
            return tuple(each.connection_id for each in self.subscribers if self.gates.get(each, 0) <= seq)
        if self._roster is None:
            self._roster = tuple(each.connection_id for each in self.subscribers)
        return self._roster

    def changed(self) -> None:
        """Somebody came or went, or is called otherwise."""
        self._roster = None

    def hearers(self, seq: int) -> Iterable[Subscriber]:
        """Who may hear the entry at `seq`, which is the stream's next one."""
        if not self.gates:
            return self.subscribers
        for subscriber, from_seq in tuple(self.gates.items()):
            if seq >= from_seq:
                del self.gates[subscriber]
        return [subscriber for subscriber in self.subscribers if subscriber not in self.gates]


class Registry:
    """Connections by person, and by channel."""

    def __init__(self) -> None:
        self._users: dict[str, set[Subscriber]] = {}
        self._channels: dict[str, LocalChannel] = {}
        # Channels whose leaving the stream brought while a connection's memberships were being read.
        self._left: dict[Subscriber, set[str]] = {}

    def add(self, subscriber: Subscriber) -> None:
        """From now on, memberships of this person that arrive with the stream are applied to it."""
        self._users.setdefault(subscriber.user_id, set()).add(subscriber)
        self._left[subscriber] = set()

    def remove(self, subscriber: Subscriber) -> None:
        """Forget a connection; once is enough, twice does no harm."""
        connections = self._users.get(subscriber.user_id)
        if connections is None or subscriber not in connections:
            return
        connections.discard(subscriber)
        self._left.pop(subscriber, None)
        if not connections:
            del self._users[subscriber.user_id]
        for channel_id in tuple(subscriber.channels):
            self._leave(subscriber, channel_id)

    def enter(self, subscriber: Subscriber, channel_id: str, from_seq: int) -> None:
        """A membership was read from the store: let a connection hear the channel from that seq on."""
        if subscriber not in self._users.get(subscriber.user_id, ()):
            return  # it has gone while the store was read
        if channel_id in self._left.get(subscriber, ()):
            return  # what was read is older than what the stream has told; if he is back, it tells that too
        local = self._index(subscriber, channel_id, heard=0)
        if local.last_seq < from_seq:
            local.gates[subscriber] = from_seq

    def settle(self, subscriber: Subscriber) -> None:
        """All memberships of a connection are entered; from now on the stream alone decides."""
        self._left.pop(subscriber, None)

    def named(self, subscriber: Subscriber) -> None:
        """A connection has got its id."""
        for channel_id in subscriber.channels:
            self._channels[channel_id].changed()

    def join(self, channel_id: str, user_id: str, seq: int) -> None:
        """The stream says that somebody comes with the entry at `seq`: his connections hear it."""
        for subscriber in self._users.get(user_id, ()):
            self._index(subscriber, channel_id, heard=max(0, seq - 1))

    def leave(self, channel_id: str, user_id: str) -> None:
        """The stream says that somebody has gone: none of his connections hears the channel."""
        for subscriber in self._users.get(user_id, ()):
            self._leave(subscriber, channel_id)
            if subscriber in self._left:
                self._left[subscriber].add(channel_id)

    def channel(self, channel_id: str) -> LocalChannel | None:
        """A channel that somebody here hears."""
        return self._channels.get(channel_id)

    def last_seq(self, channel_id: str) -> int:
        """How far the stream has come in a channel that somebody here hears; 0: not known."""
        local = self._channels.get(channel_id)
        return local.last_seq if local is not None else 0

    def channel_ids(self) -> list[str]:
        """All channels that somebody here hears."""
        return list(self._channels)

    def connections(self, user_id: str) -> tuple[Subscriber, ...]:
        """Somebody's connections to this gateway."""
        return tuple(self._users.get(user_id, ()))

    def everybody(self) -> Iterator[Subscriber]:
        """All connections that have said hello."""
        for connections in tuple(self._users.values()):
            yield from tuple(connections)

    def users(self) -> list[str]:
        """Everybody who is connected here."""
        return list(self._users)

    def forget_hearers(self, channel_id: str, users: Collection[str]) -> None:
        """These people hear a channel only once they are entered anew; how far the stream came stays."""
        local = self._channels.get(channel_id)
        if local is None:
            return
        for subscriber in [known for known in local.subscribers if known.user_id in users]:
            subscriber.channels.discard(channel_id)
            local.subscribers.discard(subscriber)
            local.gates.pop(subscriber, None)
        local.changed()

    def forget_if_empty(self, channel_id: str) -> None:
        """Drop a channel that nobody hears."""
        local = self._channels.get(channel_id)
        if local is not None and not local.subscribers:
            del self._channels[channel_id]

    def _index(self, subscriber: Subscriber, channel_id: str, *, heard: int) -> LocalChannel:
        local = self._channels.get(channel_id)
        if local is None:
            local = self._channels[channel_id] = LocalChannel(heard)
        local.subscribers.add(subscriber)
        local.changed()
        subscriber.channels.add(channel_id)
        return local

    def _leave(self, subscriber: Subscriber, channel_id: str) -> None:
        subscriber.channels.discard(channel_id)
        local = self._channels.get(channel_id)
        if local is not None:
            local.subscribers.discard(subscriber)
            local.gates.pop(subscriber, None)
            local.changed()
            if not local.subscribers:
                del self._channels[channel_id]
