"""Reading frames: whatever a client may send, however the network cuts it, within bounded memory."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection as ProtocolConnection
from wsproto.connection import ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from imapp.ws.allowance import FRAMES_AT_ONCE, FrameAllowance
from imapp.ws.framing import CloseFrame, FrameError, FrameReader, Incoming, PingFrame

SMALL = 1_000


def client_frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """A masked frame as a client sends it."""
    mask = secrets.token_bytes(4)
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    size = len(payload)
    if size < 126:
        header = bytes((opcode | fin << 7, 0x80 | size))
    elif size < 65_536:
        header = bytes((opcode | fin << 7, 0xFE)) + size.to_bytes(2, "big")
    else:
        header = bytes((opcode | fin << 7, 0xFF)) + size.to_bytes(8, "big")
    return header + mask + masked


def read(data: bytes, *, cuts: list[int] | None = None, max_bytes: int = 65_536) -> list[Incoming]:
    """All that a reader makes of these bytes, fed in the given pieces."""
    reader = FrameReader(max_bytes)
    found: list[Incoming] = []
    start = 0
    for cut in [*sorted(cuts or []), len(data)]:
        found += reader.feed(data[start:cut])
        start = cut
    return found


messages = st.lists(st.one_of(st.text(max_size=200), st.binary(max_size=200)), max_size=6)


@given(messages=messages, data=st.data())
def test_what_a_standard_client_sends_arrives_however_it_is_cut(
    messages: list[str | bytes], data: st.DataObject
) -> None:
    client = ProtocolConnection(ConnectionType.CLIENT)
    wire = b""
    for message in messages:
        event = TextMessage(data=message) if isinstance(message, str) else BytesMessage(data=message)
        wire += client.send(event) + client.send(Ping(payload=b"?"))
    cuts = data.draw(st.lists(st.integers(0, len(wire)), max_size=8))
    found = read(wire, cuts=cuts)
    assert [item for item in found if not isinstance(item, PingFrame)] == messages
    assert found.count(PingFrame(b"?")) == len(messages)


@given(text=st.text(min_size=1, max_size=60), parts=st.integers(1, 8))
def test_a_fragmented_text_is_put_together(text: str, parts: int) -> None:
    encoded = text.encode()
    step = max(1, len(encoded) // parts)
    pieces = [encoded[start : start + step] for start in range(0, len(encoded), step)]
    wire = b"".join(
        client_frame(0x1 if number == 0 else 0x0, piece, fin=number == len(pieces) - 1)
        for number, piece in enumerate(pieces)
    )
    assert read(wire) == [text]


def test_a_close_says_its_code() -> None:
    wire = ProtocolConnection(ConnectionType.CLIENT).send(CloseConnection(code=1001, reason="bye"))
    assert read(wire) == [CloseFrame(1001, "bye")]


def test_a_frame_over_the_limit_is_refused_by_its_header() -> None:
    with pytest.raises(FrameError) as refusal:
        read(b"\x81\xff" + (2**63 - 1).to_bytes(8, "big"))
    assert refusal.value.code == 1009


def test_a_message_over_the_limit_is_refused_in_whatever_pieces_it_comes() -> None:
    wire = client_frame(0x1, b"x", fin=False) + client_frame(0x0, b"x" * 10, fin=False) * 200
    with pytest.raises(FrameError) as refusal:
        read(wire, max_bytes=SMALL)
    assert refusal.value.code == 1009


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        pytest.param(client_frame(0x1, b"\xff\xfe"), 1007, id="not UTF-8"),
        pytest.param(b"\x81\x02hi", 1002, id="not masked"),
        pytest.param(b"\xc1" + client_frame(0x1, b"hi")[1:], 1002, id="reserved bit"),
        pytest.param(client_frame(0x3, b"hi"), 1002, id="unknown opcode"),
        pytest.param(client_frame(0x0, b"hi"), 1002, id="continues nothing"),
        pytest.param(client_frame(0x9, b"x" * 126), 1002, id="control frame too long"),
        pytest.param(b"\x81\xfe\x00\x02" + b"\0\0\0\0hi", 1002, id="length not minimal"),
    ],
)
def test_a_broken_frame_ends_the_connection_with_its_code(wire: bytes, code: int) -> None:
    with pytest.raises(FrameError) as refusal:
        read(wire)
    assert refusal.value.code == code


@pytest.mark.limit("pings, pongs and pieces at once")
@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(client_frame(0x9, b""), id="pings"),
        pytest.param(client_frame(0xA, b"x"), id="pongs"),
        pytest.param(client_frame(0x1, b""), id="empty texts"),
        pytest.param(client_frame(0x2, b"x"), id="binaries"),
        pytest.param(client_frame(0x1, b"", fin=False) + client_frame(0x0, b""), id="empty pieces"),
    ],
)
def test_a_flood_of_frames_without_a_request_ends_the_connection(flood: bytes) -> None:
    with pytest.raises(FrameError) as refusal:
        read(flood * 3 * FRAMES_AT_ONCE)  # more than comes back while a busy machine reads them
    assert refusal.value.code == 1008


def test_an_endless_message_of_tiny_pieces_ends_the_connection() -> None:
    with pytest.raises(FrameError) as refusal:
        read(client_frame(0x1, b"x", fin=False) + client_frame(0x0, b"x", fin=False) * 10_000)
    assert refusal.value.code == 1008


def test_whole_texts_need_no_allowance() -> None:
    assert read(client_frame(0x1, b"hi") * 3 * FRAMES_AT_ONCE) == ["hi"] * 3 * FRAMES_AT_ONCE


def test_an_allowance_comes_back_with_time_and_never_exceeds_its_size() -> None:
    now = [0.0]
    allowance = FrameAllowance(at_once=3, per_s=2.0, clock=lambda: now[0])

    assert [allowance.spend() for _ in range(4)] == [True, True, True, False]
    now[0] += 1.0
    assert [allowance.spend() for _ in range(3)] == [True, True, False]
    now[0] += 1_000.0
    assert [allowance.spend() for _ in range(4)] == [True, True, True, False]


def test_a_reader_knows_that_a_frame_is_unfinished() -> None:
    reader = FrameReader()
    wire = client_frame(0x1, b"hello")
    assert list(reader.feed(wire[:4])) == []
    assert reader.partial
    assert list(reader.feed(wire[4:])) == ["hello"]
    assert not reader.partial
