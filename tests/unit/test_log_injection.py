"""What a client sends can't forge a line of the log, nor steer the terminal of who reads it."""

import io
import logging
from collections.abc import Callable, Iterator
from typing import Final

import pytest
import structlog

from imapp import logs

STEERING: Final = (
    "an\r\n2026-11-24 [info] forged part=gateway",
    "an\nforged",
    "\x1b[2J\x1b[31mred",
    "\x9b2J",
    "\x1b]0;title\x07",
    "\u202egnp.exe",
    "a\u2028b\x85c",
    "a\x00b\x08\x7f",
)
RAW: Final = "\r\x00\x07\x08\x7f\x85\x9b\u2028\u202e"

Capture = Callable[[], str]


@pytest.fixture(params=["people", "machines"])
def log(request: pytest.FixtureRequest) -> Iterator[Capture]:
    """All that was logged since the start of the test, for people and for machines."""
    root, level, stream = list(logging.root.handlers), logging.root.level, io.StringIO()
    logs.configure_logs(human=request.param == "people", role="gateway", stream=stream)
    yield stream.getvalue
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(capture=False)
    logging.root.handlers[:] = root
    logging.root.setLevel(level)


@pytest.mark.parametrize("text", STEERING, ids=repr)
def test_a_field_stays_on_its_line_and_steers_nothing(log: Capture, text: str) -> None:
    logs.get_log("test").info("refused", name=text, nested={"names": [text]}, why=ValueError(text))

    written = log()
    assert len(written.rstrip("\n").splitlines()) == 1
    assert not set(written) & set(RAW)
    assert "\x1b[2J" not in written
    assert "\x1b]" not in written


@pytest.mark.parametrize("text", STEERING, ids=repr)
def test_the_text_of_an_error_steers_nothing(log: Capture, text: str) -> None:
    logs.get_log("test").error("request_failed", exc_info=ValueError(text))

    written = log()
    assert not set(written) & set(RAW)
    assert "\x1b[2J" not in written
    assert "\x1b]" not in written


@pytest.mark.parametrize("text", STEERING, ids=repr)
def test_what_a_library_logs_stays_on_its_line(log: Capture, text: str) -> None:
    logging.getLogger("gunicorn.error").warning("Invalid request from ip=%s: %s", "127.0.0.1", text)

    written = log()
    assert len(written.rstrip("\n").splitlines()) == 1
    assert not set(written) & set(RAW)
