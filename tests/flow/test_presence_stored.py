"""Presence as it is stored: leases by the database's clock, endings, what a dead gateway leaves behind."""

import os
import secrets
import time
from collections.abc import Iterator

import pytest

from devstack.services import Stack
from imapp.services.presence import PresenceService
from imapp.stores.connections import ConnectionRow, ConnectionStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.last_seen import LastSeenStore
from imapp.stores.mongo import Database, connect
from imapp.stores.schema import create_schema
from imapp.stores.users import UserStore
from tests.support.people import make_users

DEAD = 0.0
"""A lease that has run out when it begins."""
LONG = 3_600.0


@pytest.fixture
def database(stack: Stack) -> Iterator[Database]:
    shared = connect(stack.mongo_url, pool_size=2)
    database = shared.client.get_database(
        f"test-presence-{os.getpid()}-{secrets.token_hex(3)}", codec_options=shared.codec_options
    )
    create_schema(database)
    make_users(database, "an", "bo", "chen")
    yield database
    database.client.drop_database(database.name)
    database.client.close()


@pytest.fixture
def presence(database: Database) -> PresenceService:
    return PresenceService(
        gateways=GatewayStore(database),
        connections=ConnectionStore(database),
        last_seen=LastSeenStore(database),
        users=UserStore(database),
    )


def connected(database: Database, user: str, gateway: str, number: int = 1) -> str:
    """A connection of this person's; gives its id."""
    connection_id = f"{gateway}.{user}.{number}"
    row = ConnectionRow(connection_id, gateway, user, "phone", time.time_ns() // 1_000_000)
    ConnectionStore(database).change([row], [])
    return connection_id


def test_who_has_a_connection_is_online(database: Database, presence: PresenceService) -> None:
    GatewayStore(database).open("g1", LONG)
    connected(database, "an", "g1")

    assert presence.online(["an", "bo", "nobody"]) == {"an"}
    assert presence.presence(["an"])["an"].online


def test_a_deleted_connection_takes_him_offline(database: Database, presence: PresenceService) -> None:
    GatewayStore(database).open("g1", LONG)
    connection = connected(database, "an", "g1")

    ConnectionStore(database).change([], [connection])

    assert presence.online(["an"]) == set()


def test_a_lease_that_ran_out_takes_its_people_offline_before_anybody_sweeps(
    database: Database, presence: PresenceService
) -> None:
    gateways = GatewayStore(database)
    gateways.open("g1", DEAD)
    connected(database, "an", "g1")

    assert presence.online(["an"]) == set()
    assert presence.presence(["an"])["an"].last_seen_ms == gateways.leases()["g1"].renewed_ms

    gateways.renew("g1", LONG)

    assert presence.online(["an"]) == {"an"}


def test_who_has_gone_is_shown_online_for_the_grace_period_but_can_not_be_reached(
    database: Database, presence: PresenceService
) -> None:
    LastSeenStore(database).ended([("an", 1.0), ("bo", 11.0)], grace_s=10.0)

    shown = presence.presence(["an", "bo"])

    assert (shown["an"].online, shown["bo"].online) == (True, False)
    assert 0 < shown["an"].fades_in_ms <= 9_000
    assert shown["bo"].last_seen_ms is not None
    assert presence.online(["an", "bo"]) == set()


def test_of_endings_in_any_order_the_latest_counts(database: Database, presence: PresenceService) -> None:
    seen = LastSeenStore(database)
    seen.ended([("an", 20.0)], grace_s=10.0)
    latest = presence.presence(["an"])["an"].last_seen_ms

    seen.ended([("an", 500.0)], grace_s=10.0)
    seen.lost(["an"], at_ms=1_000)

    assert presence.presence(["an"])["an"].last_seen_ms == latest


def test_who_does_not_exist_and_who_is_disabled_look_alike(
    database: Database, presence: PresenceService
) -> None:
    GatewayStore(database).open("g1", LONG)
    connected(database, "bo", "g1")
    LastSeenStore(database).ended([("bo", 60.0)], grace_s=10.0)
    database["users"].update_one({"_id": "bo"}, {"$set": {"status": "disabled"}})

    shown = presence.presence(["bo", "nobody"])

    assert shown["bo"] == shown["nobody"]
    assert not shown["bo"].online


def test_a_dead_gateway_is_swept_and_its_people_were_seen_last_when_it_lived_last(
    database: Database, presence: PresenceService
) -> None:
    gateways = GatewayStore(database)
    gateways.open("dead", DEAD)
    gateways.open("alive", LONG)
    for user, gateway in (("an", "dead"), ("bo", "dead"), ("bo", "alive")):
        connected(database, user, gateway)
    renewed = gateways.leases()["dead"].renewed_ms

    assert presence.sweep() == {"an", "bo"}

    assert [row["_id"] for row in database["gateways"].find()] == ["alive"]
    assert [row["user"] for row in database["connections"].find()] == ["bo"]
    shown = presence.presence(["an", "bo"])
    assert shown["an"].last_seen_ms == renewed
    assert shown["bo"].online


def test_what_is_being_swept_is_claimed_by_one_and_can_not_come_back_to_life(database: Database) -> None:
    gateways = GatewayStore(database)
    gateways.open("g1", DEAD)

    first, second = gateways.claim_dead(), gateways.claim_dead()

    assert first is not None
    assert second is None
    assert not gateways.renew("g1", LONG)


def test_a_sweep_that_stopped_half_way_is_done_again(database: Database, presence: PresenceService) -> None:
    GatewayStore(database).open("g1", DEAD)
    connected(database, "an", "g1")
    GatewayStore(database).claim_dead()
    assert presence.sweep() == set()
    database["gateways"].update_one({"_id": "g1"}, [{"$set": {"swept_until": "$$NOW"}}])

    assert presence.sweep() == {"an"}
    assert database["connections"].count_documents({}) == 0


def test_a_row_that_comes_after_the_sweep_counts_for_nothing_and_goes_with_the_next(
    database: Database, presence: PresenceService
) -> None:
    connected(database, "an", "swept")

    assert presence.online(["an"]) == set()
    presence.sweep()

    assert database["connections"].count_documents({}) == 0
