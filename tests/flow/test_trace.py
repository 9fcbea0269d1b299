"""The life of one message is shown: what happened to it, when, in which process; and what nobody knows."""

import json
import re
import time
from typing import Any, Final

from tests.conftest import ClusterFactory
from tests.support.client import Client
from tests.support.operator import Operator
from tests.support.scene import Scene
from tests.support.waiting import eventually

HOST_AND_PID: Final = re.compile(r"[^:]+:\d+")


def steps_of(operator: Operator, message_id: str, **query: Any) -> dict[str, list[Any]]:
    """The steps of a message by name."""
    found: dict[str, list[Any]] = {}
    for step in operator.get(f"/messages/{message_id}/trace", **query)["steps"]:
        found.setdefault(step["step"], []).append(step)
    return found


def people(steps: dict[str, list[Any]], name: str) -> set[str]:
    """Of whom there is a step of this name."""
    return {step["user_id"] for step in steps.get(name, ())}


def sent(phone: Client, to: str, text: str = "a secret of an's") -> str:
    message_id: str | None = phone.send_text(None, text, to=to).message_id
    assert message_id is not None
    return message_id


def test_every_step_is_shown_with_time_and_process(scene: Scene, operator: Operator) -> None:
    an, bo = scene.people("an", "bo")
    phone, desk, others = scene.connect(an), scene.connect(an, gateway=1), scene.connect(bo, gateway=1)
    sent(phone, bo, "the first one")
    message_id = sent(phone, bo)
    channel, _, seq = message_id.partition(".")
    others.post("received", channel_id=channel, seq=int(seq))
    eventually(lambda: bo in people(steps_of(operator, message_id), "received"))
    others.request("read", channel_id=channel, seq=int(seq))

    eventually(lambda: {an, bo} <= people(steps_of(operator, message_id), "read"))
    found = steps_of(operator, message_id)

    assert [*found] == ["accepted", "stored", "published", "delivered", "dispatched", "received", "read"]
    gateways = {client: client.hello.connection.rpartition(".")[0] for client in (phone, desk, others)}
    assert [step["process"] for step in found["accepted"]] == [gateways[phone]]
    assert {step["connection_id"]: step["process"] for step in found["delivered"]} == {
        client.hello.connection: gateway for client, gateway in gateways.items()
    }
    (stored,), (published,), (dispatched,) = found["stored"], found["published"], found["dispatched"]
    assert HOST_AND_PID.fullmatch(published["process"])
    assert stored["process"] == published["process"], "the writer that published it has stored it"
    assert HOST_AND_PID.fullmatch(dispatched["process"])
    assert dispatched["process"] != stored["process"]
    for name in ("received", "read"):
        (taken,) = [step["process"] for step in found[name] if step["user_id"] == bo]
        assert taken == gateways[others]
    assert [step["process"] for step in found["read"] if step["user_id"] == an] == [None], "by sending"
    times = [found[name][0]["time"] for name in ("accepted", "stored", "published", "delivered")]
    assert times == sorted(times)


