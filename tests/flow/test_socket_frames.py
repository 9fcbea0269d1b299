"""What comes in on a socket: every mistake gets one clear error, the socket lives, and nothing is stored."""

import json
from collections.abc import Iterator
from typing import Any, Final, get_args

import msgspec
import pytest

from schemas import frames
from schemas.common import MAX_FRAME_BYTES
from schemas.frames import CloseCode
from tests.support.client import Client
from tests.support.scene import Scene

pytestmark = pytest.mark.indexed

NOWHERE: Final = "0" * 24
SEND: Final = {"type": "send", "id": "s1", "client_message_id": "m1", "channel_id": NOWHERE, "content": "hi"}
WRITE: Final = {"client_message_id": "m1", "channel_id": NOWHERE}

REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "hello": {"token": "t", "device": "phone", "protocol": 1, "cursor": "c"},
    "send": {
        "client_message_id": "m1",
        "channel_id": NOWHERE,
        "to": "bo",
        "message_type": "text",
        "content": "hi",
        "extra": {},
        "reply_to": f"{NOWHERE}.000000000001",
        "mentions": ["bo"],
        "mention_all": True,
        "forward_of": f"{NOWHERE}.000000000001",
    },
    "recall": {"client_message_id": "m1", "channel_id": NOWHERE, "message_id": f"{NOWHERE}.000000000001"},
    "edit": {
        "client_message_id": "m1",
        "channel_id": NOWHERE,
        "message_id": f"{NOWHERE}.000000000001",
        "content": "hi",
        "mentions": ["bo"],
    },
    "read": {"channel_id": NOWHERE, "seq": 1},
    "unread": {"channel_id": NOWHERE, "before": 1, "limit": 1},
    "search_messages": {
        "words": "nothing",
        "sender": "bo",
        "channel_id": NOWHERE,
        "message_type": "text",
        "since": "2026-11-24T08:00:00.000Z",
        "until": "2026-11-25T08:00:00.000Z",
        "order": "newest",
        "cursor": "c",
        "limit": 1,
    },
    "message_receipts": {"message_ids": [f"{NOWHERE}.000000000001"]},
    "nudge": {"client_message_id": "m1", "message_id": f"{NOWHERE}.000000000001"},
    "change_me": {"avatar": "https://im.example/a"},
    "settings": {},
    "set_settings": {"share_read": True},
    "set_conversation": {
        "channel_id": NOWHERE,
        "pinned": True,
        "notify": "all",
        "hidden_seq": 1,
        "marked_unread": True,
        "cleared_seq": 1,
        "draft": {"text": "t", "reply_to": None},
    },
    "received": {"channel_id": NOWHERE, "seq": 1, "from_seq": 1},
    "sync": {"cursor": "c"},
    "history": {"channel_id": NOWHERE, "before": 1, "after": 1, "around": 1, "limit": 1},
    "create_group": {
        "client_message_id": "m1",
        "name": "team",
        "avatar": "https://im.example/a",
        "user_ids": ["bo"],
    },
    "open_direct": {"client_message_id": "m1", "to": "bo"},
    "update_channel": {
        **WRITE,
        "name": "n",
        "avatar": "https://im.example/a",
        "max_members": 9,
        "join": "admins",
        "mute_all": True,
        "edit": "members",
    },
    "add_members": {"client_message_id": "m1", "channel_id": NOWHERE, "user_ids": ["bo"]},
    "remove_member": {"client_message_id": "m1", "channel_id": NOWHERE, "user_id": "bo"},
    "leave": {"client_message_id": "m1", "channel_id": NOWHERE},
    "set_role": {**WRITE, "user_id": "bo", "role": "admin"},
    "transfer_owner": {**WRITE, "user_id": "bo"},
    "set_announcement": {**WRITE, "text": "Lunch!"},
    "set_nickname": {**WRITE, "user_id": "bo", "nickname": "Ace"},
    "mute_member": {**WRITE, "user_id": "bo", "until": "2026-11-24T08:00:00.000Z"},
    "unmute_member": {**WRITE, "user_id": "bo"},
    "set_status": {**WRITE, "status": "disabled"},
    "dissolve": WRITE,
    "request_join": {**WRITE, "reason": "I am new"},
    "withdraw_join_request": WRITE,
    "answer_join_requests": {**WRITE, "user_ids": ["bo"], "accept": True},
    "watch": {"user_ids": ["bo"]},
    "emojis": {"pack": "faces", "cursor": "a", "limit": 1},
    "typing": {"channel_id": NOWHERE},
    "ping": {},
}
"""Every request with every field it has."""


