"""What a line must not hold is taken out of it, and libraries' lines look like ours."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from pymongo.errors import BulkWriteError

from imapp import logs
from imapp.errors import StoreUnavailable
from imapp.logs.libraries import LibraryHandler
from imapp.stores.mongo import mapped_errors

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbiJ9.c2lnbmF0dXJl"


class Lines(io.StringIO):
    """What a process writes as its log."""

    def __call__(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def set_level(self, level: str) -> None:
        logs.configure_logs(human=False, role="gateway", level=level, stream=self)


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log since the start of the test; afterwards all is as it was before."""
    root, level, stream = list(logging.root.handlers), logging.root.level, Lines()
    stream.set_level("info")
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(capture=False)
    logging.root.handlers[:] = root
    logs.trace.on = False
    logging.root.setLevel(level)


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {TOKEN}",
        f"Authorization: bearer {TOKEN}, Basic",
        f"no header, just {TOKEN} in a text",
        f"GET /ws?token={TOKEN}&device=1 HTTP/1.1",
        "GET /ws?code=c2lnbmF0dXJl HTTP/1.1",
        "can't reach amqp://imapp:c2lnbmF0dXJl@broker:5672//",
    ],
)
def test_no_secret_passes_whatever_field_it_comes_in(lines: Lines, text: str) -> None:
    logs.get_log("test").info("event", error=text, nested={"deep": [text]})
    _fail(text)

    assert "c2lnbmF0dXJl" not in json.dumps(lines())


def _fail(text: str) -> None:
    try:
        int(text)
    except ValueError:
        logs.get_log("test").exception("failed")


def test_what_is_around_a_secret_stays_readable(lines: Lines) -> None:
    logs.get_log("test").info("event", error="can't reach amqp://imapp:hunter2@broker:5672//chat, is it up?")

    assert lines()[0]["error"] == "can't reach amqp://imapp:[removed]@broker:5672//chat, is it up?"


@pytest.mark.parametrize("name", ["token", "content", "authorization", "payload", "body"])
def test_fields_named_like_a_secret_are_empty(lines: Lines, name: str) -> None:
    logs.get_log("test").info("event", **{name: "hello"})

    assert lines()[0][name] == "[removed]"


def test_a_library_logs_in_our_form_and_only_its_first_line(lines: Lines) -> None:
    logs.bind(batch="b1")
    logging.getLogger("celery.worker.consumer").error("\nReceived %s\n\nbody: %s", "rubbish", "hello")

    (line,) = lines()
    assert (line["event"], line["part"], line["level"]) == ("library", "celery", "error")
    assert (line["message"], line["batch"], line["role"]) == ("Received rubbish", "b1", "gateway")


def test_a_record_that_can_not_be_formatted_does_no_harm(lines: Lines) -> None:
    LibraryHandler().emit(logging.LogRecord("kombu", logging.WARNING, "", 1, "%d messages", ("hello",), None))

    assert lines() == []


def test_libraries_never_show_what_they_do_in_detail(lines: Lines) -> None:
    lines.set_level("debug")
    logging.getLogger("pymongo.command").debug("insert hello")

    assert lines() == []


def test_a_trace_is_silent_until_the_level_is_debug(lines: Lines) -> None:
    off = logs.trace.on
    logs.trace("command_taken")
    lines.set_level("debug")
    logs.trace("command_sent")

    assert (off, logs.trace.on) == (False, True)
    assert [line["event"] for line in lines()] == ["command_sent"]


def test_what_the_database_refused_is_not_quoted(lines: Lines) -> None:
    details = {"writeErrors": [{"index": 0, "code": 121, "errmsg": "no", "op": {"content": "hello"}}]}
    try:
        with mapped_errors():
            raise BulkWriteError(details)
    except StoreUnavailable as error:
        logs.get_log("test").exception("failed", error=str(error))

    assert "hello" not in json.dumps(lines())
