"""All that administrators do is written down, and is found there by those who may look."""

import secrets
from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests

from tests.flow.test_rights import RULES
from tests.support.cast import Cast, Who
from tests.support.cluster import Cluster
from tests.support.operator import Operator
from tests.support.rights import OPERATING, ROUTES
from tests.support.scene import Scene
from tests.support.waiting import PATIENCE_S

ADMIN_ROUTES: Final = [name for name, row in ROUTES.items() if row.rights is OPERATING]
_WITH_BODY: Final = ("POST", "PUT", "PATCH")


@pytest.fixture(scope="module")
def cast(cluster: Cluster) -> Iterator[Cast]:
    """People and a group to do all of it to."""
    with Scene(cluster) as scene:
        yield Cast(scene)


@pytest.mark.parametrize("name", ADMIN_ROUTES)
def test_every_route_stands_in_the_audit_log(cast: Cast, scene: Scene, name: str) -> None:
    cast = Cast(scene) if ROUTES[name].own_cast else cast
    method, rule = name.partition(" ")[0], RULES[name]
    built = rule.build({part: getattr(cast.place(), part) for part in rule.arguments})
    assert built is not None
    request_id, fields = (
        f"audit-{secrets.token_hex(8)}",
        {**ROUTES[name].needs(cast), "reason": "ticket 4711"},
    )
    fields = {key: secrets.token_hex(8) if value == "<new>" else value for key, value in fields.items()}

    answer = requests.request(
        method,
        cast.cluster.gateway_urls[1] + built[1],
        headers={"Authorization": f"Bearer {cast.token(Who.OPERATOR)}", "X-Request-Id": request_id},
        json=fields if method in _WITH_BODY else None,
        params=None if method in _WITH_BODY else fields,
        timeout=PATIENCE_S,
    )

    assert answer.ok, answer.text
    records = cast.cluster.database["audit"]
    record = records.find_one({"request_id": request_id})
    assert record is not None
    assert (record["actor"], record["reason"]) == (cast.ids[Who.OPERATOR], "ticket 4711")
    assert record["address"] == "127.0.0.1"
    assert set(record["targets"]) >= {getattr(cast.place(), part) for part in rule.arguments}
    ended = records.find_one({"_id": record["_id"] + ".end"})
    assert ended is not None
    assert ended["outcome"] == "ok"


def test_records_are_found_by_who_what_about_whom_and_when(scene: Scene, operator: Operator) -> None:
    bo, chen = scene.people("bo", "chen")
    for user in (bo, chen, bo):
        operator.post(f"/users/{user}/disable", reason=f"about {user}")
    operator.post(f"/users/{bo}/enable")

    records = operator.audit()

    assert [record["action"] for record in records] == ["user.enable", *["user.disable"] * 3]
    assert [record["targets"] for record in records] == [[bo], [bo], [chen], [bo]]
    assert [record["reason"] for record in records] == [None, f"about {bo}", f"about {chen}", f"about {bo}"]
    assert {record["outcome"] for record in records} == {"ok"}
    assert len(operator.audit(action="user.disable")) == 3
    assert len(operator.audit(target=chen)) == 1
    assert operator.audit(until=records[-1]["time"]) == []
    assert operator.audit(since=records[1]["time"], target=bo)[-1] == records[1]


def test_the_audit_log_is_read_in_pages(scene: Scene, operator: Operator) -> None:
    (bo,) = scene.people("bo")
    for _ in range(5):
        operator.post(f"/users/{bo}/disable")
    wanted: dict[str, Any] = {"actor": operator.user, "action": "user.disable", "limit": 2}

    pages = [operator.get("/audit", **wanted)]
    while pages[-1]["cursor"]:
        pages.append(operator.get("/audit", **wanted, cursor=pages[-1]["cursor"]))

    assert [len(page["records"]) for page in pages] == [2, 2, 1]
    assert len({record["audit_id"] for page in pages for record in page["records"]}) == 5


def test_what_was_refused_is_written_down_too(operator: Operator) -> None:
    answer = operator.call("POST", "/users/nobody-at-all/disable", json={})

    assert answer.status_code == 404
    (record,) = operator.audit()
    assert (record["action"], record["targets"], record["outcome"]) == (
        "user.disable",
        ["nobody-at-all"],
        "not_found",
    )


def test_who_reads_the_log_stands_in_it(operator: Operator) -> None:
    operator.get("/audit", target="somebody", reason="the yearly review")

    record = operator.get("/audit", actor=operator.user, action="audit.read")["records"][-1]

    assert (record["targets"], record["reason"]) == (["somebody"], "the yearly review")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_changes_or_deletes_a_record(scene: Scene, operator: Operator, method: str) -> None:
    (bo,) = scene.people("bo")
    operator.post(f"/users/{bo}/disable")
    stored = scene.cluster.database["audit"]
    (record,) = operator.audit()

    answers = [
        operator.call(method, path, json={"outcome": "not_found"})
        for path in ("/audit", f"/audit/{record['audit_id']}", f"/audit/{record['audit_id']}.end")
    ]

    assert {answer.status_code for answer in answers} <= {404, 405}
    assert operator.audit() == [record]
    assert not [index for index in stored.list_indexes() if "expireAfterSeconds" in index]


def test_what_is_done_to_people_from_a_terminal_is_written_down(scene: Scene, operator: Operator) -> None:
    (an,) = scene.people("an")

    scene.cluster.tool("put-user", an, "An again", "--kind", "external", "--reason", "ticket 4711")

    (record,) = operator.get("/audit", target=an, action="user.put")["records"]
    assert record["actor"].startswith("cli:")
    assert (record["reason"], record["outcome"]) == ("ticket 4711", "ok")
    assert record["details"] == {"name": "An again", "kind": "external", "avatar": None}


def test_a_file_that_is_not_there_is_no_picture_and_that_is_written_down(
    scene: Scene, operator: Operator
) -> None:
    (an,) = scene.people("an")

    with pytest.raises(AssertionError, match=r"There is no file k3v9q2m7c1t8r5x0a6d4e; .* is there"):
        scene.cluster.tool("put-user", an, "An", "--avatar", "k3v9q2m7c1t8r5x0a6d4e")

    (record,) = operator.get("/audit", target=an, action="user.put")["records"]
    assert record["outcome"] == "not_found"


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"since": "yesterday"},
        {"actor": "$ne"},
        {"actor[$ne]": "x"},
        {"target": "x" * 65},
        {"unheard_of": "1"},
        {"reason": "a\u0000b"},
        {"reason": ""},
        {"reason": "x" * 501},
    ],
)
def test_a_wrong_question_is_refused(operator: Operator, query: dict[str, str]) -> None:
    answer = operator.call("GET", "/audit", params=query)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
