"""Whatever text comes in, the dialogue gives a request or one refusal, and quickly."""

import json
import time
from typing import Any, Final, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.ws.dialogue import Dialogue, Refusal, State
from imapp.ws.framing import FrameError, FrameReader
from schemas import frames

TAGS: Final = [shape.__struct_config__.tag for shape in get_args(frames.ClientFrame)]
NAMES: Final = sorted(
    {name for shape in get_args(frames.ClientFrame) for name in shape.__struct_encode_fields__}
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
nearly_requests = st.dictionaries(st.sampled_from(NAMES), anything, max_size=6).flatmap(
    lambda fields: st.builds(lambda tag: {"type": tag, "id": "1", **fields}, st.sampled_from(TAGS))
)


def receive(text: str) -> tuple[object, dict[str, Any] | None]:
    """What an open dialogue makes of a text: a request, or the reply that refuses it."""
    dialogue = Dialogue()
    dialogue.state = State.OPEN
    try:
        return dialogue.receive(text), None
    except Refusal as refusal:
        ((reply),) = FrameReader().feed(as_client(refusal.frame))
        assert isinstance(reply, str)
        return None, json.loads(reply)


def as_client(frame: bytes) -> bytes:
    """A server's frame as a client would send it: with a mask of zeros."""
    start = 2 if frame[1] < 126 else 4
    return frame[:1] + bytes((frame[1] | 0x80,)) + frame[2:start] + bytes(4) + frame[start:]


def check_answer(text: str) -> None:
    request, reply = receive(text)
    if reply is None:
        assert isinstance(request, get_args(frames.ClientFrame))
    else:
        error = msgspec.convert(reply, frames.ErrorReply)
        assert error.code == "invalid"
        assert error.errors
        assert error.id is None or len(error.id) <= 64


@given(text=st.text(max_size=400))
def test_any_text_is_a_request_or_gets_one_refusal(text: str) -> None:
    check_answer(text)


@given(value=anything | nearly_requests, ascii_only=st.booleans())
def test_any_json_is_a_request_or_gets_one_refusal(value: object, ascii_only: bool) -> None:
    check_answer(json.dumps(value, ensure_ascii=ascii_only))


@given(value=nearly_requests, cut=st.integers(0, 200), extra=st.text(max_size=3))
def test_a_request_with_a_piece_missing_or_added_gets_one_refusal(
    value: dict[str, Any], cut: int, extra: str
) -> None:
    text = json.dumps(value)

    check_answer(text[:cut] + extra + text[cut + 1 :])


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=4))
def test_any_bytes_are_frames_or_end_the_connection_with_a_code(data: bytes, cuts: list[int]) -> None:
    reader, ending, start = FrameReader(), FrameError(1002, ""), 0
    try:
        for cut in [*sorted(cuts), len(data)]:
            assert all(item is not None for item in reader.feed(data[start:cut]))
            start = max(start, cut)
    except FrameError as error:
        ending = error

    assert ending.code in (1002, 1007, 1008, 1009)
    assert len(ending.reason.encode()) <= 123


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        '{"a":' * 12_000,
        '{"type":"ping","id":"1","x":' + "[" * 60_000,
        '{"type":"ping","id":"1","x":' + "[" * 30_000 + "]" * 30_000 + "}",
        '{"type":"ping","id":"1","x":' + "9" * 60_000 + "}",
        '{"type":"send","id":"1","client_message_id":"m","to":"bo","content":"x","extra":{"n":'
        + "9" * 60_000
        + "}}",
        '{"type":"ping","id":"' + "\\u0041" * 10_000 + '"}',
        '{"type":"ping",' + ",".join(f'"{number}":1' for number in range(8_000)) + ',"id":"1"}',
        '{"type":"send","id":"1","client_message_id":"' + "!" * 60_000 + '\n"}',
        '{"type":"send","id":"1","client_message_id":"m","to":"' + "a." * 30_000 + '\n"}',
        '{"type":"create_group","id":"1","client_message_id":"m","name":"x","user_ids":["bo"],"avatar":"https://'
        + "a" * 60_000
        + ' "}',
    ],
    ids=lambda text: text[:40],
)
def test_the_largest_frames_take_no_time(text: str) -> None:
    start = time.process_time()
    for _ in range(5):
        receive(text)

    assert time.process_time() - start < 5 * 0.2
