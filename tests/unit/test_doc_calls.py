"""Every REST call that a page shows, in its examples or in passing, is one that there is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import jsonschema_rs
import msgspec
import pytest

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "README.zh-CN.md"])
DOCUMENT: Final = msgspec.json.decode((ROOT / "docs" / "openapi.json").read_bytes())
PREFIX: Final = "/api/v1"

_METHOD: Final = r"(?P<method>GET|POST|PUT|PATCH|DELETE)"
_EXAMPLE: Final = re.compile(
    rf"^(?:[a-z/]+ )?(?:-> )?{_METHOD} +(?P<path>/\S+)(?: +(?P<body>\{{.*))?$", re.MULTILINE
)
_IN_PASSING: Final = re.compile(rf"`{_METHOD}(?:/[A-Z]+)* (?P<path>/[^\s`]+)`")
_FENCE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_ELSEWHERE: Final = ("/metrics", "/docs", "/login")


def calls(text: str) -> Iterator[re.Match[str]]:
    for fence in _FENCE.finditer(text):
        yield from _EXAMPLE.finditer(fence[0])
    yield from _IN_PASSING.finditer(_FENCE.sub("", text))


def operation(method: str, path: str) -> dict[str, Any] | None:
    """What the document says of a call; a parameter of the page may be a name of any kind."""
    wanted = path.removeprefix(PREFIX).split("/")
    for template, operations in DOCUMENT["paths"].items():
        parts = template.removeprefix(PREFIX).split("/")
        if len(parts) == len(wanted) and all(
            one == other or one.startswith("{") for one, other in zip(parts, wanted, strict=True)
        ):
            found: dict[str, Any] | None = operations.get(method.lower())
            if found is not None:
                return found
    return None


def fault(call: re.Match[str]) -> str:
    """What is wrong with a call, nothing if it is fine."""
    path, _, query = call["path"].partition("?")
    found = operation(call["method"], path)
    if found is None:
        return "there is no such route"
    known = {one["name"] for one in found.get("parameters", ()) if one["in"] == "query"}
    unknown = {name for name, _ in parse_qsl(query, keep_blank_values=True)} - known
    if unknown:
        return f"it does not take {sorted(unknown)}"
    body = call.groupdict().get("body")
    return wrong_body(found, body) if body else ""


def wrong_body(found: dict[str, Any], body: str) -> str:
    content = found.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return "it takes no body"
    schema = {**content["application/json"]["schema"], "components": DOCUMENT["components"]}
    try:
        jsonschema_rs.Draft202012Validator(schema).validate(msgspec.json.decode(body))
    except (jsonschema_rs.ValidationError, msgspec.DecodeError) as error:
        return str(error).splitlines()[0]
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_call_of_a_page_is_one_that_there_is(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    wrong = {
        call[0]: said
        for call in calls(text)
        if not call["path"].startswith(_ELSEWHERE) and (said := fault(call))
    }

    assert wrong == {}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("GET /admin/users?name=An&limit=50", ""),
        ("GET /admin/users?nome=An", "it does not take ['nome']"),
        ("GET /admin/usres", "there is no such route"),
        ("DELETE /admin/users", "there is no such route"),
        ('POST /admin/users/bo/disable {"reason": 5}', "5 is not of type"),
        ('GET /admin/users {"name": "An"}', "it takes no body"),
    ],
)
def test_what_is_wrong_is_said(call: str, said: str) -> None:
    match = _EXAMPLE.match(call)

    assert match is not None
    assert fault(match).startswith(said)
    assert bool(fault(match)) is bool(said)
