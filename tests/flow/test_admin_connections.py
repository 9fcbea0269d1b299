"""Administrators see somebody's connections on all gateways, and close them."""

import time
from typing import Any

from schemas.frames import CloseCode
from tests.support.operator import Operator
from tests.support.scene import Scene
from tests.support.waiting import eventually


def test_somebodys_connections_are_listed_over_all_gateways(scene: Scene, operator: Operator) -> None:
    (bo,) = scene.people("bo")
    devices = [scene.connect(bo, gateway=number) for number in (0, 1)]

    def listed() -> list[Any]:
        rows: list[Any] = operator.get(f"/users/{bo}/connections")["connections"]
        return rows

    eventually(lambda: len(listed()) == 2)

    assert {row["connection_id"] for row in listed()} == {device.hello.connection for device in devices}
    assert len({row["gateway"] for row in listed()}) == 2
    pages = [operator.get(f"/users/{bo}/connections", limit=1)]
    pages.append(operator.get(f"/users/{bo}/connections", limit=1, cursor=pages[0]["cursor"]))
    assert [row for page in pages for row in page["connections"]] == listed()
    devices[0].close()
    eventually(lambda: len(listed()) == 1)


def test_who_does_not_exist_has_no_connections(operator: Operator) -> None:
    assert operator.call("GET", "/users/nobody-at-all/connections").status_code == 404


def test_who_is_kicked_is_cut_on_all_gateways_and_nobody_else_is(scene: Scene, operator: Operator) -> None:
    bo, chen = scene.people("bo", "chen")
    devices = [scene.connect(bo, gateway=number) for number in (0, 1)]
    other = scene.connect(chen)
    begun = time.monotonic()

    told = operator.post(f"/users/{bo}/kick", reason="a lost telephone")

    assert [device.wait_closed(timeout=1.0) for device in devices] == [CloseCode.KICKED] * 2
    assert time.monotonic() - begun <= 2.0
    assert told == {"closed": sorted(device.hello.connection for device in devices), "silent": []}
    assert other.request("ping")
    assert scene.connect(bo).request("ping"), "he may come back"


def test_one_connection_can_be_closed_alone(scene: Scene, operator: Operator) -> None:
    (bo,) = scene.people("bo")
    lost, kept = scene.connect(bo), scene.connect(bo, gateway=1)

    told = operator.post(f"/users/{bo}/kick", connection_id=lost.hello.connection)

    assert told["closed"] == [lost.hello.connection]
    assert lost.wait_closed() == CloseCode.KICKED
    assert kept.request("ping")


def test_a_connection_of_somebody_else_is_not_closed(scene: Scene, operator: Operator) -> None:
    bo, chen = scene.people("bo", "chen")
    other = scene.connect(chen)

    told = operator.post(f"/users/{bo}/kick", connection_id=other.hello.connection)

    assert told == {"closed": [], "silent": []}
    assert other.request("ping")
    assert operator.call("POST", "/users/nobody-at-all/kick", json={}).status_code == 404
