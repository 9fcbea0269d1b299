"""Administrators find channels, and disable, enable and dissolve them."""

import secrets
from typing import Any

import pytest
import requests

from tests.support.link import RefusedError
from tests.support.operator import Operator
from tests.support.scene import Scene


def test_channels_are_found_by_id_by_name_by_member_and_by_status(scene: Scene, operator: Operator) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    phone = scene.connect(an)
    name = f"Team {secrets.token_hex(8)}"
    red = phone.write("create_group", name=f"{name} red", user_ids=[bo]).channel_id
    blue = phone.write("create_group", name=f"{name} blue", user_ids=[chen]).channel_id
    direct = phone.send_text(None, "hi", to=bo).channel_id

    def found(**query: Any) -> set[str]:
        return {channel["channel_id"] for channel in operator.get("/channels", **query)["channels"]}

    assert found(ids=f"{red},{direct}") == {red, direct}
    assert found(name=name) == {red, blue}
    assert found(name=f"{name} r", status="enabled") == {red}
    assert found(name=name, status="disabled") == set()
    assert found(member=bo) == {red, direct}
    assert found(name=".*") == set()
    assert operator.get(f"/channels/{red}")["member_count"] == 2
    members = operator.get(f"/channels/{red}/members")["members"]
    assert [member["user_id"] for member in members] == sorted([an, bo])
    first = operator.get("/channels", member=an, limit=2)
    second = operator.get("/channels", member=an, limit=2, cursor=first["cursor"])
    listed = [channel["channel_id"] for page in (first, second) for channel in page["channels"]]
    assert listed == sorted([red, blue, direct])


@pytest.mark.parametrize(
    "query",
    [
        {"ids": "x"},
        {"ids": ""},
        {"ids": f"{'a' * 24}", "name": "b"},
        {"member": "$ne"},
        {"status": "unheard-of"},
        {"cursor": "'"},
        {"limit": "1000"},
    ],
)
def test_a_wrong_question_about_channels_is_refused(operator: Operator, query: dict[str, str]) -> None:
    assert operator.call("GET", "/channels", params=query).status_code == 422


@pytest.mark.parametrize("what", ["/channels/{c}", "/channels/{c}/members", "/channels/{c}/messages"])
def test_a_channel_that_does_not_exist_is_not_found(operator: Operator, what: str) -> None:
    assert operator.call("GET", what.format(c="0" * 24)).status_code == 404
    assert operator.call("GET", f"/messages/{'0' * 24}.000000000001").status_code == 404


def test_what_an_administrator_has_disabled_its_owner_can_not_enable(
    scene: Scene, operator: Operator
) -> None:
    an, bo = scene.people("an", "bo")
    phone = scene.connect(an)
    channel = phone.write("create_group", name="team", user_ids=[bo]).channel_id

    def put(status: str) -> requests.Response:
        body = {"client_message_id": secrets.token_hex(8), "status": status}
        return operator.call("PUT", f"/channels/{channel}/status", json=body)

    assert put("disabled").ok
    assert operator.get(f"/channels/{channel}")["status"] == "disabled"
    with pytest.raises(RefusedError, match="channel_disabled"):
        phone.send_text(channel, "hello?")
    own = {"client_message_id": "mine", "status": "enabled"}
    assert not scene.rest(an).call("PUT", f"/channels/{channel}/status", json=own).ok
    assert put("enabled").ok
    assert phone.send_text(channel, "hello!").seq
    assert put("dissolved").ok
    assert operator.get(f"/channels/{channel}")["status"] == "dissolved"
    assert put("unheard-of").status_code == 422
