"""HTTP that means two things, or nothing, or never ends: refused, closed, and never a second request."""

import json
import re
from typing import Final

import pytest

from tests.support.bystander import Attack, flooding
from tests.support.raw import HANDSHAKE, RawPeer
from tests.support.scene import Scene
from tests.support.tokens import make_token

GET: Final = b"GET /api/v1/health/live HTTP/1.1\r\nHost: im\r\n"
POST: Final = b"POST /api/v1/channels/direct HTTP/1.1\r\nHost: im\r\nContent-Type: application/json\r\n"
END: Final = b"\r\n"
NOTHING_CHUNKED: Final = b"0\r\n\r\n"


@pytest.fixture
def eve(scene: Scene) -> str:
    (eve,) = scene.people("eve")
    return eve


def authorized(eve: str) -> bytes:
    return f"Authorization: Bearer {make_token(eve)}\r\n".encode()


def open_direct(eve: str, to: str) -> bytes:
    """A whole request that would make a channel, if it were ever carried out."""
    body = json.dumps({"client_message_id": "smuggled", "to": to}).encode()
    return POST + authorized(eve) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


# ---- where does a request end?


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        pytest.param(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", NOTHING_CHUNKED, id="CL and TE"),
        pytest.param(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", NOTHING_CHUNKED, id="TE and CL"),
        *(
            pytest.param(b"Transfer-Encoding: %s\r\n" % coding, NOTHING_CHUNKED, id=f"TE {coding!r}")
            for coding in (
                b"\x0bchunked",
                b"chunked, identity",
                b"xchunked",
                b"chunked\0",
                b"chunked, chunked",
                b'"chunked"',
            )
        ),
        pytest.param(b"Transfer-Encoding: chunked\r\n" * 2, NOTHING_CHUNKED, id="TE twice"),
        pytest.param(b"Transfer-Encoding : chunked\r\n", NOTHING_CHUNKED, id="space before the colon"),
        pytest.param(b"Transfer-Encoding\t: chunked\r\n", NOTHING_CHUNKED, id="tab before the colon"),
        pytest.param(b"Transfer-Encoding:\r\n chunked\r\n", NOTHING_CHUNKED, id="TE folded"),
        pytest.param(b"X: 1\r\n folded\r\n", b"", id="folded line"),
        pytest.param(b" X: 1\r\n", b"", id="folded first line"),
        *(
            pytest.param(b"Content-Length: %s\r\n" % length, b"hello", id=f"CL {length!r}")
            for length in (b"+5", b"-5", b"0x5", b"5_0", b"5, 5", b"5 5", b"", b"5\0", b"\xb2")
        ),
        pytest.param(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello", id="CL twice"),
        pytest.param(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello", id="CL twice the same"),
        pytest.param(b"X: a\nContent-Length: 5\r\n", b"hello", id="bare LF"),
        pytest.param(b"X: a\rContent-Length: 5\r\n", b"hello", id="bare CR"),
        pytest.param(b"X: a\0b\r\n", b"", id="NUL"),
        pytest.param(b"X(y): 1\r\n", b"", id="no name"),
        pytest.param(b": 1\r\n", b"", id="empty name"),
        pytest.param(b"nothing\r\n", b"", id="no colon"),
        pytest.param(b"Host: other\r\n", b"", id="two hosts"),
        pytest.param(b"X: %s\r\n" % (b"x" * 9_000), b"", id="huge line"),
        pytest.param(b"X: 1\r\n" * 200, b"", id="many lines"),
        pytest.param(b"Expect: the worst\r\n", b"", id="unknown expectation"),
    ],
)
def test_a_header_that_two_could_read_differently_ends_the_connection(
    scene: Scene, eve: str, lines: bytes, body: bytes
) -> None:
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send(POST + authorized(eve) + lines + END + body + open_direct(eve, "bo"))

        (status,) = statuses(peer.read_rest())

    assert status in (400, 417, 431, 501)
    assert scene.cluster.database["members"].count_documents({"user_id": eve}) == 0


@pytest.mark.parametrize(
    "line",
    [
        b"GET /api/v1/me",
        b"GET  /api/v1/me HTTP/1.1",
        b"GET /api/v1/me HTTP/1.1 ",
        b"get /api/v1/me HTTP/1.1",
        b"GET /api/v1/me HTTP/2.0",
        b"GET /api/v1/me http/1.1",
        b"GET /a b HTTP/1.1",
        b"GET /\xff HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2",
        b"GET /%s HTTP/1.1" % (b"x" * 9_000),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=lambda line: line[:30].decode("latin-1"),
)
def test_a_first_line_that_is_none_ends_the_connection(scene: Scene, eve: str, line: bytes) -> None:
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send(line + b"\r\nHost: im\r\n" + authorized(eve) + END + open_direct(eve, "bo"))

        (status,) = statuses(peer.read_rest())

    assert status in (400, 414, 505)
    assert scene.cluster.database["members"].count_documents({"user_id": eve}) == 0


@pytest.mark.parametrize(
    "body",
    [
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"5;a\nhello\r\n0\r\n\r\n",
        b"5\nhello\n0\n\n",
        b"5\r\nhelloXX0\r\n\r\n",
        b"g\r\n\r\n",
        b"\r\n0\r\n\r\n",
        b"0\r\nContent-Length: 5\r\n\r\n",
        b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"0\r\nX: a\nY: b\r\n\r\n",
    ],
    ids=repr,
)
def test_chunks_that_are_none_end_the_connection(scene: Scene, eve: str, body: bytes) -> None:
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send(
            POST + authorized(eve) + b"Transfer-Encoding: chunked\r\n\r\n" + body + open_direct(eve, "bo")
        )

        (status,) = statuses(peer.read_rest())

    assert status == 400
    assert scene.cluster.database["members"].count_documents({"user_id": eve}) == 0


@pytest.mark.parametrize("name", [b"PATH_INFO", b"SCRIPT_NAME", b"Transfer_Encoding", b"Content_Length"])
def test_a_name_with_an_underscore_is_nothing_that_we_know(scene: Scene, name: bytes) -> None:
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send(GET + name + b": /api/v1/me\r\nConnection: close\r\n\r\n")

        answer = peer.read_rest()

    assert statuses(answer) == [200]
    assert b'{"status":"ok"}' in answer


def test_what_is_sent_back_can_not_make_a_header(scene: Scene) -> None:
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send(
            GET + b"X-Request-Id: a%0d%0aSet-Cookie: x=1\r\nOrigin: a\xe9b\r\nConnection: close\r\n\r\n"
        )

        answer = peer.read_rest()

    assert statuses(answer) == [200]
    assert b"Set-Cookie" not in answer


# ---- bodies


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"Content-Encoding: gzip\r\n", 415),
        (b"Content-Encoding: identity, gzip\r\n", 415),
        (b"Content-Type: text/plain\r\n", 400),
    ],
    ids=["gzip", "two encodings", "two types"],
)
def test_a_body_that_would_have_to_be_unpacked_is_not_taken(
    scene: Scene, eve: str, lines: bytes, status: int
) -> None:
    whole = open_direct(eve, "bo").replace(POST, POST + b"Connection: close\r\n" + lines)
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send(whole)

        assert statuses(peer.read_rest()) == [status]
    assert scene.cluster.database["members"].count_documents({"user_id": eve}) == 0


