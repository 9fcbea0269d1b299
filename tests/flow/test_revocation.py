"""Who is disabled is out: on every gateway, on every way in, whoever did it."""

import os
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import pytest

from schemas.frames import CloseCode
from tests.support.chatter import direct_channel
from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.link import DisconnectedError, RefusedError, socket_url
from tests.support.processes import BIN, ROOT
from tests.support.scene import Scene
from tests.support.tokens import JWT_KEY, make_token
from tests.support.waiting import PATIENCE_S, eventually

AS_SYNC_DOES: Final = [{"$set": {"status": "disabled", "updated_at": "$$NOW"}}]


def disable(scene: Scene, user: str) -> None:
    """Without the second that the command takes to start."""
    scene.cluster.database["users"].update_one({"_id": user}, AS_SYNC_DOES)


def run(cluster: Cluster, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The `imapp` command on this cluster's store."""
    return subprocess.run(
        [str(BIN / "imapp"), *arguments],
        cwd=ROOT,
        env={**os.environ, "IM_MONGO_URL": cluster.mongo_url, "IM_JWT_KEY": JWT_KEY, "IM_ENV": "production"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_his_sockets_are_cut_on_every_gateway_and_nobody_elses(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    phone, laptop, other = scene.connect(an, gateway=0), scene.connect(an, gateway=1), scene.connect(bo)

    done = run(scene.cluster, "user", "disable", an)

    assert (done.returncode, done.stdout) == (0, f"{an} is disabled\n")
    assert [phone.wait_closed(), laptop.wait_closed()] == [CloseCode.KICKED] * 2
    assert other.request("ping")


def test_his_rest_calls_are_refused_at_once_and_enabled_he_is_back(scene: Scene) -> None:
    (an,) = scene.people("an")
    rest = scene.rest(an)
    assert rest.call("GET", "/me").status_code == 200

    run(scene.cluster, "user", "disable", an)
    assert rest.call("GET", "/me").status_code == 401
    with pytest.raises(RefusedError, match="unauthorized:"):
        scene.connect(an)

    run(scene.cluster, "user", "enable", an)
    assert rest.call("GET", "/me").status_code == 200
    assert scene.connect(an).hello.user == an


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(AS_SYNC_DOES, id="as the directory's sync does it"),
        pytest.param({"$set": {"status": "disabled"}}, id="by hand and without a stamp"),
        pytest.param({"$set": {"status": "something unheard of"}}, id="with a status that nobody knows"),
        pytest.param({"$unset": {"status": ""}}, id="by taking the status away"),
    ],
)
def test_whoever_changed_his_row_he_is_cut(scene: Scene, change: object) -> None:
    (an,) = scene.people("an")
    long_ago = {"$set": {"updated_at": datetime(2020, 1, 1, tzinfo=UTC)}}
    scene.cluster.database["users"].update_one({"_id": an}, long_ago)
    client = scene.connect(an)

    scene.cluster.database["users"].update_one({"_id": an}, change)  # type: ignore[arg-type]

    assert client.wait_closed() == CloseCode.KICKED


def test_who_is_deleted_is_cut_too(scene: Scene) -> None:
    (an,) = scene.people("an")
    client = scene.connect(an)

    scene.cluster.database["users"].delete_one({"_id": an})

    assert client.wait_closed() == CloseCode.KICKED


def test_what_he_sent_before_is_kept_and_nothing_comes_after(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, witness = scene.connect(an), scene.connect(bo, gateway=1)
    channel = direct_channel(sender, bo)
    sent = ["text 0", "text 1", "text 2"]
    for text in sent:
        sender.send_text(channel, text)

    disable(scene, an)
    with suppress(DisconnectedError):
        while len(sent) < 100_000:
            sender.send_text(channel, f"text {len(sent)}")
            sent.append(f"text {len(sent)}")
    entries = [entry.body for entry in witness.read_all(channel)]
    rest = scene.rest(an).call(
        "POST", f"/channels/{channel}/messages", json={"client_message_id": "late", "content": "late"}
    )

    assert not sender.is_open
    assert entries[: len(sent)] == sent
    assert len(entries) <= len(sent) + 1, "at most the one that was under way when he was cut"
    assert rest.status_code == 401
    later = [entry.body for entry in witness.read_all(channel)]
    assert later[: len(entries)] == entries
    assert len(later) <= len(sent) + 1, "nothing that came after the cut"


def test_renewing_lets_nobody_in_again(scene: Scene) -> None:
    (an,) = scene.people("an")
    client = scene.connect(an)
    scene.cluster.database["users"].update_one({"_id": an}, {"$set": {"status": "disabled"}})

    client.post("hello", token=make_token(an))

    assert client.wait_closed() in {CloseCode.UNAUTHORIZED, CloseCode.KICKED}


def test_put_user_brings_nobody_back(scene: Scene) -> None:
    (an,) = scene.people("an")
    run(scene.cluster, "user", "disable", an)

    assert run(scene.cluster, "put-user", an, "An again").returncode == 0

    assert scene.rest(an).call("GET", "/me").status_code == 401


def test_a_person_who_is_nobody_is_an_error(scene: Scene) -> None:
    refused = run(scene.cluster, "user", "disable", "nobody-at-all")

    assert refused.returncode == 1
    assert "There is no nobody-at-all." in refused.stderr


def test_a_hello_that_is_faster_than_the_look_does_not_get_through(scene: Scene) -> None:
    (an,) = scene.people("an")
    clients: list[Client] = []

    def knock() -> bool:
        """Connect again and again while he is being disabled, until he can't."""
        try:
            clients.append(Client.connect(socket_url(scene.cluster.gateway_urls[0]), make_token(an)))
        except (RefusedError, DisconnectedError):
            return True
        if len(clients) == 5:
            disable(scene, an)
        return False

    eventually(knock)

    assert {client.wait_closed(timeout=PATIENCE_S) for client in clients} == {CloseCode.KICKED}