@pytest.fixture
def an(scene: Scene) -> Iterator[Client]:
    """Somebody who makes mistakes; nothing of what he sends is stored."""
    (user,) = scene.people("an")
    client = scene.connect(user)
    yield client
    database = scene.cluster.database
    assert database["messages"].count_documents({"sender": user}) == 0
    assert database["members"].count_documents({"user_id": user}) == 0


def answers_to(client: Client, *raw: str | bytes) -> list[frames.ErrorReply]:
    """The errors that these frames are answered with, on a socket that goes on."""
    before = len(client.events(frames.ErrorReply))
    for data in raw:
        client.send_raw(data)
    client.request("ping")  # its answer comes behind theirs
    return client.events(frames.ErrorReply)[before:]


def codes_of(client: Client, *raw: str | bytes) -> list[str]:
    return [error.code for error in answers_to(client, *raw)]


def as_text(fields: dict[str, Any]) -> str:
    """JSON as a careless client writes it: with NaN, lone surrogates and all."""
    return json.dumps(fields)


# ---- what is no request


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "{", "}", "[]", "null", "7", '"ping"', "{'type': 'ping'}", "\ufeff{}", "\x00", "hello?"],
        *['{"type": "ping", "id": "1"', '{"type": "ping", "id": "1"} {}', '{"type": "ping", "id": "1"},'],
        *['{"type": "ping", "id": "\t"}', '{"type": "ping", "id": "\\x"}', '{"type": "ping", "id": "1",}'],
    ],
)
def test_what_is_not_a_json_object_is_invalid(an: Client, text: str) -> None:
    (error,) = answers_to(an, text)

    assert (error.code, error.id) == ("invalid", None)


@pytest.mark.parametrize("kind", ["", "Ping", "ping ", "message", "ok", "error", "$where", "__class__"])
def test_an_unknown_type_is_invalid_and_told_which_request_it_was(an: Client, kind: str) -> None:
    (error,) = answers_to(an, as_text({"type": kind, "id": "mine"}))

    assert (error.code, error.id) == ("invalid", "mine")
    assert error.message


@pytest.mark.parametrize("request_id", [None, 7, "", "x" * 65, {"$ne": None}, ["1"], True])
def test_a_request_needs_an_id_that_is_a_short_text(an: Client, request_id: object) -> None:
    assert codes_of(an, as_text({"type": "ping", "id": request_id})) == ["invalid"]


def test_a_request_without_an_id_is_invalid(an: Client) -> None:
    (error,) = answers_to(an, '{"type": "ping"}')

    assert (error.code, error.id) == ("invalid", None)


def test_a_binary_message_is_invalid(an: Client) -> None:
    (error,) = answers_to(an, b'{"type": "ping", "id": "1"}')

    assert (error.code, error.id) == ("invalid", None)


def test_a_hundred_mistakes_in_a_row_get_a_hundred_answers(an: Client) -> None:
    mistakes = [as_text({"type": "nonsense", "id": str(number)}) for number in range(100)]

    assert [error.id for error in answers_to(an, *mistakes)] == [str(number) for number in range(100)]


# ---- what is no value of its field


def test_the_tables_here_know_every_request_and_field() -> None:
    shapes = {shape.__struct_config__.tag: shape for shape in get_args(frames.ClientFrame)}

    assert {kind: {*fields, "id"} for kind, fields in REQUESTS.items()} == {
        kind: set(shape.__struct_fields__) for kind, shape in shapes.items()
    }


