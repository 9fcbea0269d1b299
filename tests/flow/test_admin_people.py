"""Administrators find people and disable them; nobody makes himself one of them."""

from typing import Any

import pytest

from schemas.frames import CloseCode
from tests.support.link import RefusedError
from tests.support.operator import Operator
from tests.support.people import make_users
from tests.support.scene import Scene
from tests.support.tokens import make_token


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"roles": "admin"},
        {"roles": {"admin": True}},
        {"roles": [["admin"]]},
        {"roles": ["ADMIN", "admin "]},
        {"realm_access": {"roles": ["admin"]}},
        {"is_admin": True},
    ],
)
def test_nobody_makes_himself_an_administrator(scene: Scene, claims: dict[str, Any]) -> None:
    bo, chen = scene.people("bo", "chen")
    rest = scene.rest(bo)
    rest.session.headers.update(
        {
            "Authorization": f"Bearer {make_token(bo, **claims)}",
            "X-Imapp-Roles": "admin",
            "X-Imapp-User": "an",
            "Roles": "admin",
        }
    )

    answers = [
        rest.call("POST", f"/admin/users/{user}/disable", json={"roles": ["admin"], "is_admin": True})
        for user in (chen, "nobody-at-all")
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "forbidden")] * 2
    assert scene.cluster.database["users"].find_one({"_id": chen, "status": "active"})
    assert scene.cluster.database["audit"].count_documents({"actor": bo}) == 0


def test_people_are_found_by_id_by_name_and_by_status(scene: Scene, operator: Operator) -> None:
    bo, chen = scene.people("bo", "chen")
    operator.post(f"/users/{bo}/disable")

    def found(**query: Any) -> list[str]:
        return [user["user_id"] for user in operator.get("/users", **query)["users"]]

    assert found(ids=f"{chen},{bo},nobody-at-all") == [bo, chen]
    assert found(name=chen.capitalize()) == [chen]
    assert found(name=chen) == [], "as it is written"
    assert found(ids=f"{bo},{chen}", status="disabled") == [bo]
    assert found(ids=f"{bo},{chen}", status="active") == [chen]


@pytest.mark.parametrize("name", [".*", "^", "[A-Z]", "$where", "(?i)a", "\\"])
def test_a_name_is_text_and_no_pattern(scene: Scene, operator: Operator, name: str) -> None:
    make_users(scene.cluster.database, "plain")

    assert operator.get("/users", name=name)["users"] == []


def test_people_are_listed_in_pages(scene: Scene, operator: Operator) -> None:
    people = scene.people(*(f"u{number}" for number in range(5)))
    ids = ",".join(people)

    first = operator.get("/users", ids=ids, limit=3)
    second = operator.get("/users", ids=ids, limit=3, cursor=first["cursor"])

    assert [user["user_id"] for page in (first, second) for user in page["users"]] == sorted(people)
    assert second["cursor"] is None


def test_who_is_disabled_is_cut_everywhere_and_comes_back_when_enabled(
    scene: Scene, operator: Operator
) -> None:
    (bo,) = scene.people("bo")
    devices = [scene.connect(bo, gateway=number) for number in (0, 1)]

    assert operator.post(f"/users/{bo}/disable", reason="left the company")["status"] == "disabled"

    assert [device.wait_closed() for device in devices] == [CloseCode.KICKED] * 2
    assert scene.rest(bo).call("GET", "/me").status_code == 401
    assert operator.post(f"/users/{bo}/enable")["status"] == "active"
    assert scene.rest(bo).call("GET", "/me").status_code == 200


def test_who_is_disabled_comes_to_own_no_group(scene: Scene, operator: Operator) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner = scene.connect(an)
    group = owner.write("create_group", name="team", user_ids=[bo, chen]).channel_id
    owner.write("set_role", channel_id=group, user_id=bo, role="admin")
    operator.post(f"/users/{bo}/disable")

    with pytest.raises(RefusedError, match="not_found:") as refused:
        owner.write("transfer_owner", channel_id=group, user_id=bo)
    owner.write("leave", channel_id=group)

    assert refused.value.reply.errors == {"user_ids": [bo]}
    assert scene.rest(chen).channel(group).owner == chen