def test_it_comes_in_pages(scene: Scene, operator: Operator) -> None:
    an, bo = scene.people("an", "bo")
    phone, other = scene.connect(an), scene.connect(bo)
    message_id = sent(phone, bo)
    other.post("received", channel_id=message_id.partition(".")[0], seq=1)
    eventually(lambda: {"read", "received", "dispatched"} <= steps_of(operator, message_id).keys())
    whole = operator.get(f"/messages/{message_id}/trace")

    pages: list[list[Any]] = []
    cursor = None
    while not pages or cursor is not None:
        query = {"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
        page = operator.get(f"/messages/{message_id}/trace", **query)
        cursor = page["cursor"]
        pages.append(page["steps"])

    assert whole["cursor"] is None
    assert [step for page in pages for step in page] == whole["steps"]
    assert {len(page) for page in pages[:-1]} == {2}
    refused = operator.call("GET", f"/messages/{message_id}/trace", params={"cursor": "none-of-ours"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


def test_the_text_is_not_in_it(scene: Scene, operator: Operator) -> None:
    an, bo = scene.people("an", "bo")
    message_id = sent(scene.connect(an), bo, "a secret of an's")

    answer = operator.call("GET", f"/messages/{message_id}/trace")

    assert answer.ok
    assert "secret" not in answer.text


def test_the_steps_about_one_person_can_be_asked_for(scene: Scene, operator: Operator) -> None:
    an, bo = scene.people("an", "bo")
    phone, other = scene.connect(an), scene.connect(bo)
    message_id = sent(phone, bo)
    channel = message_id.partition(".")[0]
    other.post("received", channel_id=channel, seq=1)

    eventually(lambda: "received" in steps_of(operator, message_id, user_id=bo))

    assert {
        step["user_id"] for steps in steps_of(operator, message_id, user_id=bo).values() for step in steps
    } == {bo}


def test_what_a_gateway_has_forgotten_is_said_to_be_unknown(own_cluster: ClusterFactory) -> None:
    cluster = own_cluster(gateways=1, writers=1, environment={"IM_TRACE_LINES": "2"})
    with Scene(cluster) as scene:
        an, bo, olga = scene.people("an", "bo", "olga")
        phone = scene.connect(an)
        messages = [sent(phone, bo, f"text {number}") for number in range(4)]
        operator = Operator(cluster, olga)

        first, last = (operator.get(f"/messages/{messages[number]}/trace") for number in (0, -1))

        assert "delivered" in {step["step"] for step in last["steps"]}
        assert {step["step"] for step in first["steps"]} <= {"stored", "dispatched", "read"}
        assert [step["process"] for step in first["steps"] if step["step"] == "stored"] == [None]
        assert any("remembers from" in what for what in first["unknown"])
        assert any("no gateway remembers it" in what for what in first["unknown"])


def test_what_was_longer_ago_than_a_gateway_remembers_is_unknown_though_nothing_has_come_since(
    own_cluster: ClusterFactory,
) -> None:
    cluster = own_cluster(gateways=1, writers=1, environment={"IM_TRACE_KEPT_S": "3"})
    with Scene(cluster) as scene:
        an, bo, olga = scene.people("an", "bo", "olga")
        message_id = sent(scene.connect(an), bo)
        operator = Operator(cluster, olga)

        assert "delivered" in steps_of(operator, message_id)
        eventually(lambda: "delivered" not in steps_of(operator, message_id), what="it is forgotten")

        unknown = operator.get(f"/messages/{message_id}/trace")["unknown"]
        assert any("remembers from" in what for what in unknown)
        assert any("no gateway remembers it" in what for what in unknown)


def test_a_gateway_that_hangs_is_named_and_waited_for_no_longer_than_a_second(
    own_cluster: ClusterFactory,
) -> None:
    cluster = own_cluster(gateways=2, writers=1, environment={"IM_LEASE_S": "60"})
    with Scene(cluster) as scene:
        an, bo, olga = scene.people("an", "bo", "olga")
        message_id = sent(scene.connect(an), bo)
        cluster.freeze("gateway-1")
        begun = time.monotonic()

        found = Operator(cluster, olga).get(f"/messages/{message_id}/trace")

        cluster.thaw("gateway-1")
        assert time.monotonic() - begun < 10
        assert any("no answer" in what for what in found["unknown"])
        assert "delivered" in {step["step"] for step in found["steps"]}


def test_a_message_that_does_not_exist_is_not_found(operator: Operator) -> None:
    assert operator.call("GET", f"/messages/{'0' * 24}.000000000001/trace").status_code == 404


# ---- the command line


def test_the_command_shows_the_same_and_stands_in_the_audit_log(scene: Scene, operator: Operator) -> None:
    an, bo = scene.people("an", "bo")
    phone = scene.connect(an)
    message_id = sent(phone, bo)

    shown = scene.cluster.tool("trace", message_id, "--reason", "ticket 4711")
    as_json = json.loads(scene.cluster.tool("trace", message_id, "--json"))
    audit = scene.cluster.tool("audit", "--target", message_id)

    assert phone.hello.connection in shown
    assert {"accepted", "stored", "published", "delivered"} <= {
        line.split()[0] for line in shown.splitlines()
    }
    assert {"accepted", "stored", "published", "delivered"} <= {step["step"] for step in as_json["steps"]}
    assert audit.count("message.trace") == 2
    assert "ticket 4711" in audit
    assert " cli:" in audit
    assert operator.get("/audit", target=message_id, action="message.trace")["records"][0]["outcome"] == "ok"