@pytest.mark.parametrize("value", [{"$ne": None}, {"$gt": ""}, 1.5, True, ["x", 1], [[]], "\x00"], ids=repr)
@pytest.mark.parametrize("kind", [kind for kind, fields in REQUESTS.items() if fields])
def test_no_field_takes_what_is_not_of_its_type(an: Client, kind: str, value: object) -> None:
    taken = _FREE_TEXT if value == "\x00" else _FLAGS if value is True else ()
    fields = [name for name in REQUESTS[kind] if name not in taken]
    requests = [{"type": kind, "id": name, **REQUESTS[kind], name: value} for name in fields]

    answers = answers_to(an, *map(as_text, requests))

    assert {error.id: error.code for error in answers} == dict.fromkeys(fields, "invalid")


_FLAGS: Final = ("mute_all", "accept", "pinned", "marked_unread", "share_read")
_FREE_TEXT: Final = ("content", "name", "avatar", "device", "token", "cursor")
"""Fields without a pattern: what is no token or cursor is refused when it is looked at."""


@pytest.mark.parametrize("shape", get_args(frames.ClientFrame), ids=lambda shape: shape.__name__)
def test_no_required_field_may_be_missing(an: Client, shape: type[msgspec.Struct]) -> None:
    kind = str(shape.__struct_config__.tag)
    required = [
        field.name for field in msgspec.structs.fields(shape) if field.required and field.name != "id"
    ]
    whole = {"type": kind, "id": "1", **REQUESTS[kind]}
    requests = [{name: whole[name] for name in whole if name != missing} for missing in required]

    assert codes_of(an, *map(as_text, requests)) == ["invalid"] * len(required)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("client_message_id", value) for value in ("", "x" * 65, "a b", "a\n", "\x00", "é", "a\x7f")],
        *[("channel_id", value) for value in ("", "0" * 23, "0" * 25, "A" * 24, NOWHERE + "\n", "../" * 8)],
        *[("to", value) for value in ("", "x" * 65, "a b", "a\n", "a/b", "a:b", "a$", "\x00", "bö")],
        *[("reply_to", value) for value in ("", NOWHERE, f"{NOWHERE}.1", f"{NOWHERE}.00000000000a")],
        *[("mentions", value) for value in (["a b"], [""], ["bo"] * 101)],
        *[("message_type", value) for value in ("", "video", "TEXT", "1")],
    ],
)
def test_an_id_or_name_that_could_not_be_one_is_invalid(an: Client, field: str, value: object) -> None:
    assert codes_of(an, as_text({**SEND, field: value})) == ["invalid"]


@pytest.mark.parametrize("value", [0, -1, 10**12, 2**63, 2**64, 1e3, "1", 10**400])
def test_a_seq_that_could_not_be_one_is_invalid(an: Client, value: object) -> None:
    assert codes_of(an, as_text({"type": "read", "id": "1", "channel_id": NOWHERE, "seq": value})) == [
        "invalid"
    ]


@pytest.mark.parametrize("value", [[], ["bo"] * 501, "bo", [None], ["bo", "a b"]])
def test_a_list_of_people_that_could_not_be_one_is_invalid(an: Client, value: object) -> None:
    group = {"type": "create_group", "id": "1", **REQUESTS["create_group"], "user_ids": value}

    assert codes_of(an, as_text(group)) == ["invalid"]


