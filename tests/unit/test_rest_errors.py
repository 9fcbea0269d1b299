"""Every refusal has the one body, says what is wrong where, and nothing that is not the client's business."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Final

import msgspec
import pytest
import structlog
from structlog.contextvars import merge_contextvars
from structlog.testing import LogCapture
from werkzeug.test import TestResponse

from imapp.errors import RequestError, StoreUnavailable
from schemas.conversations import ReadState
from schemas.errors import MESSAGES, STATUS, ErrorBody, ErrorCode
from tests.unit.test_rest_guard import AN_IS_ASKING, IDS, make_app

MESSAGES_PATH: Final = f"/api/v1/channels/{IDS['channel_id']}/messages"


@pytest.fixture
def log() -> Iterator[LogCapture]:
    capture = LogCapture()
    structlog.configure(processors=[merge_contextvars, capture], cache_logger_on_first_use=False)
    yield capture
    structlog.reset_defaults()


def refused(answer: TestResponse) -> ErrorBody:
    """The body of a refusal, which must be nothing but that."""
    body = msgspec.json.decode(answer.data, type=ErrorBody)
    assert answer.content_type == "application/json"
    assert body.status == answer.status_code
    assert body.request_id == answer.headers["X-Request-Id"]
    assert set(json.loads(answer.data)) <= set(ErrorBody.__struct_fields__)
    return body


def users_when(error: Exception) -> TestResponse:
    """The answer to GET users when the service behind it raises this."""

    def people(_: object) -> None:
        raise error

    client = make_app(directory=SimpleNamespace(people=people)).test_client()
    return client.get("/api/v1/users", headers=AN_IS_ASKING)


def post(body: bytes | str, path: str = MESSAGES_PATH, **options: Any) -> TestResponse:
    """The answer to a body; no service is there to take it."""
    options = {"content_type": "application/json", **options}
    return make_app().test_client().post(path, data=body, headers=AN_IS_ASKING, **options)


def get(path: str) -> TestResponse:
    return make_app().test_client().get(path, headers=AN_IS_ASKING)


# ---- what services raise


@pytest.mark.parametrize("code", list(ErrorCode))
def test_a_refusal_carries_its_code_status_and_message(code: ErrorCode) -> None:
    answer = users_when(RequestError(code, user_ids=["bo"]))

    body = refused(answer)
    assert (body.code, body.status, body.message) == (code.value, STATUS[code], MESSAGES[code])
    assert body.errors == {"user_ids": ["bo"]}


def test_when_the_database_is_away_the_client_is_told_when_to_come_back() -> None:
    answer = users_when(StoreUnavailable("10.1.2.3:27017: timed out"))

    assert refused(answer).code == "busy"
    assert refused(answer).retry_after == 1.0
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert b"27017" not in answer.data


def test_a_wait_is_rounded_up_in_the_header() -> None:
    answer = users_when(RequestError(ErrorCode.RATE_LIMITED, retry_after=1.2))

    assert (answer.headers["Retry-After"], refused(answer).retry_after) == ("2", 1.2)


def test_what_nobody_expected_is_in_the_log_and_not_in_the_answer(log: LogCapture) -> None:
    answer = users_when(KeyError("the password is swordfish"))

    body = refused(answer)
    assert (body.status, body.code, body.errors) == (500, "internal", None)
    assert b"swordfish" not in answer.data
    (entry,) = log.entries
    assert (entry["event"], entry["request_id"]) == ("request_failed", body.request_id)
    assert isinstance(entry["exc_info"], KeyError)


# ---- what the framework refuses


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/me/",
        "//api/v1/me",
        "/api/v1//me",
        "/api/v1/channels/short",
        "/api/v1/channels/" + "C" * 24,
        "/api/v1/channels/" + "c" * 23 + "%0A",
        "/api/v1/messages/" + "c" * 24 + ".1",
        "/docs/../wsgi.py",
        "/docs/%2e%2e%2fwsgi.py",
        "/docs/index.html",
        "/static/x",
    ],
)
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert refused(get(path)).code == "not_found"


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_json_by_its_type_is_refused(content_type: str) -> None:
    answer = post('{"client_message_id":"1","content":"hi"}', content_type=content_type)

    assert (answer.status_code, refused(answer).code) == (415, "unsupported_media")


def test_a_body_may_have_64_kib_and_not_a_byte_more() -> None:
    full = json.dumps({"client_message_id": "1", "nonsense": "x"}).ljust(65_536)

    assert refused(post(full)).errors == {"nonsense": "unknown"}
    assert refused(post(full + " ")).code == "too_large"


# ---- what is wrong where


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"client_message_id": "required"}),
        ({"client_message_id": 1}, {"client_message_id": "Expected `str`, got `int`"}),
        ({"client_message_id": None}, {"client_message_id": "Expected `str`, got `null`"}),
        ({"client_message_id": ""}, {"client_message_id": "Expected `str` of length >= 1"}),
        ({"client_message_id": "1", "content": True}, {"content": "Expected `str`, got `bool`"}),
        ({"client_message_id": "1", "content": {"$ne": None}}, {"content": "Expected `str`, got `object`"}),
        ({"client_message_id": "1", "content": "x" * 5_001}, {"content": "Expected `str` of length <= 5000"}),
        ({"client_message_id": "1", "message_type": "poem"}, {"message_type": "Invalid enum value 'poem'"}),
        ({"client_message_id": "1", "mentions": [1]}, {"mentions[0]": "Expected `str`, got `int`"}),
        ({"client_message_id": "1", "sender": "bo"}, {"sender": "unknown"}),
        ({"client_message_id": "1", "code": "x"}, {"code": "unknown"}),
        ([], {"body": "Expected `object`, got `array`"}),
        (None, {"body": "Expected `object`, got `null`"}),
    ],
)
def test_a_wrong_body_is_refused_by_field(body: Any, errors: dict[str, str]) -> None:
    answer = post(json.dumps(body))

    assert refused(answer).code == "invalid"
    assert refused(answer).errors == errors


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a':1}",
        b'{"client_message_id":"1","content":"x"} and more',
        b'{"client_message_id":"1","extra":{"a":NaN}}',
        b'{"client_message_id":"1","extra":{"a":-Infinity}}',
        b'{"client_message_id":"1","extra":{"a":1e999}}',
        b'{"client_message_id":"1","content":"\\ud800"}',
        b'{"client_message_id":"1","content":"\xed\xa0\x80"}',
        b'{"client_message_id":"1","content":"\xff"}',
        b'{"client_message_id":"1","extra":{"a":' + b"[" * 60_000,
        b"\x00",
        b"\xff\xfe{\x00}\x00",
    ],
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    answer = post(body)

    assert (answer.status_code, refused(answer).code) == (422, "invalid")


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("limit=x", {"limit": "Expected `int`, got `str`"}),
        ("limit=1.0", {"limit": "Expected `int`, got `str`"}),
        ("limit=0", {"limit": "Expected `int` >= 1"}),
        ("limit=-1", {"limit": "Expected `int` >= 1"}),
        ("limit=101", {"limit": "Expected `int` <= 100"}),
        ("limit=" + "9" * 400, {"limit": "Expected `int`, got `str`"}),
        ("limit=٣", {"limit": "Expected `int`, got `str`"}),
        ("limit=", {"limit": "Expected `int`, got `str`"}),
        ("before=null", {"before": "Expected `int | null`, got `str`"}),
        ("limit=1&limit=2", {"limit": "given twice"}),
        ("before[$gt]=1", {"before[$gt]": "unknown"}),
        ("offset=10", {"offset": "unknown"}),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(query: str, errors: dict[str, str]) -> None:
    assert refused(get(f"{MESSAGES_PATH}?{query}")).errors == errors


@pytest.mark.parametrize(
    "path", ["/api/v1/me", f"/api/v1/channels/{IDS['channel_id']}", "/api/v1/health/live"]
)
def test_a_route_without_parameters_takes_none(path: str) -> None:
    assert refused(get(f"{path}?id[$ne]=1")).errors == {"id[$ne]": "unknown"}


def test_a_body_with_parameters_beside_it_is_refused() -> None:
    answer = post('{"client_message_id":"1","content":"hi"}', query_string={"content": "ho"})

    assert refused(answer).errors == {"content": "unknown"}


# ---- a read mark is answered when it is safe


@pytest.mark.parametrize(
    ("broker", "status"),
    [
        pytest.param(lambda answer: answer(True), 200, id="holds-it"),
        pytest.param(lambda answer: answer(False), 503, id="refuses-it"),
        pytest.param(lambda _: None, 503, id="says-nothing"),
    ],
)
def test_a_mark_is_answered_when_the_broker_holds_it(broker: Callable[[Any], None], status: int) -> None:
    state = ReadState(channel_id=IDS["channel_id"], read_seq=7, unread=0, unread_label="")
    taken: list[tuple[str, str, int]] = []

    def add(channel_id: str, user_id: str, seq: int, answer: Callable[[bool], None]) -> None:
        taken.append((channel_id, user_id, seq))
        broker(answer)

    app = make_app(
        conversations=SimpleNamespace(read_state=lambda *_: state),
        gateway=SimpleNamespace(marks=SimpleNamespace(add=add, highest=lambda *_: 0)),
        command_timeout_s=0.05,
    )
    path = f"/api/v1/conversations/{IDS['channel_id']}/read"

    answer = app.test_client().put(path, json={"seq": 9}, headers=AN_IS_ASKING)

    assert taken == [(IDS["channel_id"], "an", 7)]
    assert answer.status_code == status
    if status == 503:
        assert (refused(answer).code, answer.headers["Retry-After"]) == ("busy", "1")
