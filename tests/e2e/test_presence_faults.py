"""Presence when gateways die, hang and stop, and when many people come and go at once."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.conftest import ClusterFactory
from tests.support.client import Client
from tests.support.scene import Scene
from tests.support.waiting import eventually
from tests.support.watcher import told_of, wait_now, wait_until, watch

GRACE_S: Final = 5.0
PATIENCE_S: Final = 30.0  # lease, sweep and re-reading together take about 10 s
QUICK: Final = {
    "IM_LEASE_RENEW_S": "0.5",
    "IM_LEASE_S": "3",
    "IM_PRESENCE_GRACE_S": str(GRACE_S),
    "IM_HEARTBEAT_S": "1",
}


@pytest.fixture
def scene(own_cluster: ClusterFactory) -> Iterator[Scene]:
    """Two gateways with short times, to be hurt."""
    with Scene(own_cluster(writers=1, shards=1, environment=QUICK)) as scene:
        yield scene


def rows(scene: Scene, **wanted: str) -> list[dict[str, Any]]:
    return list(scene.cluster.database["connections"].find(wanted))


def an_watches_bo(scene: Scene) -> tuple[Client, Client]:
    """An on the second gateway watches Bo, who is on the first."""
    an, bo = scene.people("an", "bo")
    watcher, watched = scene.connect(an, gateway=1), scene.connect(bo)
    wait_now(watcher, bo, online=True)
    return watcher, watched


def test_a_killed_gateway_takes_its_people_offline_and_they_were_seen_when_it_lived_last(
    scene: Scene,
) -> None:
    an, bo = an_watches_bo(scene)
    (row,) = rows(scene, user=bo.user)
    lease = scene.cluster.database["gateways"].find_one({"_id": row["gateway"]})
    assert lease is not None

    scene.cluster.kill("gateway-0")

    seen = wait_until(an, bo.user, online=False, timeout=PATIENCE_S)
    assert seen.last_seen is not None
    assert seen.last_seen >= f"{lease['renewed_at']:%Y-%m-%dT%H:%M:%S}"
    eventually(lambda: not rows(scene, gateway=row["gateway"]), timeout=PATIENCE_S, what="it is swept")
    assert watch(an, bo.user) == [seen]

    scene.connect(bo.user, gateway=1)
    assert wait_until(an, bo.user, online=True).last_seen is None


def test_a_gateway_that_hung_for_longer_than_its_lease_has_its_people_back_when_it_goes_on(
    scene: Scene,
) -> None:
    an, bo = an_watches_bo(scene)

    scene.cluster.freeze("gateway-0")
    wait_until(an, bo.user, online=False, timeout=PATIENCE_S)
    eventually(lambda: not rows(scene, user=bo.user), timeout=PATIENCE_S, what="it is swept")
    scene.cluster.thaw("gateway-0")

    wait_until(an, bo.user, online=True, timeout=PATIENCE_S)
    assert len(rows(scene, user=bo.user)) == 1
    bo.close()
    wait_until(an, bo.user, online=False, timeout=PATIENCE_S)
    assert rows(scene, user=bo.user) == []


def test_a_reload_is_not_seen_by_others_and_an_end_is_seen_after_the_grace_period(scene: Scene) -> None:
    an, bo = an_watches_bo(scene)
    ding, fei = scene.people("ding", "fei")
    leaver = scene.connect(ding)
    wait_now(an, ding, online=True)
    watch(an, bo.user, ding, fei)

    bo.close()
    eventually(lambda: not rows(scene, user=bo.user), what="Bo's end is stored")
    scene.connect(fei)
    wait_until(an, fei, online=True)  # so An was told of everything until here
    scene.connect(bo.user, gateway=1)
    leaver.close()

    seen = wait_until(an, ding, online=False, timeout=PATIENCE_S)  # by then Bo's time would be over too
    assert seen.last_seen is not None
    assert False not in told_of(an, bo.user)
    (row,) = watch(an, bo.user)
    assert row.online


def test_a_gateway_that_stops_in_good_order_leaves_no_row_and_its_people_have_their_grace(
    scene: Scene,
) -> None:
    an, bo = an_watches_bo(scene)
    (row,) = rows(scene, user=bo.user)

    scene.cluster.processes["gateway-0"].stop()

    assert rows(scene, gateway=row["gateway"]) == []
    assert scene.cluster.database["gateways"].find_one({"_id": row["gateway"]}) is None
    assert wait_until(an, bo.user, online=False, timeout=PATIENCE_S).last_seen is not None


def test_two_hundred_who_come_stay_and_go_are_written_when_they_come_and_when_they_go(scene: Scene) -> None:
    database = scene.cluster.database
    people = scene.people(*(f"user{number}" for number in range(200)))
    written = {"ns": {"$in": [f"{database.name}.connections", f"{database.name}.last_seen"]}}
    database.create_collection("system.profile", capped=True, size=16_000_000)
    database.command("profile", 2, filter={**written, "op": {"$in": ["insert", "update", "remove"]}})

    clients = [scene.connect(user, gateway=number % 2) for number, user in enumerate(people)]
    eventually(lambda: len(rows(scene)) == 200, timeout=PATIENCE_S, what="all are stored")
    beginning = {row["_id"]: row["renewed_at"] for row in database["gateways"].find()}
    eventually(lambda: renewed_for(scene, beginning, 4.0), timeout=PATIENCE_S, what="some heartbeats later")
    for client in clients:
        client.close()
    eventually(lambda: not rows(scene), timeout=PATIENCE_S, what="all are deleted")
    database.command("profile", 0)

    operations = list(
        database["system.profile"].find({**written, "op": {"$in": ["insert", "update", "remove"]}})
    )
    # One that comes, one that goes, one for when he was seen last; and a few that were tried again.
    assert 600 <= len(operations) <= 660


def renewed_for(scene: Scene, beginning: dict[str, Any], seconds: float) -> bool:
    """Whether every gateway has renewed its lease for so long since."""
    now = {row["_id"]: row["renewed_at"] for row in scene.cluster.database["gateways"].find()}
    return all((now[name] - at).total_seconds() > seconds for name, at in beginning.items())


def test_a_hello_neither_waits_nor_fails_when_who_is_here_can_not_be_stored(scene: Scene) -> None:
    database = scene.cluster.database
    an, bo = scene.people("an", "bo")
    database.drop_collection("connections")
    database.create_collection("connections", viewOn="users")  # nothing can be written to a view

    client, other = scene.connect(an), scene.connect(bo, gateway=1)
    written = client.send_text(None, "hello", to=bo)
    assert other.wait_for_text("hello").seq == written.seq
    database.drop_collection("connections")

    eventually(lambda: len(rows(scene)) == 2, timeout=PATIENCE_S, what="both are stored at last")
    wait_now(client, bo, online=True)


def test_a_change_whose_notice_was_lost_is_told_all_the_same(own_cluster: ClusterFactory) -> None:
    cluster = own_cluster(
        writers=1, shards=1, environment=QUICK, failpoints={"gateway-0": "gateway.signals=skip"}
    )
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        watcher = scene.connect(an, gateway=1)
        watch(watcher, bo)

        device = scene.connect(bo)
        wait_until(watcher, bo, online=True, timeout=PATIENCE_S)

        device.close()
        wait_until(watcher, bo, online=False, timeout=PATIENCE_S)
