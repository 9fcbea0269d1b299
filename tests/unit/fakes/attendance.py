"""Stores of presence in memory, which write down what was asked of them, and can fail."""

from collections.abc import Iterable

from imapp.domain.presence import Lease
from imapp.errors import StoreUnavailable
from imapp.gateway.attendance import Attendance, PresenceStores, PresenceTimes
from imapp.stores.connections import ConnectionRow, ConnectionStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.last_seen import LastSeenStore
from tests.unit.fakes.listeners import FakeSubscriber


class FakeGateways(GatewayStore):
    """Leases that live until the test says otherwise."""

    def __init__(self) -> None:
        self.held: dict[str, Lease] = {}

    def open(self, gateway: str, lease_s: float) -> None:
        self.held[gateway] = Lease(gateway, alive=lease_s > 0, renewed_ms=0)

    def renew(self, gateway: str, lease_s: float) -> bool:
        return gateway in self.held and lease_s > 0

    def delete(self, gateway: str) -> None:
        self.held.pop(gateway, None)


class FakeConnections(ConnectionStore):
    """Rows by connection id. `broken` makes writes fail, after they have happened."""

    def __init__(self) -> None:
        self.rows: dict[str, ConnectionRow] = {}
        self.writes = 0
        self.broken = False

    def change(self, came: Iterable[ConnectionRow], gone: Iterable[str]) -> None:
        self.writes += 1
        self.rows |= {row.connection_id: row for row in came}
        for connection_id in gone:
            self.rows.pop(connection_id, None)
        if self.broken:
            raise StoreUnavailable("the outcome is unknown")

    def delete_of(self, gateway: str) -> None:
        self.rows = {key: row for key, row in self.rows.items() if row.gateway != gateway}

    def people(self) -> list[str]:
        """Everybody who has a row, once for each."""
        return sorted(row.user_id for row in self.rows.values())


class FakeLastSeen(LastSeenStore):
    """Ages of endings as they were told."""

    def __init__(self) -> None:
        self.writes = 0
        self.told: list[str] = []

    def ended(self, ages_s: Iterable[tuple[str, float]], grace_s: float) -> None:
        assert grace_s > 0
        self.writes += 1
        self.told += [user_id for user_id, age_s in ages_s if age_s >= 0]


class Office:
    """One gateway's attendance over these stores, with a held lease."""

    def __init__(self) -> None:
        self.gateways, self.connections, self.last_seen = FakeGateways(), FakeConnections(), FakeLastSeen()
        self.changed: list[str] = []
        self.attendance = Attendance(
            "g1",
            PresenceStores(self.gateways, self.connections, self.last_seen),
            PresenceTimes(renew_s=2.0, lease_s=6.0, grace_s=10.0),
            lambda user_ids: self.changed.extend(sorted(user_ids)),
        )

    def came(self, user_id: str) -> FakeSubscriber:
        """A connection of this person's, after its hello."""
        subscriber = FakeSubscriber(user_id)
        self.attendance.came(subscriber, "phone")
        return subscriber
