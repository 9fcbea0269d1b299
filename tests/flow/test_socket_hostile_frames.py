"""Broken frames and floods of frames: one close code, little memory, little time, and nobody else notices."""

import itertools
from collections.abc import Iterator
from typing import Final

import pytest

from schemas.frames import CloseCode
from tests.support.bystander import Attack, flooding, gateway_of
from tests.support.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawPeer, frame, request
from tests.support.scene import Scene
from tests.support.waiting import eventually

FLOOD: Final = 20_000
FLOOD_CPU_S: Final = 2.0  # of a flood that would cost many times that if it were answered


@pytest.fixture
def peer(scene: Scene) -> Iterator[RawPeer]:
    """An attacker who has said hello."""
    (eve,) = scene.people("eve")
    with RawPeer.on_websocket(scene.cluster.gateway_urls[0], user=eve) as peer:
        yield peer


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"\x81\xff" + (2**63).to_bytes(8, "big"), CloseCode.TOO_BIG, id="2^63 bytes"),
        pytest.param(b"\x81\xff" + (2**63 - 1).to_bytes(8, "big"), CloseCode.TOO_BIG, id="2^63-1 bytes"),
        pytest.param(b"\x82\xff" + (65_537).to_bytes(8, "big"), CloseCode.TOO_BIG, id="too big a binary"),
        pytest.param(frame(TEXT, b"hi", masked=False), CloseCode.PROTOCOL_ERROR, id="not masked"),
        *(
            pytest.param(
                frame(TEXT, b"hi", reserved=bits), CloseCode.PROTOCOL_ERROR, id=f"reserved bits {bits}"
            )
            for bits in (1, 2, 4, 7)
        ),
        *(
            pytest.param(frame(opcode, b"hi"), CloseCode.PROTOCOL_ERROR, id=f"opcode {opcode:x}")
            for opcode in (0x3, 0x7, 0xB, 0xF)
        ),
        pytest.param(frame(CONTINUATION, b"hi"), CloseCode.PROTOCOL_ERROR, id="continues nothing"),
        pytest.param(
            frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), CloseCode.PROTOCOL_ERROR, id="two at once"
        ),
        pytest.param(frame(PING, b"x" * 126), CloseCode.PROTOCOL_ERROR, id="large ping"),
        pytest.param(frame(PING, fin=False), CloseCode.PROTOCOL_ERROR, id="ping in pieces"),
        pytest.param(frame(CLOSE, b"\x03"), CloseCode.PROTOCOL_ERROR, id="half a close code"),
        pytest.param(
            frame(CLOSE, (1005).to_bytes(2, "big")), CloseCode.PROTOCOL_ERROR, id="reserved close code"
        ),
        pytest.param(frame(TEXT, b"\xed\xa0\x80"), CloseCode.INVALID_DATA, id="surrogate"),
        pytest.param(
            frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION, b"("), CloseCode.INVALID_DATA, id="split"
        ),
        pytest.param(frame(TEXT, b"\xf4\x90\x80\x80"), CloseCode.INVALID_DATA, id="beyond Unicode"),
    ],
)
def test_a_broken_frame_ends_the_connection_with_its_code(
    peer: RawPeer, attack: Attack, data: bytes, code: int
) -> None:
    with attack():
        peer.send(data)

        assert peer.wait_closed() == code


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param([frame(PING, b"?" * 125)], id="pings"),
        pytest.param([frame(PONG)], id="pongs"),
        pytest.param([frame(TEXT)], id="empty texts"),
        pytest.param([frame(BINARY)], id="empty binaries"),
        pytest.param([frame(TEXT, fin=False), frame(CONTINUATION)], id="empty texts in pieces"),
        pytest.param(
            [frame(TEXT, b" ", fin=False), *[frame(CONTINUATION, b" ", fin=False)] * 9_999],
            id="10,000 pieces",
        ),
        pytest.param([frame(TEXT, fin=False), *[frame(CONTINUATION, fin=False)] * 9_999], id="no end"),
    ],
)
def test_a_flood_of_frames_without_a_request_is_cut(
    peer: RawPeer, attack: Attack, flood: list[bytes]
) -> None:
    with attack() as bystander:
        peer.send(b"".join(itertools.islice(itertools.cycle(flood), FLOOD)))

        assert peer.wait_closed() == CloseCode.POLICY_VIOLATION
    assert bystander.cpu_s < FLOOD_CPU_S


def test_who_floods_with_closes_is_answered_once(peer: RawPeer, attack: Attack) -> None:
    with attack() as bystander:
        peer.send(frame(CLOSE, (1000).to_bytes(2, "big")) * FLOOD)

        assert [opcode for opcode, _ in peer.frames()].count(CLOSE) <= 1  # a reset may have eaten it
    assert bystander.cpu_s < FLOOD_CPU_S


def test_a_steady_heartbeat_is_no_flood(peer: RawPeer) -> None:
    for number in range(200):
        peer.send(frame(PING, str(number).encode()))
        assert peer.read_answer() == (PONG, str(number).encode())


@pytest.mark.parametrize("reading", [True, False])
@pytest.mark.parametrize(
    "payload", [b'{"type":"ping","id":"1"}', b"x", b"[" * 60_000], ids=["pings", "garbage", "nested"]
)
def test_who_never_stops_asking_keeps_nobody_else_waiting(
    peer: RawPeer, attack: Attack, payload: bytes, *, reading: bool
) -> None:
    flood = frame(TEXT, payload) * (1 + 100_000 // len(payload))

    with attack() as bystander, flooding(peer, flood, reading=reading):
        bystander.check_served(20)


def test_of_many_mistakes_each_is_answered(peer: RawPeer) -> None:
    peer.send(frame(TEXT, b"x") * 500)

    assert {peer.read_answer()[0] for _ in range(500)} == {TEXT}


def test_bytes_may_come_one_by_one_and_characters_in_halves(peer: RawPeer) -> None:
    start, rest = '{"type":"ping","id":"é"}'.encode().split(b"\xa9")
    for byte in frame(TEXT, start, fin=False) + frame(PING, b"?") + frame(CONTINUATION, b"\xa9" + rest):
        peer.send(bytes((byte,)))

    assert peer.read_answer() == (PONG, b"?")
    opcode, payload = peer.read_answer()
    assert (opcode, b'"pong"' in payload) == (TEXT, True)


def test_a_reset_in_the_middle_of_a_frame_leaves_nothing_behind(scene: Scene, attack: Attack) -> None:
    (eve,) = scene.people("eve")
    url = scene.cluster.gateway_urls[0]
    gateway = gateway_of(scene.cluster)
    before = gateway.num_fds()
    with attack():
        for _ in range(50):
            peer = RawPeer.on_websocket(url, user=eve)
            peer.send(request("send", to="chen", client_message_id="m1", content="x" * 1_000)[:-10])
            peer.reset()
    eventually(lambda: gateway.num_fds() < before + 25, what="the sockets of those who are gone are closed")
    assert scene.cluster.database["messages"].count_documents({"sender": eve}) == 0
