"""What a gateway's attendance costs the store: commands, counted at the driver."""

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient, monitoring

from devstack.services import Stack
from imapp.gateway.attendance import Attendance, PresenceStores, PresenceTimes
from imapp.stores.connections import ConnectionStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.last_seen import LastSeenStore
from imapp.stores.mongo import Database
from imapp.stores.schema import create_schema
from tests.unit.fakes.listeners import FakeSubscriber


class CommandCounter(monitoring.CommandListener):
    """Counts commands by collection."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.sent[str(event.command.get(event.command_name))] += 1

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


@pytest.fixture
def counter() -> CommandCounter:
    return CommandCounter()


@pytest.fixture
def database(stack: Stack, counter: CommandCounter) -> Iterator[Database]:
    client: MongoClient[dict[str, Any]] = MongoClient(
        stack.mongo_url, tz_aware=True, event_listeners=[counter]
    )
    database = client.get_database(f"test-writes-{os.getpid()}-{secrets.token_hex(3)}")
    create_schema(database)
    counter.sent.clear()
    yield database
    client.drop_database(database.name)
    client.close()


def test_a_storm_of_five_hundred_is_a_handful_of_commands(
    database: Database, counter: CommandCounter
) -> None:
    stores = PresenceStores(GatewayStore(database), ConnectionStore(database), LastSeenStore(database))
    times = PresenceTimes(renew_s=2.0, lease_s=6.0, grace_s=10.0)
    attendance = Attendance("g1", stores, times, lambda _: None)
    devices = [FakeSubscriber(f"user{number}") for number in range(500)]
    attendance.hold()

    for device in devices:
        attendance.came(device, "phone")
    attendance.write()
    assert database["connections"].count_documents({"gateway": "g1"}) == 500
    for device in devices:
        attendance.gone(device)
    attendance.write()
    assert database["connections"].count_documents({}) == 0
    assert database["last_seen"].count_documents({}) == 500

    # Each of them is followed by the count of this test.
    assert counter.sent["connections"] <= 2 + 2
    assert counter.sent["last_seen"] <= 1 + 1
    assert counter.sent["gateways"] == 1
