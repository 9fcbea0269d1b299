"""Reading WebSocket frames, without I/O.

Nearly all frames of a chat are whole, masked texts. Those are parsed here, which costs a tenth of the
general parser; everything else (fragments, control frames, mistakes) goes to wsproto, frame by frame, as far
as the peer's allowance goes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from wsproto.connection import Connection as ProtocolConnection
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import CloseConnection, Event, Message, Ping, Pong, TextMessage
from wsproto.utilities import RemoteProtocolError

from imapp.ws.allowance import FrameAllowance
from schemas.common import MAX_FRAME_BYTES
from schemas.frames import CloseCode

_WHOLE_TEXT: Final = 0x81
_MASKED: Final = 0x80
_LENGTH: Final = 0x7F
_TWO_BYTES: Final = 126


class FrameError(Exception):
    """The peer broke the protocol or a limit; the connection must be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PingFrame:
    """The peer asks for a pong with the same payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class CloseFrame:
    """The peer ends the connection."""

    code: int
    reason: str


Incoming = str | bytes | PingFrame | CloseFrame
"""A text, a binary message, or what needs an answer. Pongs are swallowed."""


class FrameReader:
    """Turns received bytes into messages. Holds at most one frame and one fragmented message."""

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES, allowance: FrameAllowance | None = None) -> None:
        self._max_bytes = max_bytes
        self._allowance = allowance or FrameAllowance()
        self._buffer = b""
        self._general: ProtocolConnection | None = None
        self._parts: list[Any] = []
        self._size = 0
        self._fragmented = False

    @property
    def partial(self) -> bool:
        """Whether a frame or a message has begun and is not complete."""
        return bool(self._buffer) or self._fragmented

    def feed(self, data: bytes) -> Iterator[Incoming]:
        """What is complete with these bytes.

        Raises:
            FrameError: and nothing more can be read.
        """
        buffer = self._buffer + data if self._buffer else data
        start, end = 0, len(buffer)
        try:
            while end - start >= 2:  # the shortest header
                size = buffer[start + 1] & _LENGTH
                header = 6 if size < _TWO_BYTES else 8 if size == _TWO_BYTES else 14
                if end - start < header - 4:
                    break
                if size >= _TWO_BYTES:
                    size = int.from_bytes(buffer[start + 2 : start + header - 4], "big")
                masked = buffer[start + 1] & _MASKED
                if size > self._max_bytes:
                    raise FrameError(CloseCode.TOO_BIG, "frame too big")
                stop = start + header + size if masked else start + header - 4 + size
                if stop > end:
                    break
                frame = start, header, stop
                start = stop
                if size and buffer[frame[0]] == _WHOLE_TEXT and masked and not self._fragmented:
                    yield _text(buffer, *frame)
                else:
                    yield from self._feed_general(buffer[frame[0] : stop])
        finally:
            self._buffer = buffer[start:]

    def _feed_general(self, frame: bytes) -> Iterator[Incoming]:
        if not self._allowance.spend():
            raise FrameError(CloseCode.POLICY_VIOLATION, "too many frames without a request")
        if self._general is None:
            self._general = ProtocolConnection(ConnectionType.SERVER)
        try:
            self._general.receive_data(frame)
            for event in self._general.events():
                yield from self._take(event)
        except RemoteProtocolError as error:
            code = getattr(error.event_hint, "code", CloseCode.PROTOCOL_ERROR) if error.event_hint else None
            raise FrameError(code or CloseCode.PROTOCOL_ERROR, str(error)) from error

    def _take(self, event: Event) -> Iterator[Incoming]:
        if isinstance(event, Ping):
            yield PingFrame(bytes(event.payload))
        elif isinstance(event, CloseConnection):
            # wsproto also says so when it can't read on, but then the peer has not closed.
            if self._general is None or self._general.state is not ConnectionState.REMOTE_CLOSING:
                raise FrameError(event.code, event.reason or "")
            yield CloseFrame(event.code, event.reason or "")
        elif isinstance(event, Message):
            yield from self._take_part(event)
        elif not isinstance(event, Pong):
            raise FrameError(CloseCode.PROTOCOL_ERROR, "unexpected frame")

    def _take_part(self, event: Any) -> Iterator[Incoming]:
        self._size += len(event.data)
        if self._size > self._max_bytes:
            raise FrameError(CloseCode.TOO_BIG, "message too big")
        self._fragmented = not event.message_finished
        if event.data or not self._parts:
            self._parts.append(event.data if isinstance(event, TextMessage) else bytes(event.data))
        if event.message_finished:
            parts, self._parts, self._size = self._parts, [], 0
            yield "".join(parts) if isinstance(event, TextMessage) else b"".join(parts)


def close_frame(code: int, reason: str) -> bytes:
    """A server's Close frame."""
    payload = code.to_bytes(2, "big") + reason.encode()[:123]
    return bytes((0x88, len(payload))) + payload


def pong_frame(payload: bytes) -> bytes:
    """A server's Pong frame."""
    return bytes((0x8A, len(payload))) + payload


PING_FRAME: Final = b"\x89\x00"


def _text(buffer: bytes, start: int, header: int, stop: int) -> str:
    size = stop - start - header
    if (header > 6 and size < _TWO_BYTES) or (header > 8 and size < 65_536):
        raise FrameError(CloseCode.PROTOCOL_ERROR, "length not minimal")
    mask = buffer[start + header - 4 : start + header]
    # One exclusive-or of two long numbers: far cheaper than a loop over bytes.
    masked = int.from_bytes(buffer[start + header : stop], "little")
    plain = masked ^ int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    try:
        return plain.to_bytes(size, "little").decode()
    except UnicodeDecodeError as error:
        raise FrameError(CloseCode.INVALID_DATA, "not UTF-8") from error
