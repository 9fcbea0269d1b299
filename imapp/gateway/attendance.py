"""Who is connected here, as the store shall know it: this gateway's lease, and a row a connection.

Nobody waits for the store: what came and went is collected and written in bulk. A lease that was lost (the
process was frozen, or the store away for too long) is followed by a new one under another name, with all
connections that are still here; what the old one left is swept by whoever notices first.
"""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count, islice
from typing import Final, NamedTuple

import gevent

from imapp.errors import StoreUnavailable
from imapp.gateway.registry import Subscriber
from imapp.logs import get_log
from imapp.stores.connections import ConnectionRow, ConnectionStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.last_seen import LastSeenStore

_COALESCE_S: Final = 0.25
_CHUNK: Final = 1_000
_PAUSE_S: Final = 1.0
# A write that was given up may still happen, but no later than this.
_DOUBT_S: Final = 60.0

log = get_log("attendance")


@dataclass(frozen=True, slots=True)
class PresenceStores:
    """Where attendance is kept."""

    gateways: GatewayStore
    connections: ConnectionStore
    last_seen: LastSeenStore


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceTimes:
    """How often a lease is renewed, how long it is valid, how long who has gone is still shown online."""

    renew_s: float
    lease_s: float
    grace_s: float


class _Here(NamedTuple):
    """A connection of this gateway."""

    number: int
    user_id: str
    device: str
    since_ms: int


class Attendance:
    """Keeps lease and rows. `renew_for_ever` and `write_for_ever` each belong to one greenlet."""

    def __init__(
        self,
        name: str,
        stores: PresenceStores,
        times: PresenceTimes,
        changed: Callable[[Iterable[str]], None],
    ) -> None:
        self._name = name
        self._stores = stores
        self._times = times
        self._changed = changed
        self._numbers = count(1)
        self._terms = count(2)
        self._lease = name
        self._held = False
        self._closed = False
        self._here: dict[Subscriber, _Here] = {}
        # Not in the store yet: connections that came and went, by number, and endings by person.
        self._came: dict[int, _Here] = {}
        self._gone: dict[int, None] = {}
        self._ended: dict[str, float] = {}
        self._tidy_at = math.inf

    def came(self, subscriber: Subscriber, device: str) -> str:
        """A connection has said hello; gives its id. Never waits."""
        now_ms = time.time_ns() // 1_000_000
        here = _Here(next(self._numbers), subscriber.user_id, device, now_ms)
        self._here[subscriber] = self._came[here.number] = here
        return self._id(self._name, here.number)

    def gone(self, subscriber: Subscriber) -> None:
        """A connection has ended; one that never said hello does no harm. Never waits."""
        here = self._here.pop(subscriber, None)
        if here is None:
            return
        self._ended[here.user_id] = time.monotonic()
        self._came.pop(here.number, None)
        self._gone[here.number] = None  # also if it was not stored: an earlier try may have been

    def renew_for_ever(self) -> None:
        """Hold a lease."""
        while not self._closed:
            try:
                self.hold()
            except StoreUnavailable as error:
                log.warning("lease_not_renewed", error=str(error)[:200])
            gevent.sleep(self._times.renew_s)

    def write_for_ever(self) -> None:
        """Store what came and went, some tenths of a second later."""
        while not self._closed:
            gevent.sleep(_COALESCE_S)
            try:
                self.write()
                if time.monotonic() > self._tidy_at:
                    self._tidy()
            except StoreUnavailable as error:
                log.warning("attendance_not_written", error=str(error)[:200])
                self._tidy_at = time.monotonic() + _DOUBT_S
                gevent.sleep(_PAUSE_S)

    def hold(self) -> None:
        """Open the lease or renew it; after a lost one, begin anew with who is here.

        Raises:
            StoreUnavailable: unknown whether the lease is held.
        """
        if self._held and self._stores.gateways.renew(self._lease, self._times.lease_s):
            return
        if self._held:
            self._start_over()
        self._stores.gateways.open(self._lease, self._times.lease_s)
        self._held = True

    def write(self) -> None:
        """Store what came and went.

        Raises:
            StoreUnavailable: what was not written is kept for the next time.
        """
        # A row that names no lease would be swept.
        while self._held and (self._came or self._gone or self._ended):
            self._write_some()

    def leave(self) -> None:
        """Give back the lease with all connections, for this process ends.

        Raises:
            StoreUnavailable: the lease will run out.
        """
        self._closed = True
        for subscriber in list(self._here):
            self.gone(subscriber)
        self.write()
        self._stores.connections.delete_of(self._lease)
        self._stores.gateways.delete(self._lease)

    def _start_over(self) -> None:
        log.warning("lease_lost", gateway=self._lease, connections=len(self._here))
        self._held = False
        self._lease = f"{self._name}~{next(self._terms)}"
        self._came = {here.number: here for here in self._here.values()}
        self._gone.clear()  # these rows go with the old lease

    def _write_some(self) -> None:
        lease = self._lease
        came = [self._came.pop(number) for number in list(islice(self._came, _CHUNK))]
        gone = list(islice(self._gone, _CHUNK))
        ended = {user_id: self._ended.pop(user_id) for user_id in list(islice(self._ended, _CHUNK))}
        try:
            # First the endings: he shall be shown online from the one to the other.
            now = time.monotonic()
            self._stores.last_seen.ended(
                [(user_id, now - at) for user_id, at in ended.items()], self._times.grace_s
            )
            self._stores.connections.change(
                [self._row(lease, here) for here in came], [self._id(lease, number) for number in gone]
            )
        except BaseException:
            self._take_back(lease, came, ended)
            raise
        if lease == self._lease:
            for number in gone:
                self._gone.pop(number, None)
        self._changed({*ended, *(here.user_id for here in came)})

    def _take_back(self, lease: str, came: list[_Here], ended: dict[str, float]) -> None:
        """A write failed, or its outcome is unknown: the next one does it again."""
        self._ended = ended | self._ended
        if lease == self._lease:
            numbers = {here.number for here in self._here.values()}
            self._came = {here.number: here for here in came if here.number in numbers} | self._came

    def _tidy(self) -> None:
        """Delete rows of ours that should not be there: a write may have happened after it was taken back."""
        stored = self._stores.connections.ids_on(self._lease)
        known = {self._id(self._lease, here.number) for here in self._here.values()}
        self._stores.connections.change([], [connection for connection in stored if connection not in known])
        self._tidy_at = math.inf

    def _row(self, lease: str, here: _Here) -> ConnectionRow:
        return ConnectionRow(self._id(lease, here.number), lease, here.user_id, here.device, here.since_ms)

    def _id(self, lease: str, number: int) -> str:
        return f"{lease}.{number:x}"
