"""Hostile values in every field of every request of the socket: one clear error each, nothing else happens.

The cases are made from the schemas, so a new frame is tried without a word here.
"""

import json
from collections.abc import Iterator
from typing import Final, get_args

import msgspec
import pytest

from schemas import frames
from tests.support.client import Client
from tests.support.hostile import OPERATORS, Shapes
from tests.support.people import traces_of
from tests.support.scene import Scene

_, _COMPONENTS = msgspec.json.schema_components(get_args(frames.ClientFrame), ref_template="#/{name}")
SHAPES: Final = Shapes(_COMPONENTS)
FRAMES: Final = {
    str(shape.__struct_config__.tag): _COMPONENTS[shape.__name__] for shape in get_args(frames.ClientFrame)
}
FIELDS: Final = [
    (kind, name) for kind, shape in FRAMES.items() for name in SHAPES.fields(shape) if name != "type"
]


@pytest.fixture
def eve(scene: Scene) -> Iterator[Client]:
    """Somebody hostile; nothing that she sends is stored, or breaks anything."""
    (user,) = scene.people("eve")
    yield scene.connect(user)
    assert set(traces_of(scene.cluster.database, user).values()) == {0}
    assert "request_failed" not in scene.cluster.logs("gateway-0")


def request_with(kind: str, field: str, value: str) -> str:
    """A request in which nothing is wrong but one field."""
    shape = FRAMES[kind]
    wanted = [*SHAPES.required(shape), *(["channel_id"] if kind == "send" and field != "to" else [])]
    fields = {name: json.dumps(SHAPES.good(SHAPES.fields(shape)[name])) for name in wanted}
    fields |= {"content": '"hi"'} if kind == "send" else {}
    fields |= {"id": json.dumps(field), "type": json.dumps(kind), field: value}
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in fields.items()) + "}"


def errors_of(client: Client, texts: list[str]) -> list[frames.ErrorReply]:
    """What these are answered with, on a socket that goes on."""
    before = len(client.events(frames.ErrorReply))
    for text in texts:
        client.send_raw(text)
    client.request("ping")  # its answer comes behind theirs
    return client.events(frames.ErrorReply)[before:]


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_every_hostile_value_of_a_field_gets_one_error(eve: Client, kind: str, field: str) -> None:
    hostile = SHAPES.bad(SHAPES.fields(FRAMES[kind])[field])
    assert hostile

    errors = errors_of(eve, [request_with(kind, field, value) for value in hostile])

    wrong = [
        (value[:60], error) for value, error in zip(hostile, errors, strict=True) if error.code != "invalid"
    ]
    assert wrong == []
    assert all(error.message and error.errors for error in errors)


@pytest.mark.parametrize("kind", FRAMES)
def test_an_operator_as_the_name_of_a_field_does_nothing(eve: Client, kind: str) -> None:
    """A field that nobody knows is ignored, and then a required one is missing."""
    shape = FRAMES[kind]
    required = [name for name in SHAPES.required(shape) if name not in ("type", "id")]
    texts = [
        request_with(kind, name, "null").replace(f'"{name}":null', f'"{name}[$ne]":""') for name in required
    ]

    assert [error.code for error in errors_of(eve, texts)] == ["invalid"] * len(required)


@pytest.mark.parametrize("kind", FRAMES)
def test_a_field_that_comes_twice_is_refused(eve: Client, kind: str) -> None:
    shape = FRAMES[kind]
    texts = []
    for name in SHAPES.required(shape):
        good = json.dumps("twice" if name == "id" else SHAPES.good(SHAPES.fields(shape)[name]))
        texts.append(request_with(kind, "id", '"twice"')[:-1] + f",{json.dumps(name)}:{good}}}")

    assert [error.code for error in errors_of(eve, texts)] == ["invalid"] * len(texts)


@pytest.mark.parametrize("key", ["$where", "", "a.b", "$", "a\0", "a\r\n"])
@pytest.mark.parametrize("place", ["{{{0}:1}}", '{{"a":{{{0}:1}}}}', '{{"a":[{{{0}:1}}]}}'])
def test_what_the_database_would_read_as_an_operator_is_no_key(eve: Client, key: str, place: str) -> None:
    text = request_with("send", "extra", place.format(json.dumps(key)))

    assert [error.code for error in errors_of(eve, [text])] == ["invalid"]


@pytest.mark.parametrize("value", OPERATORS)
def test_an_operator_is_no_request(eve: Client, value: str) -> None:
    assert [error.code for error in errors_of(eve, [value, f"[{value}]"])] == ["invalid"] * 2
