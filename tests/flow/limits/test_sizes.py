"""How large something may be: the largest is taken, one more is refused, and the socket lives on."""

from dataclasses import dataclass
from typing import Any, Final

import pytest

from imapp.services.writing import commands
from schemas import frames
from schemas.common import (
    DEFAULT_MAX_MEMBERS,
    MAX_EXTRA_BYTES,
    MAX_FRAME_BYTES,
    MAX_HISTORY_PAGE,
    MAX_LIST_PAGE,
    MAX_NAME_CHARS,
    MAX_TEXT_CHARS,
    MAX_USERS_PER_CALL,
)
from schemas.frames import CloseCode
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"in": value}
    return value


def code_of(client: Client, kind: str, **fields: Any) -> str:
    """`ok`, or why it was refused."""
    try:
        client.post(kind, **fields).result(10)
    except RefusedError as refused:
        return refused.code
    return "ok"


@dataclass(frozen=True)
class Size:
    """A field of a write with the largest value it takes, one beyond that, and how that is refused."""

    kind: str
    field: str
    largest: Any
    larger: Any
    code: str = "invalid"


def letters(most: int, letter: str = "x") -> tuple[str, str]:
    return letter * most, letter * (most + 1)


def addresses(most: int) -> tuple[str, str]:
    """The longest address that is taken, and the shortest that is not."""
    start = "https://im.example/"
    return start + "x" * (most - len(start)), start + "x" * (most - len(start) + 1)


def extras(most: int) -> tuple[dict[str, str], dict[str, str]]:
    around = len('{"k":""}')
    return {"k": "x" * (most - around)}, {"k": "x" * (most - around + 1)}


DEEPEST: Final = commands._MAX_DEPTH
SIZES: Final = [
    pytest.param(Size("send", "content", *letters(MAX_TEXT_CHARS, "龍")), marks=pytest.mark.limit("text")),
    pytest.param(
        Size("send", "extra", *extras(MAX_EXTRA_BYTES), "too_large"), marks=pytest.mark.limit("extra")
    ),
    pytest.param(
        Size("send", "extra", nested(DEEPEST), nested(DEEPEST + 1)), marks=pytest.mark.limit("depth of extra")
    ),
    pytest.param(Size("create_group", "name", *letters(MAX_NAME_CHARS)), marks=pytest.mark.limit("name")),
    pytest.param(Size("create_group", "avatar", *addresses(500)), marks=pytest.mark.limit("avatar")),
    pytest.param(
        Size("send", "client_message_id", *letters(64)), marks=pytest.mark.limit("client_message_id")
    ),
]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.field)
def test_the_largest_is_taken_and_one_more_refused(scene: Scene, size: Size) -> None:
    an, bo = scene.people("an", "bo")
    phone, rest = scene.connect(an), scene.rest(an)
    usual = {"to": bo, "content": "hello"} if size.kind == "send" else {"name": "team", "user_ids": [bo]}

    def write(value: Any) -> str:
        return code_of(phone, size.kind, **{"client_message_id": phone.new_id(), **usual, size.field: value})

    assert write(size.largest) == "ok"
    assert write(size.larger) == size.code
    assert phone.request("ping"), "the socket lives"

    body = {"client_message_id": phone.new_id(), **usual, size.field: size.larger}
    body.pop("to", None)
    path = f"/users/{bo}/messages" if size.kind == "send" else "/channels"
    assert rest.call("POST", path, json=body).json()["code"] == size.code


@pytest.mark.limit("user id")
def test_a_user_id_has_so_many_characters(scene: Scene) -> None:
    (an,) = scene.people("an")
    phone = scene.connect(an)

    assert code_of(phone, "open_direct", client_message_id="1", to="u" * 64) == "not_found"
    assert code_of(phone, "open_direct", client_message_id="2", to="u" * 65) == "invalid"


@pytest.mark.limit("request id")
def test_a_request_id_has_so_many_characters(scene: Scene) -> None:
    (an,) = scene.people("an")
    phone = scene.connect(an)

    phone.send_raw('{"type":"ping","id":"%s"}' % ("r" * 65))
    phone.send_raw('{"type":"ping","id":"%s"}' % ("r" * 64))

    phone.wait_for(lambda error: error.code == "invalid", frames.ErrorReply)
    phone.wait_for(lambda pong: pong == {"type": "pong", "id": "r" * 64}, dict)


@pytest.mark.limit("WebSocket message")
def test_the_largest_message_is_read_and_a_larger_one_ends_the_connection(scene: Scene) -> None:
    (an,) = scene.people("an")
    phone = scene.connect(an)
    empty = len('{"type":"ping","id":"1","x":""}')

    phone.send_raw('{"type":"ping","id":"1","x":"%s"}' % ("x" * (MAX_FRAME_BYTES - empty)))
    phone.request("ping")
    phone.send_raw('{"type":"ping","id":"1","x":"%s"}' % ("x" * (MAX_FRAME_BYTES - empty + 1)))

    assert phone.wait_closed() == CloseCode.TOO_BIG


@pytest.mark.limit("REST body")
def test_a_larger_body_is_refused(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)

    def post(size: int) -> str:
        start, end = f'{{"to": "{bo}", "client_message_id": "1"', "}"
        body = start + " " * (size - len(start) - len(end)) + end
        headers = {"Content-Type": "application/json"}
        code: str = rest.call("POST", "/channels/direct", data=body, headers=headers).json().get("code", "ok")
        return code

    assert (post(MAX_FRAME_BYTES), post(MAX_FRAME_BYTES + 1)) == ("ok", "too_large")


@pytest.mark.limit("members of a group")
def test_a_group_has_so_many_members(scene: Scene) -> None:
    an, bo, *others = scene.people("an", "bo", *(f"u{number}" for number in range(DEFAULT_MAX_MEMBERS - 1)))
    phone = scene.connect(an)
    channel = phone.write("create_group", name="all", user_ids=others).channel_id

    add = {"channel_id": channel, "user_ids": [bo]}
    assert code_of(phone, "add_members", client_message_id="1", **add) == "channel_full"


@pytest.mark.limit("users in one call")
def test_a_call_names_so_many_people(scene: Scene) -> None:
    (an,) = scene.people("an")
    phone = scene.connect(an)
    strangers = [f"stranger{number}" for number in range(MAX_USERS_PER_CALL + 1)]

    def create(count: int) -> str:
        return code_of(phone, "create_group", client_message_id="1", name="all", user_ids=strangers[:count])

    assert create(MAX_USERS_PER_CALL - 1) == "not_found"
    assert create(MAX_USERS_PER_CALL + 1) == "invalid"


@pytest.mark.limit("page of history")
def test_a_page_of_history_has_so_many_entries(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    phone = scene.connect(an)
    channel = phone.send_text(None, "hello", to=bo).channel_id

    assert code_of(phone, "history", channel_id=channel, limit=MAX_HISTORY_PAGE) == "ok"
    assert code_of(phone, "history", channel_id=channel, limit=MAX_HISTORY_PAGE + 1) == "invalid"


@pytest.mark.limit("page of a list")
def test_a_page_of_a_list_has_so_many_rows(scene: Scene) -> None:
    (an,) = scene.people("an")
    rest = scene.rest(an)

    def codes(limit: int) -> set[int]:
        paths = ("/conversations", "/users")
        return {rest.call("GET", path, params={"limit": limit}).status_code for path in paths}

    assert codes(MAX_LIST_PAGE) == {200}
    assert codes(MAX_LIST_PAGE + 1) == {422}
