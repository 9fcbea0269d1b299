"""The AsyncAPI document: complete, sound, true to the registries, and the one that is committed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from imapp.contracts.asyncapi import REQUESTS, SERVER_FRAMES, create_asyncapi
from imapp.contracts.frame_examples import FRAME_EXAMPLES
from imapp.ws.verbs import VERBS
from schemas import frames
from schemas.errors import ADVICE, MESSAGES, STATUS, CodeName, ErrorCode
from tests.unit.test_rest_guard import make_app

COMMITTED: Final = Path(__file__).parents[2] / "docs" / "asyncapi.json"
DOCUMENT: Final = create_asyncapi()
ALL_FRAMES: Final = (*REQUESTS, *SERVER_FRAMES)
# What an AsyncAPI 3.0 document may have where; its own schema is not to be had as a Python package.
ROOT: Final = {"asyncapi", "info", "defaultContentType", "servers", "channels", "operations", "components"}
OPERATION: Final = {"action", "title", "summary", "channel", "messages", "reply"}
MESSAGE: Final = {"name", "title", "summary", "contentType", "payload", "correlationId", "examples"}


def references(part: Any) -> Iterator[str]:
    """All `$ref`s in a part of the document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from references(inner)


def resolve(reference: str) -> Any:
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_the_committed_document_is_up_to_date() -> None:
    written = json.dumps(create_asyncapi(), indent=2, ensure_ascii=False) + "\n"

    assert COMMITTED.read_text(encoding="utf-8") == written, (
        "run `make contracts` and commit docs/asyncapi.json"
    )


def test_it_has_the_form_of_asyncapi_3() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert set(DOCUMENT) == ROOT
    for operation in DOCUMENT["operations"].values():
        assert {key for key in operation if not key.startswith("x-")} <= OPERATION
        assert operation["action"] in ("send", "receive")
    for message in DOCUMENT["components"]["messages"].values():
        assert set(message) <= MESSAGE


def test_every_reference_leads_somewhere() -> None:
    for reference in set(references(DOCUMENT)):
        assert resolve(reference)


def test_operations_speak_of_messages_of_their_channel() -> None:
    for operation in DOCUMENT["operations"].values():
        for part in (operation, operation.get("reply", operation)):
            prefix = part["channel"]["$ref"] + "/messages/"
            assert all(message["$ref"].startswith(prefix) for message in part["messages"])


def test_every_request_has_an_operation_with_its_reply_or_none() -> None:
    for request in REQUESTS:
        operation = DOCUMENT["operations"][str(request.__struct_config__.tag)]
        reply = frames.REPLIES[request]
        names = [message["$ref"].rpartition("/")[2] for message in operation["reply"]["messages"]]
        assert names == ([reply.__name__] if reply else []) + ["ErrorReply"]


def test_the_registries_know_the_same_requests() -> None:
    assert set(get_args(frames.ClientFrame)) == set(frames.REPLIES), "ClientFrame and REPLIES differ"
    assert set(VERBS) == set(frames.REPLIES) - {frames.Hello}, "VERBS and REPLIES differ"


def test_events_are_told_apart_by_their_type() -> None:
    tags = [event.__struct_config__.tag for event in frames.EVENTS]

    assert len(set(tags)) == len(tags)
    assert not set(tags) & {"ok", "error", "pong"}


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])


@pytest.mark.parametrize("frame", ALL_FRAMES, ids=lambda frame: frame.__name__)
def test_every_frame_has_a_sentence_and_an_example_that_fits_it(frame: type) -> None:
    assert frame in FRAME_EXAMPLES, (
        f"{frame.__name__} has no example: add one to imapp/contracts/frame_examples.py"
    )
    message = DOCUMENT["components"]["messages"][frame.__name__]
    schema = {**resolve(message["payload"]["schema"]["$ref"]), "components": DOCUMENT["components"]}

    assert message["summary"].endswith((".", "?"))
    for example in message["examples"]:
        Draft202012Validator(schema).validate(example["payload"])
        assert isinstance(msgspec.convert(example["payload"], frame), frame)


def test_what_the_server_always_sends_is_required() -> None:
    schemas = DOCUMENT["components"]["schemas"]

    assert "peer" in schemas["Conversation"]["required"], "it has a default, and is sent all the same"
    assert "extra" not in schemas["MessageEvent"]["required"], "it is left out when empty"
    assert "content" not in schemas["Send"]["required"], "a client may leave it out"


def test_every_close_code_and_every_error_code_is_explained() -> None:
    channel = DOCUMENT["channels"]["socket"]

    assert set(frames.CLOSE_REASONS) == set(frames.CloseCode), "CLOSE_REASONS lacks a code"
    for explained in (STATUS, MESSAGES, ADVICE):
        assert set(explained) == set(ErrorCode), "a code lacks its status, message or advice"
    assert [close["code"] for close in channel["x-close-codes"]] == sorted(frames.CloseCode)
    assert [error["code"] for error in channel["x-error-codes"]] == list(ErrorCode)
    assert msgspec.json.schema(CodeName)["enum"] == list(ErrorCode)


# ---- the page that shows it


def test_the_document_is_served_to_anybody() -> None:
    assert make_app().test_client().get("/api/v1/asyncapi.json").get_json() == DOCUMENT


def test_the_page_shows_every_frame_error_and_close_code() -> None:
    page = make_app().test_client().get("/docs/socket").text

    for frame in ALL_FRAMES:
        assert f'id="{frame.__name__}"' in page
    for code in ErrorCode:
        assert f'id="error-{code.value}"' in page
    for close in frames.CloseCode:
        assert f"<td>{close.value}</td>" in page


def test_every_link_on_the_page_leads_somewhere() -> None:
    page = make_app().test_client().get("/docs/socket").text
    places = {part.partition('"')[0] for part in page.split(' id="')[1:]}
    links = {part.partition('"')[0] for part in page.split('href="')[1:]}

    assert {link[1:] for link in links if link.startswith("#")} <= places
    # Relative, so that the page also works behind a prefix.
    assert {link for link in links if not link.startswith("#")} == {
        "../docs",
        "../api/v1/asyncapi.json",
        "socket.css",
        "favicon-32x32.png",
    }


def test_the_page_has_no_script_and_loads_nothing_from_elsewhere() -> None:
    client = make_app().test_client()
    page = client.get("/docs/socket")

    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "src=" not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    style = client.get("/docs/socket.css")
    assert style.mimetype == "text/css"
    assert "url(" not in style.text


def test_the_rest_page_leads_to_it() -> None:
    assert 'href="docs/socket"' in make_app().test_client().get("/docs").text
