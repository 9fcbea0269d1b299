"""The check of all frames finds planted breaches, and takes what is right."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from imapp.contracts.asyncapi import SERVER_FRAMES
from imapp.contracts.frame_examples import FRAME_EXAMPLES
from schemas import frames
from tests.support.contract import Contract, check_contract

SEND = FRAME_EXAMPLES[frames.Send]
STORED = FRAME_EXAMPLES[frames.WrittenReply]
MESSAGE = FRAME_EXAMPLES[frames.MessageEvent]
REFUSED = {"type": "error", "id": SEND["id"], "code": "invalid", "message": "No."}


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """No planted breach fails the test that planted it."""
    yield
    try:
        check_contract()
    except AssertionError:
        return


def verdict(*received: Any, sent: Any = ()) -> str:
    """What the check says about these frames; empty for nothing."""
    contract = Contract()
    for frame in sent:
        contract.sent(frame if isinstance(frame, str) else json.dumps(frame))
    for frame in received:
        contract.received(frame if isinstance(frame, str) else json.dumps(frame))
    try:
        check_contract()
    except AssertionError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("event", frames.EVENTS, ids=lambda event: event.__name__)
def test_an_event_of_the_document_passes(event: type) -> None:
    assert verdict(FRAME_EXAMPLES[event]) == ""


@pytest.mark.parametrize(
    ("request_kind", "reply"), [pair for pair in frames.REPLIES.items() if pair[1]], ids=str
)
def test_a_request_and_its_reply_pass(request_kind: type, reply: type) -> None:
    asked = FRAME_EXAMPLES[request_kind]

    assert verdict({**FRAME_EXAMPLES[reply], "id": asked["id"]}, sent=[asked]) == ""


@pytest.mark.parametrize("frame", SERVER_FRAMES, ids=lambda frame: frame.__name__)
def test_an_unknown_field_of_the_servers_is_a_breach(frame: type) -> None:
    asked = [FRAME_EXAMPLES[kind] for kind, reply in frames.REPLIES.items() if reply is frame][:1]
    wrong = {**FRAME_EXAMPLES[frame], "surprise": 1, **({"id": asked[0]["id"]} if asked else {})}

    assert "surprise" in verdict(wrong, sent=asked)


def test_an_unknown_field_deep_inside_is_a_breach() -> None:
    page = FRAME_EXAMPLES[frames.HistoryReply]
    wrong = {**page, "entries": [{**page["entries"][0], "surprise": 1}]}

    assert "surprise" in verdict(wrong, sent=[FRAME_EXAMPLES[frames.History]])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({**MESSAGE, "seq": 0}, "minimum"),
        ({**MESSAGE, "seq": "1"}, "integer"),
        ({**MESSAGE, "message_type": "telegram"}, "telegram"),
        ({**MESSAGE, "server_time": "today"}, "date-time"),
        ({name: value for name, value in MESSAGE.items() if name != "sender"}, "sender"),
        ({"type": "surprise"}, "no such event"),
        ({**REFUSED, "id": "9"}, "not asked"),
        ({**STORED, "id": "9"}, "not asked"),
        ("{", "no JSON"),
    ],
)
def test_a_wrong_frame_is_a_breach(wrong: Any, said: str) -> None:
    assert said in verdict(wrong)


@pytest.mark.parametrize(
    ("asked", "reply"), [(frames.Read, frames.WrittenReply), (frames.Ping, frames.ReadReply)]
)
def test_the_reply_to_something_else_is_a_breach(asked: type, reply: type) -> None:
    assert "not a" in verdict(FRAME_EXAMPLES[reply], sent=[FRAME_EXAMPLES[asked]])


def test_a_reply_where_none_is_announced_is_a_breach() -> None:
    assert "never answered" in verdict(STORED, sent=[FRAME_EXAMPLES[frames.Received]])


def test_a_second_reply_is_a_breach() -> None:
    assert "not asked" in verdict(STORED, STORED, sent=[SEND])


def test_a_request_that_does_not_fit_must_not_be_answered() -> None:
    assert "does not fit" in verdict(STORED, sent=[{**SEND, "client_message_id": ""}])


def test_a_request_that_fits_must_not_be_refused_for_its_form() -> None:
    refused = {**REFUSED, "errors": {"frame": "Expected `str`"}}

    assert "for its form" in verdict(refused, sent=[SEND])
    assert verdict(refused, sent=[{**SEND, "content": 7}]) == ""
    assert verdict({**REFUSED, "errors": {"to": "yourself"}}, sent=[SEND]) == ""
    twice = json.dumps(SEND)[:-1] + ', "content": "again"}'
    assert verdict(refused, sent=[twice]) == ""
    history = {**FRAME_EXAMPLES[frames.History], "before": 7.0}
    assert verdict(refused, sent=[history]) == ""


def test_without_its_requests_a_reply_has_the_shape_of_some_reply() -> None:
    contract = Contract(sees_requests=False)
    contract.received(json.dumps(STORED))
    check_contract()

    contract.received(json.dumps({**STORED, "seq": 0}))
    with pytest.raises(AssertionError, match="like no reply"):
        check_contract()


def test_what_breaks_it_often_is_told_briefly() -> None:
    many = verdict(*itertools.repeat({"type": "surprise"}, 1_000))

    assert many.startswith("1000 frames")
    assert len(many) < 1_000
