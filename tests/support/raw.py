"""A peer that speaks bytes: it may break every rule of HTTP and of the WebSocket."""

import json
import secrets
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, Self
from urllib.parse import urlsplit

from tests.support.contract import Contract
from tests.support.tokens import make_token
from tests.support.waiting import PATIENCE_S

TEXT: Final = 0x1
BINARY: Final = 0x2
CONTINUATION: Final = 0x0
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

HANDSHAKE: Final = (
    b"GET /ws HTTP/1.1\r\nHost: im\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_RECEIVE_BYTES: Final = 65_536


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True, reserved: int = 0
) -> bytes:
    """A frame as a client sends it, or as none should."""
    size = len(payload)
    head = bytes((opcode | fin << 7 | reserved << 4,))
    if size < 126:
        head += bytes((size | masked << 7,))
    elif size < 65_536:
        head += bytes((126 | masked << 7,)) + size.to_bytes(2, "big")
    else:
        head += bytes((127 | masked << 7,)) + size.to_bytes(8, "big")
    if not masked:
        return head + payload
    mask = secrets.token_bytes(4)
    key = (mask * (size // 4 + 1))[:size]
    return head + mask + (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(size)


def request(kind: str, **fields: Any) -> bytes:
    """A frame with a request in it."""
    return frame(TEXT, json.dumps({"type": kind, "id": "raw", **fields}).encode())


class RawPeer:
    """One TCP connection to a gateway. Sending never raises: a server may hang up on what it is sent."""

    def __init__(self, url: str, *, receive_buffer: int | None = None) -> None:
        address = urlsplit(url)
        self._socket = socket.socket()
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(PATIENCE_S)
        self._socket.connect((address.hostname, address.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._contract = Contract(sees_requests=False)

    @classmethod
    def on_websocket(cls, url: str, *, user: str | None = None, **options: Any) -> Self:
        """After its handshake, and if a user is named, after his hello."""
        peer = cls(url, **options)
        peer.send(HANDSHAKE)
        peer.read_until(b"\r\n\r\n")
        if user is not None:
            peer.send(request("hello", token=make_token(user)))
            opcode, payload = peer.read_answer()
            assert (opcode, json.loads(payload)["type"]) == (TEXT, "ok")
        return peer

    # ---- sending

    def send(self, data: bytes) -> bool:
        """Whether all of it could be sent."""
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def say_no_more(self) -> None:
        """Close the sending side alone."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Cut the connection with a reset."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._socket.shutdown(socket.SHUT_RDWR)  # also wakes up who reads from it
        self._socket.close()

    # ---- receiving

    def read_until(self, mark: bytes) -> bytes:
        """What came up to a mark and with it; raises EOFError if the connection ends before."""
        while mark not in self._received:
            self._receive()
        found, _, self._received = self._received.partition(mark)
        return found + mark

    def read_frame(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload; raises EOFError."""
        self._need(2)
        size, start = self._received[1] & 0x7F, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            self._need(start)
            size = int.from_bytes(self._received[2:start])
        self._need(start + size)
        opcode, payload = self._received[0] & 0xF, self._received[start : start + size]
        self._received = self._received[start + size :]
        if opcode == TEXT:
            self._contract.received(payload)
        return opcode, payload

    def read_answer(self) -> tuple[int, bytes]:
        """The next frame that is no heartbeat; raises EOFError."""
        while (found := self.read_frame())[0] == PING:
            continue
        return found

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """All frames until the connection ends."""
        with suppress(EOFError):
            while True:
                yield self.read_frame()

    def wait_closed(self) -> int | None:
        """The code of the Close frame, None if there was none; returns once the connection has ended."""
        code = None
        for opcode, payload in self.frames():
            if opcode == CLOSE:
                code = int.from_bytes(payload[:2])
        return code

    def read_rest(self) -> bytes:
        """The last bytes until the connection ends."""
        with suppress(EOFError, OSError):
            while True:
                self._receive()
                self._received = self._received[-_RECEIVE_BYTES:]
        rest, self._received = self._received, b""
        return rest

    def _need(self, size: int) -> None:
        while len(self._received) < size:
            self._receive()

    def _receive(self) -> None:
        """More bytes.

        Raises:
            EOFError: the connection has ended.
            TimeoutError: nothing came for long.
        """
        try:
            data = self._socket.recv(_RECEIVE_BYTES)
        except ConnectionError as error:
            raise EOFError from error
        if not data:
            raise EOFError
        self._received += data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
