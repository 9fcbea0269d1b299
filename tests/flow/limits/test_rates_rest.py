"""Over REST the same is said with 429 and `Retry-After`, and counted together with the socket."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.chatter import direct_channel
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.strict import AT_ONCE, REQUESTS, SENDS, SLOW, connect, outcomes
from tests.support.uploads import upload


def check_refused_once_used_up(ask: Callable[[], Any], at_once: int) -> None:
    for _ in range(at_once):
        assert ask().status_code != 429
    refused = ask()
    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 1 / SLOW
    assert refused.json()["retry_after"] <= int(refused.headers["Retry-After"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("GET", "/conversations", None, marks=pytest.mark.limit("lists")),
        pytest.param("GET", "/users", None, id="people", marks=pytest.mark.limit("searches")),
        pytest.param("GET", "/search/messages?words=hello", None, marks=pytest.mark.limit("searches")),
        pytest.param("GET", "/search/contacts?words=bo", None, marks=pytest.mark.limit("searches")),
        pytest.param("PATCH", "/me", {"avatar": ""}, marks=pytest.mark.limit("marks")),
        pytest.param("GET", "/sync", None),
        pytest.param("GET", "/channels/{channel}/messages", None),
        pytest.param("GET", "/messages/{channel}.000000000001", None),
        pytest.param("PUT", "/conversations/{channel}/read", {"seq": 1}),
        pytest.param("POST", "/channels/direct", {"to": "{bo}", "client_message_id": "1"}),
    ],
)
def test_over_rest_it_is_429_with_retry_after(
    strict_scene: Scene, method: str, path: str, body: dict[str, Any] | None
) -> None:
    an, bo = strict_scene.people("an", "bo")
    channel = connect(strict_scene, an).send_text(None, "hello", to=bo).channel_id
    rest = strict_scene.rest(an)
    if body and "to" in body:
        body = {**body, "to": bo}

    check_refused_once_used_up(lambda: rest.call(method, path.format(channel=channel), json=body), AT_ONCE)


@pytest.mark.limit("uploads")
def test_who_sends_up_too_many_files_is_told_when_to_come_again(strict_scene: Scene) -> None:
    an, bo = (strict_scene.rest(user) for user in strict_scene.people("an", "bo"))

    check_refused_once_used_up(lambda: upload(an), AT_ONCE)

    kept_of = [row["owner"] for row in strict_scene.cluster.database["files"].find({"owner": an.user})]
    assert len(kept_of) == AT_ONCE, "what was refused is not kept"
    assert upload(bo).status_code == 201, "nobody waits for somebody else's limit"


def test_sends_over_rest_and_over_the_socket_are_counted_together(strict_scene: Scene) -> None:
    an, bo = strict_scene.people("an", "bo")
    phone = connect(strict_scene, an)
    channel = direct_channel(phone, bo)
    replies = [phone.post_text(channel, f"text {number}") for number in range(3 * SENDS)]

    outcomes(replies)
    path, rest = f"/channels/{channel}/messages", strict_scene.rest(an)
    codes = [
        rest.call("POST", path, json={"content": "over REST", "client_message_id": str(number)}).status_code
        for number in range(SENDS)
    ]

    assert 429 in codes


@pytest.mark.limit("requests")
def test_requests_of_any_kind_are_limited_even_if_they_are_wrong(strict_scene: Scene) -> None:
    (an,) = strict_scene.people("an")
    rest = strict_scene.rest(an)

    check_refused_once_used_up(lambda: rest.call("POST", "/channels", json={}), REQUESTS)


def test_health_is_always_answered(strict_scene: Scene) -> None:
    rest = RestClient(strict_scene.cluster.gateway_urls[0], None, user="nobody")

    assert {rest.call("GET", "/health/live").status_code for _ in range(3 * REQUESTS)} == {200}