@pytest.mark.parametrize(
    "kind", [b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data", b"", b"x"]
)
def test_a_body_of_another_type_is_not_taken(scene: Scene, eve: str, kind: bytes) -> None:
    whole = open_direct(eve, "bo").replace(b"application/json", kind + b"\r\nConnection: close")
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send(whole)

        assert statuses(peer.read_rest()) == [415]
    assert scene.cluster.database["members"].count_documents({"user_id": eve}) == 0


def test_a_body_where_none_belongs_is_read_off_and_ignored(scene: Scene) -> None:
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send(GET + b"Content-Length: 5\r\n\r\nhello" + GET + b"Connection: close\r\n\r\n")

        assert statuses(peer.read_rest()) == [200, 200]


# ---- without an end


@pytest.mark.parametrize("reading", [True, False])
def test_requests_in_a_row_without_a_pause_keep_nobody_waiting(
    scene: Scene, attack: Attack, *, reading: bool
) -> None:
    peer = RawPeer(scene.cluster.gateway_urls[0])

    with attack() as bystander, flooding(peer, (GET + END) * 200, reading=reading):
        bystander.check_served(20)


@pytest.mark.parametrize("token", [True, False], ids=["known", "stranger"])
@pytest.mark.parametrize(
    ("length", "piece"),
    [
        pytest.param(b"Content-Length: 99999999999999\r\n", b" " * 65_536, id="long"),
        pytest.param(b"Transfer-Encoding: chunked\r\n", b"1\r\n \r\n" * 10_000, id="tiny chunks"),
        pytest.param(b"Transfer-Encoding: chunked\r\n", b"ffff\r\n" + b" " * 65_535 + b"\r\n", id="chunks"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x" * 65_536, id="trailer"),
        pytest.param(b"X: ", b"x" * 65_536, id="header"),
    ],
)
def test_what_never_ends_is_cut_and_keeps_nobody_waiting(
    scene: Scene, attack: Attack, length: bytes, piece: bytes, *, token: bool
) -> None:
    (eve,) = scene.people("eve")
    peer = RawPeer(scene.cluster.gateway_urls[0])
    end = b"" if length.startswith(b"X") or b"\r\n\r\n" in length else END
    peer.send(POST + (authorized(eve) if token else b"") + length + end)

    with attack() as bystander, flooding(peer, piece):
        bystander.check_served(20)


# ---- the handshake


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"GET", b"POST"),
        (b"Version: 13", b"Version: 12"),
        (b"Version: 13", b"Version: 13\r\nContent-Length: 5"),
        (b"Version: 13", b"Version: 13\r\nTransfer-Encoding: chunked"),
        (b"Version: 13", b"Version: 13\r\nSec-WebSocket-Protocol: \xe9,,"),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"a"),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"!!!!"),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b""),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"\xff" * 24),
        (b"Upgrade: websocket\r\n", b""),
        (b"Upgrade: websocket", b"Upgrade: h2c"),
        (b"Connection: Upgrade", b"Connection: keep-alive"),
    ],
    ids=repr,
)
def test_a_handshake_that_is_none_is_refused(scene: Scene, old: bytes, new: bytes) -> None:
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send(HANDSHAKE.replace(old, new))
        peer.say_no_more()

        assert statuses(peer.read_rest())[0] in (400, 405)


def test_what_follows_a_handshake_is_no_request(scene: Scene, eve: str) -> None:
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send(HANDSHAKE + open_direct(eve, "bo"))
        peer.say_no_more()

        assert statuses(peer.read_rest()) == [101]
    assert scene.cluster.database["members"].count_documents({"user_id": eve}) == 0


@pytest.mark.parametrize(
    "offer", [b"permessage-deflate", b"permessage-deflate; client_max_window_bits", b'x, y;z="1"']
)
def test_compression_is_never_agreed_to(scene: Scene, offer: bytes) -> None:
    with RawPeer(scene.cluster.gateway_urls[0]) as peer:
        peer.send(HANDSHAKE.replace(b"Version: 13", b"Version: 13\r\nSec-WebSocket-Extensions: " + offer))

        answer = peer.read_until(b"\r\n\r\n")

    assert statuses(answer) == [101]
    assert b"extensions" not in answer.lower()