@pytest.mark.parametrize("name", ["", "x" * 101])
def test_a_name_has_one_to_a_hundred_characters(an: Client, name: str) -> None:
    group = {"type": "create_group", "id": "1", **REQUESTS["create_group"], "name": name}

    assert codes_of(an, as_text(group)) == ["invalid"]


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"send","id":"1","client_message_id":"m","to":"bo","content":"\\ud800"}',
        '{"type":"send","id":"1","client_message_id":"m","to":"bo","content":"\\udc00\\ud800"}',
        '{"type":"send","id":"1","client_message_id":"m","to":"bo","content":"hi","extra":{"\\ud800":1}}',
        '{"type":"send","id":"1","client_message_id":"m","to":"bo","content":"a\u0000b"}',
    ],
    ids=["lone", "swapped", "in-a-key", "bare-nul"],
)
def test_text_that_is_no_text_is_invalid(an: Client, text: str) -> None:
    assert codes_of(an, text) == ["invalid"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "01", "+1", ".5", "0x10"])
def test_a_number_that_json_does_not_know_is_invalid(an: Client, number: str) -> None:
    text = as_text({**SEND, "to": "bo", "extra": {"n": "?"}}).replace('"?"', number)

    assert codes_of(an, text) == ["invalid"]


@pytest.mark.parametrize("opening", ['{"a":', "["])
def test_json_nested_without_end_is_invalid(an: Client, opening: str) -> None:
    deep = opening * 10_000
    texts = [
        deep,
        f'{{"type":"ping","id":"1","x":{deep}',
        as_text({**SEND, "extra": "?"}).replace('"?"', deep),
    ]

    assert codes_of(an, *texts) == ["invalid"] * 3


def test_a_field_given_twice_is_invalid_and_named(an: Client) -> None:
    (error,) = answers_to(an, as_text({**SEND, "to": None})[:-1] + ', "content": "another"}')

    assert (error.code, error.id, error.errors) == ("invalid", "s1", {"content": "given twice"})


def test_a_type_given_twice_is_invalid(an: Client) -> None:
    assert codes_of(an, '{"type": "ping", "id": "1", "type": "leave"}') == ["invalid"]


def test_unknown_fields_are_ignored(an: Client) -> None:
    assert an.request("ping", of_a_later_version={"$ne": [None, 1.5]}, token=7)


def test_errors_are_for_developers_and_tell_nothing_of_the_inside(an: Client) -> None:
    (error,) = answers_to(an, as_text({**SEND, "content": {"$ne": None}}))

    assert "content" in str(error.errors)
    assert not any(word in str(error) for word in ("Traceback", "/work", "msgspec", "pymongo"))


# ---- what is too big


def padded_ping(size: int) -> str:
    """A ping of so many bytes."""
    start = '{"type":"ping","id":"big","x":"'
    return start + "x" * (size - len(start) - 2) + '"}'


def test_a_frame_of_exactly_64_kib_is_taken(an: Client) -> None:
    an.send_raw(padded_ping(MAX_FRAME_BYTES))

    an.wait_for(lambda event: event.get("type") == "pong", dict)


def test_a_bigger_message_ends_the_connection_whole_or_in_parts(an: Client, scene: Scene) -> None:
    other = scene.connect(an.user)

    an.send_raw(padded_ping(MAX_FRAME_BYTES + 1))
    other._link._socket.send(["x" * 20_000] * 4)

    assert an.wait_closed() == CloseCode.TOO_BIG
    assert other.wait_closed() == CloseCode.TOO_BIG


def test_a_message_in_parts_is_put_together(an: Client) -> None:
    text = padded_ping(MAX_FRAME_BYTES)
    an._link._socket.send([text[:10], text[10:40_000], text[40_000:]])

    an.wait_for(lambda event: event.get("type") == "pong", dict)


def test_a_character_may_be_cut_between_parts(an: Client) -> None:
    start, end = '{"type":"ping","id":"é"}'.encode().split(b"\xa9")
    an._link._socket.send([start, b"\xa9" + end], text=True)

    assert an.wait_for(lambda event: event.get("type") == "pong", dict)["id"] == "é"


def test_text_that_is_not_utf8_ends_the_connection(an: Client) -> None:
    an._link._socket.send(b'{"type":"ping","id":"\xff"}', text=True)

    assert an.wait_closed() == CloseCode.INVALID_DATA
