"""A gateway that dies while it stores a file: nobody ever sees the half of it, and a repeat succeeds."""

import os
from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests

from devstack.services import Stack
from imapp.domain.ids import file_id_of
from tests.support.cluster import Cluster
from tests.support.rest import RestClient
from tests.support.samples import PDF
from tests.support.scene import Scene
from tests.support.uploads import bytes_kept, orphans, refusal, upload
from tests.support.waiting import eventually

LONG_S: Final = 40.0
# Three batches of chunks, so that a gateway can die between two.
LONG: Final = PDF + bytes(range(256)) * 10_000


@pytest.fixture(scope="module")
def hurt(stack: Stack) -> Iterator[Cluster]:
    """A small system whose first gateway is told when to die; it collects all the time."""
    with Cluster(
        *(stack.mongo_url, stack.amqp_url, f"uploads{os.getpid()}"),
        gateways=2,
        writers=1,
        shards=1,
        environment={"IM_COLLECT_EVERY_S": "0.2"},
    ) as cluster:
        yield cluster


@pytest.fixture
def scene(hurt: Cluster) -> Iterator[Scene]:
    """People on it."""
    with Scene(hurt) as scene:
        yield scene


def record_of(cluster: Cluster, file_id: str) -> dict[str, Any] | None:
    return cluster.database["files"].find_one({"_id": file_id})


def interrupted(scene: Scene, moment: str) -> tuple[RestClient, str]:
    """An, on the gateway that is still there, and the id of a file that she sent to the one that dies."""
    (an,) = scene.people("an")
    scene.cluster.restart("gateway-0", failpoints=f"{moment}:kill" if "=" in moment else f"{moment}=kill")
    with pytest.raises(requests.ConnectionError):
        upload(scene.rest(an, gateway=0), LONG, client_id="once")
    return scene.rest(an, gateway=1), file_id_of(an, "once")


@pytest.mark.parametrize("moment", ["files.begun", "blobs.chunks=2", "files.written"])
def test_a_file_whose_gateway_dies_is_nobodys_and_can_be_sent_up_again(scene: Scene, moment: str) -> None:
    an, file_id = interrupted(scene, moment)
    bo = scene.rest(*scene.people("bo"), gateway=1)
    database = scene.cluster.database
    record = record_of(scene.cluster, file_id)
    assert record is not None
    assert bool(bytes_kept(database, record["blob"])) == (moment != "files.begun")

    for path in ("", "/meta", "/url"):
        assert [refusal(who.call("GET", f"/files/{file_id}{path}")) for who in (an, bo)] == ["not_found"] * 2
    assert refusal(upload(an, LONG, client_id="once")) == "busy"

    # Some minutes later.
    database["files"].update_one({"_id": file_id}, [{"$set": {"due": {"$subtract": ["$$NOW", 1_000]}}}])
    eventually(lambda: record_of(scene.cluster, file_id) is None, timeout=LONG_S, what="it is collected")
    assert bytes_kept(database, record["blob"]) == set()

    assert upload(an, LONG, client_id="once").json()["file_id"] == file_id
    assert an.call("GET", f"/files/{file_id}").content == LONG
    assert orphans(database) == set()


def test_a_file_that_was_stored_and_not_answered_is_there_when_it_is_sent_up_again(scene: Scene) -> None:
    an, file_id = interrupted(scene, "files.finished")

    again = upload(an, LONG, client_id="once")

    assert (again.status_code, again.json()["file_id"]) == (201, file_id)
    assert an.call("GET", f"/files/{file_id}").content == LONG
    assert len([*scene.cluster.database["files"].find({"owner": an.user})]) == 1
    assert orphans(scene.cluster.database) == set()
