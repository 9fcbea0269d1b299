"""Hostile values in every field, parameter and path of REST: one clear error each, nothing else happens.

The cases are made from the OpenAPI document, which is compared with what runs by a test of its own.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.hostile import OPERATORS as NO_BODIES
from tests.support.hostile import Schema, Shapes
from tests.support.people import traces_of
from tests.support.processes import ROOT
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.waiting import PATIENCE_S

DOCUMENT: Final = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
SHAPES: Final = Shapes(DOCUMENT["components"]["schemas"])
START: Final = "/api/v1"
JSON: Final = {"Content-Type": "application/json"}
# No path has these, however they are written.
NO_SEGMENTS: Final = (
    *(
        "%00",
        "%0a",
        "%0d%0aX:1",
        "..",
        "%2e%2e",
        "%2e%2e%2fme",
        "a%2fb",
        "$ne",
        "%24where",
        "[$ne]",
        "{}",
        "%7b%22$ne%22:1%7d",
    ),
    *("%ff%fe", "%ed%a0%80", "%c0%ae", "x" * 300, "%20", "a%20b", "%e2%80%ae", "*", ";x=1", "a;b", "%25"),
)
TEXTS: Final = (
    "",
    " ",
    "\0",
    "a\0b",
    "a\r\nSet-Cookie: x=1",
    "{",
    "NaN",
    "1e999",
    "-1",
    "0",
    "1.5",
    "0x1",
    "٣",
    "9" * 400,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    described: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def body(self) -> Schema | None:
        """The schema of its JSON body, None if it takes none."""
        content = self.described.get("requestBody", {}).get("content", {})
        schema: Schema | None = content.get("application/json", {}).get("schema")
        return schema

    def parameters(self, place: str) -> dict[str, Schema]:
        """Its parameters in the query or in the path."""
        return {
            part["name"]: part for part in self.described.get("parameters", ()) if part.get("in") == place
        }

    def address(self, **segments: str) -> str:
        """Its path with ids that nothing has, or with these segments."""
        good = {name: str(SHAPES.good(part["schema"])) for name, part in self.parameters("path").items()}
        return self.path.removeprefix(START).format_map({**good, **segments})

    def query(self) -> dict[str, Any]:
        """What it must have in its query."""
        return {
            name: SHAPES.good(part["schema"])
            for name, part in self.parameters("query").items()
            if part.get("required")
        }


def operations() -> Iterator[Operation]:
    """All of them, but for those whose callers are few."""
    for path, methods in DOCUMENT["paths"].items():
        shared = methods.get("parameters", [])
        for method, described in methods.items():
            if method != "parameters" and "/admin/" not in path:
                whole = {**described, "parameters": [*shared, *described.get("parameters", [])]}
                yield Operation(method.upper(), path, whole)


OPERATIONS: Final = list(operations())
WITH_BODY: Final = [operation for operation in OPERATIONS if operation.body]
BODY_FIELDS: Final = [
    (operation, name) for operation in WITH_BODY for name in SHAPES.fields(operation.body or {})
]
PARAMETERS: Final = [(operation, name) for operation in OPERATIONS for name in operation.parameters("query")]
SEGMENTS: Final = [(operation, name) for operation in OPERATIONS for name in operation.parameters("path")]


@pytest.fixture
def eve(scene: Scene) -> Iterator[RestClient]:
    """Somebody hostile; nothing that she sends is stored, or breaks anything."""
    (user,) = scene.people("eve")
    yield scene.rest(user)
    assert set(traces_of(scene.cluster.database, user).values()) == {0}
    assert "request_failed" not in scene.cluster.logs("gateway-0")


def send_body(eve: RestClient, operation: Operation, body: bytes) -> requests.Response:
    return eve.call(operation.method, operation.address(), params=operation.query(), data=body, headers=JSON)


def body_with(operation: Operation, **fields: str) -> bytes:
    """A body in which nothing is wrong but these fields."""
    good = SHAPES.good(operation.body or {})
    texts = {**{name: json.dumps(value) for name, value in good.items()}, **fields}
    return ("{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in texts.items()) + "}").encode()


def check_refused(response: requests.Response, *, status: int = 422) -> None:
    error = response.json()
    assert (response.status_code, error["status"], error["code"]) == (status, status, "invalid"), error
    assert error["request_id"] == response.headers["X-Request-Id"]


@pytest.mark.parametrize(("operation", "field"), BODY_FIELDS, ids=str)
def test_every_hostile_value_of_a_field_is_refused(eve: RestClient, operation: Operation, field: str) -> None:
    hostile = SHAPES.bad(SHAPES.fields(operation.body or {})[field])
    assert hostile

    for value in hostile:
        check_refused(send_body(eve, operation, body_with(operation, **{field: value})))


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
@pytest.mark.parametrize("wrong", ["missing", "twice", "operator", "unknown"])
def test_a_field_that_is_missing_twice_or_unknown_is_refused(
    eve: RestClient, operation: Operation, wrong: str
) -> None:
    whole = json.loads(body_with(operation))
    for name in SHAPES.required(operation.body or {}):
        rest = {other: value for other, value in whole.items() if other != name}
        bodies = {
            "missing": json.dumps(rest),
            "twice": json.dumps(whole)[:-1] + f",{json.dumps(name)}:{json.dumps(whole[name])}}}",
            "operator": json.dumps({**rest, f"{name}[$ne]": ""}),
            "unknown": json.dumps({**whole, "sender": "bo", "seq": 1, "role": "owner"}),
        }
        check_refused(send_body(eve, operation, bodies[wrong].encode()))


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_what_is_no_object_is_refused(eve: RestClient, operation: Operation) -> None:
    texts = [
        "",
        " ",
        "{",
        "[]",
        "null",
        "7",
        '"x"',
        "{}{}",
        "\ufeff{}",
        "[" * 30_000,
        '{"a":' * 10_000,
        *NO_BODIES,
    ]
    for body in [
        *(text.encode() for text in texts),
        b"\xff\xfe",
        b"\x00",
        b'{"\xff":1}',
        "{}".encode("utf-16"),
    ]:
        check_refused(send_body(eve, operation, body))


@pytest.mark.parametrize(("operation", "name"), PARAMETERS, ids=str)
def test_every_hostile_value_of_a_parameter_is_refused(
    eve: RestClient, operation: Operation, name: str
) -> None:
    schema = SHAPES.of(operation.parameters("query")[name]["schema"])
    texts = [*TEXTS, *(text for text in map(unquoted, SHAPES.bad(schema)) if text is not None)]
    required = operation.query()

    for text in dict.fromkeys(texts):
        if not fits(schema, text):
            check_refused(eve.call(operation.method, operation.address(), params={**required, name: text}))


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_parameters_that_nobody_knows_are_refused(eve: RestClient, operation: Operation) -> None:
    body = body_with(operation) if operation.body else None
    names = [*operation.parameters("query"), "user_id"]
    queries = [f"{name}{suffix}=1" for name in names for suffix in ("[$ne]", "[]", ".x", "%00", "$")]
    queries += [f"{name}=%ff" for name in operation.parameters("query")]
    for query in [*queries, "%ff=1", "a=%ff", "a=%ed%a0%80", *(f"{name}=1&{name}=1" for name in names)]:
        address = f"{operation.address()}?{query}"
        check_refused(eve.call(operation.method, address, data=body, headers=JSON if body else {}))


@pytest.mark.parametrize(("operation", "name"), SEGMENTS, ids=str)
def test_a_path_that_is_none_is_not_there(eve: RestClient, operation: Operation, name: str) -> None:
    body = body_with(operation) if operation.body else None
    for segment in NO_SEGMENTS:
        address = START + operation.address(**{name: segment})

        assert status_of(eve, operation.method, address, body) in (404, 405), segment


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "CONNECT", "PROPFIND", "X" * 20, "DEBUG"])
def test_a_method_that_nobody_knows_is_not_there(eve: RestClient, operation: Operation, method: str) -> None:
    assert eve.call(method, operation.address()).status_code in (400, 404, 405)


def status_of(eve: RestClient, method: str, address: str, body: bytes | None) -> int:
    """The status for an address as it stands; requests would mend it."""
    with closing(HTTPConnection(urlsplit(eve.url).netloc, timeout=PATIENCE_S)) as connection:
        headers = {"Authorization": str(eve.session.headers["Authorization"]), **JSON}
        connection.request(method, address, body=body, headers=headers)
        return connection.getresponse().status


def unquoted(text: str) -> str | None:
    """A JSON text as it would stand in a query, None if it can't."""
    try:
        value = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        found = value if isinstance(value, str) else text
        found.encode()
    except (ValueError, RecursionError):
        return None
    return found


def fits(schema: Schema, text: str) -> bool:
    """Whether a parameter's text is a value of its schema: then it is no mistake."""
    if schema.get("type") == "integer":
        if not re.fullmatch(r"-?[0-9]{1,15}", text, re.ASCII):
            return False
        return bool(schema.get("minimum", 0) <= int(text) <= schema.get("maximum", 2**60))
    if "enum" in schema:
        return text in schema["enum"]
    long_enough = schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", 10**6)
    return long_enough and bool(re.search(schema.get("pattern", ""), text))
