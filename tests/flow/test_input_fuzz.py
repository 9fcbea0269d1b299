"""Whatever is thrown at a live gateway, it answers or hangs up, and goes on serving."""

import json
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import frames
from tests.support.client import Client
from tests.support.raw import BINARY, HANDSHAKE, TEXT, RawPeer, frame
from tests.support.scene import Scene

# Each example is some hundred bytes to a real process.
BOUNDED: Final = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
opcodes = st.integers(0, 15)


@pytest.fixture
def eve(scene: Scene) -> Client:
    (user,) = scene.people("eve")
    return scene.connect(user)


@pytest.fixture
def still_serves(scene: Scene) -> Callable[[], bool]:
    """Whether the gateway stores a message, and has had no failure that it did not expect."""
    an, bo = scene.people("an", "bo")
    client = scene.connect(an)

    def check() -> bool:
        sent = client.send_text(None, "still here?", to=bo)
        return bool(sent.seq) and "request_failed" not in scene.cluster.logs("gateway-0")

    return check


@BOUNDED
@given(values=st.lists(anything, min_size=1, max_size=10))
def test_any_json_is_answered_and_the_socket_lives(eve: Client, values: list[object]) -> None:
    before = len(eve.events(frames.ErrorReply))

    for value in values:
        eve.send_raw(json.dumps(value))
    eve.request("ping")

    errors = eve.events(frames.ErrorReply)[before:]
    assert [error.code for error in errors] == ["invalid"] * len(values)


@BOUNDED
@given(data=st.binary(max_size=200), greeted=st.booleans())
def test_any_bytes_end_in_a_closed_connection(
    scene: Scene, still_serves: Callable[[], bool], data: bytes, greeted: bool
) -> None:
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send((HANDSHAKE if greeted else b"") + data)
        peer.say_no_more()
        peer.read_rest()

    assert still_serves()


@BOUNDED
@given(
    parts=st.lists(
        st.builds(
            frame,
            st.sampled_from([TEXT, BINARY]) | opcodes,
            st.binary(max_size=130),
            fin=st.booleans(),
            masked=st.booleans(),
            reserved=st.sampled_from([0, 0, 0, 1, 4]),
        ),
        max_size=8,
    )
)
def test_any_frames_are_answered_or_end_the_connection(
    scene: Scene, still_serves: Callable[[], bool], parts: list[bytes]
) -> None:
    with RawPeer.on_websocket(scene.cluster.gateway_urls[0]) as peer:
        peer.send(b"".join(parts))
        peer.say_no_more()

        assert peer.wait_closed() in (None, 1000, 1002, 1003, 1007, 1008, 1009, *range(3000, 5000))
    assert still_serves()
