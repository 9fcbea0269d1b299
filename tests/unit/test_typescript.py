"""The TypeScript types: complete, true to the schemas, and those that are committed."""

import re
from pathlib import Path
from typing import Final

import pytest

from imapp.app import create_document, create_types
from imapp.contracts.asyncapi import REQUESTS, SERVER_FRAMES
from schemas.errors import ErrorCode

COMMITTED: Final = Path(__file__).parents[2] / "docs" / "imapp.d.ts"
TYPES: Final = create_types()


def declared(name: str) -> str:
    """The text of one exported declaration."""
    found = re.search(
        rf"^export (?:interface|type) {name}\b(?:[^{{;]*;| {{$.*?^}}|[^;]*;)$",
        TYPES,
        re.MULTILINE | re.DOTALL,
    )
    assert found, f"{name} is not declared"
    return found[0]


def field(shape: str, name: str) -> str:
    found = re.search(
        rf"^export interface {shape} {{$.*?^  ({name}\??: [^\n]*);$", TYPES, re.MULTILINE | re.DOTALL
    )
    assert found, f"{shape} has no {name}"
    return found[1]


def test_the_committed_types_are_up_to_date() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == TYPES, "run `make contracts` and commit docs/imapp.d.ts"


@pytest.mark.parametrize("name", sorted(create_document()["components"]["schemas"]))
def test_every_rest_body_is_declared(name: str) -> None:
    assert declared(name)


def test_every_frame_is_declared_and_in_its_union() -> None:
    for request in REQUESTS:
        assert declared(request.__name__)
        assert f"  | {request.__name__}\n" in declared("ClientFrame").replace(";", "\n")
    told = declared("Event") + declared("Reply")
    for frame in SERVER_FRAMES:
        assert f"  | {frame.__name__}" in told


def test_nothing_is_declared_twice() -> None:
    names = re.findall(r"^export (?:interface|type) (\w+)", TYPES, re.MULTILINE)

    assert sorted(set(names)) == sorted(names)


def test_types_of_fields() -> None:
    assert field("Send", "type") == 'type: "send"'
    assert field("Send", "channel_id") == "channel_id?: string | null"
    assert field("Send", "message_type") == "message_type?: MessageType"
    assert field("Send", "mentions") == "mentions?: string[]"
    assert field("HelloReply", "limits") == "limits: { [name: string]: number }"
    assert field("HistoryReply", "entries") == "entries: Entry[]"
    assert field("Conversation", "last_message") == "last_message: Preview | null"
    assert field("ErrorReply", "code") == "code: ErrorCode"
    assert field("ErrorReply", "errors") == "errors?: { [name: string]: unknown } | null"


def test_each_request_names_its_reply() -> None:
    replies = declared("Replies")

    assert "  send: WrittenReply;" in replies
    assert "  received: never;" in replies


def test_every_error_code_is_in_its_union() -> None:
    for code in ErrorCode:
        assert f'  | "{code.value}"' in declared("ErrorCode")
