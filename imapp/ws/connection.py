"""One WebSocket connection: its socket, its bounded outbox, its single writer.

simple-websocket's own `send` ignores how much the socket took, and under gevent that silently loses bytes;
two greenlets that write would mix their frames. So everything that goes out passes this outbox.
"""

import base64
import errno
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import gevent
import simple_websocket
from gevent import Timeout
from werkzeug.exceptions import BadRequest
from wsproto.utilities import ProtocolError

from imapp import metrics
from imapp.logs import get_log
from imapp.ws.framing import CloseFrame, FrameError, FrameReader, PingFrame, close_frame, pong_frame
from schemas.common import MAX_FRAME_BYTES
from schemas.frames import CloseCode

_MAX_QUEUED_BYTES: Final = 1_000_000
_MAX_QUEUED_FRAMES: Final = 1_000
_STALL_S: Final = 10.0
_CHUNK_BYTES: Final = 65_536  # a slow peer has to take this much in that time
_CLOSE_WAIT_S: Final = 2.0
_RECEIVE_BYTES: Final = 65_536
_READ_OFF_BYTES: Final = 1_000_000
# What comes lands here first, of whichever connection: nobody else runs between `recv_into` and the copy.
# With `recv` each connection would keep a piece that was once this large, and the heap be full of holes.
_inbox: Final = memoryview(bytearray(_RECEIVE_BYTES))
_TURN: Final = 16  # messages or pieces of 4 KiB in a row: about a millisecond
_TURN_PIECE_BITS: Final = 12
_KEY_BYTES: Final = 16
_NO_CODE: Final = 1005  # what a Close frame without a code stands for
BY_CLIENT: Final = "by client"
_WOULD_BLOCK: Final = (errno.EAGAIN, errno.EWOULDBLOCK)

log = get_log("connection")


class Traffic:
    """What has passed a connection: text frames, and bytes of whatever kind."""

    __slots__ = ("bytes_in", "bytes_out", "frames_in", "frames_out")

    def __init__(self) -> None:
        self.frames_in = self.frames_out = self.bytes_in = self.bytes_out = 0


class _NoThread:
    """Stands for the reader thread that simple-websocket would start: we read in the request's greenlet."""

    name = ""

    def __init__(self, target: Any) -> None:
        pass

    def start(self) -> None:
        pass


class Connection(simple_websocket.Server):
    """A connection after its handshake. One greenlet iterates `messages`; anybody may enqueue.

    Raises:
        BadRequest: the handshake is not one.
    """

    def __init__(self, environ: dict[str, Any], **options: Any) -> None:
        # Compression would cost 100 KiB per connection, and inflate before the size is checked.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        self.last_heard = time.monotonic()
        self.partial_since: float | None = None
        self._frames = FrameReader(options.get("max_message_size") or MAX_FRAME_BYTES)
        self._queue: list[bytes] = []
        self._queued_bytes = 0
        self._held: list[bytes] | None = []
        self._held_bytes = 0
        self._writing = False
        self._closing = False
        self._peer_closed = False
        self._hanging_up = False
        self._turn = 0
        self._killer: Any = None
        _check_handshake(environ)
        self.name = ""
        self.traffic = Traffic()
        self.ending: tuple[int, str] | None = None
        try:
            super().__init__(environ, thread_class=_NoThread, **options)
        except (ProtocolError, simple_websocket.ConnectionError, UnicodeError) as error:
            raise BadRequest("not a WebSocket handshake") from error
        # Else what the handshake needed, a parser of HTTP with its buffers, would stay as long as this.
        self.ws = self.event = self.input_buffer = None

    @property
    def closing(self) -> bool:
        """Whether its end has begun: what comes now is not carried out."""
        return self._closing

    # ---- reading

    def messages(self) -> Iterator[str | bytes]:
        """Whole messages, until the connection ends. Answers pings and closes by itself."""
        try:
            while data := self._receive():
                for incoming in self._frames.feed(data):
                    if isinstance(incoming, CloseFrame):
                        self._peer_closes(incoming)
                        return
                    if self._closing:
                        continue  # we have said goodbye and only wait for the peer's
                    if isinstance(incoming, PingFrame):
                        self.reply(pong_frame(incoming.payload))
                    else:
                        self.partial_since = None  # what may be unfinished now has begun after it
                        self.traffic.frames_in += 1
                        yield incoming
                    self._give_way(1)
                self._note_partial()
        except FrameError as error:
            self.shut(error.code, error.reason)
            self._hang_up()
            self._read_off()

    def _receive(self) -> bytes:
        try:
            size = self.sock.recv_into(_inbox)
        except OSError:
            return b""
        data = bytes(_inbox[:size])
        self._give_way(1 + (len(data) >> _TURN_PIECE_BITS))
        self.last_heard = time.monotonic()
        self.traffic.bytes_in += len(data)
        return data

    def _give_way(self, work: int) -> None:
        """Let the others run now and then: reading a socket that always has data never waits."""
        self._turn += work
        if self._turn >= _TURN:
            self._turn = 0
            gevent.sleep(0)

    def _note_partial(self) -> None:
        if not self._frames.partial:
            self.partial_since = None
        elif self.partial_since is None:
            self.partial_since = self.last_heard

    def _read_off(self) -> None:
        """Read what still comes, until the peer has seen our Close: unread data would make it a reset."""
        left = _READ_OFF_BYTES
        while left > 0 and (data := self._receive()):
            left -= len(data)

    def _peer_closes(self, frame: CloseFrame) -> None:
        code = CloseCode.NORMAL if frame.code == _NO_CODE else frame.code
        self._note_end(code, BY_CLIENT)
        self.shut(code, "")
        self._peer_closed = True

    # ---- writing

    def _note_end(self, code: int, reason: str) -> None:
        """What comes first is what has ended the connection."""
        if self.ending is None:
            self.ending = (code, reason)

    def enqueue(self, frame: bytes, count: int = 1, /) -> None:
        """Take a finished frame, or `count` in one piece. Before `release` it is held back.

        A full outbox ends the connection.
        """
        if self._held is not None:
            self._held.append(frame)
            self._held_bytes += len(frame)
            if self._held_bytes > _MAX_QUEUED_BYTES or len(self._held) > _MAX_QUEUED_FRAMES:
                self._overflow()
        else:
            self._append(frame)
            self.traffic.frames_out += count

    def reply(self, frame: bytes) -> None:
        """Take a finished frame and send it at once, also before `release`."""
        self._append(frame)
        self.traffic.frames_out += 1
        self.flush()

    def release(self) -> None:
        """Let go what was held back, after what was replied."""
        held, self._held = self._held, None
        for frame in held or ():
            self._append(frame)
        self.traffic.frames_out += len(held or ())
        self.flush()

    def forget_held(self) -> None:
        """Drop what was held back, because it was for somebody who did not get in."""
        if self._held is not None:
            self._held.clear()
            self._held_bytes = 0

    def flush(self) -> None:
        """Send what is queued as far as the socket takes it; a greenlet does the rest."""
        if self._writing or not self._queue:
            return
        data = self._take_queue()
        try:
            sent = self.sock.send(data, 0, 0.0)
        except OSError as error:
            if error.errno not in _WOULD_BLOCK:
                self._abort()
                return
            sent = 0
        if sent < len(data):
            self._writing = True
            gevent.spawn(self._write_rest, data[sent:])

    def shut(self, code: int, reason: str) -> None:
        """End the connection: what is queued, then a Close frame, then at most 2 s for the peer's."""
        if self._closing:
            return
        self._note_end(code, reason)
        self._append(close_frame(code, reason))
        self._closing = True
        self._held = None
        self.flush()
        self._killer = gevent.spawn_later(_CLOSE_WAIT_S, self._abort)

    def close(self, reason: Any = None, message: str | None = None) -> None:
        """What flask-sock calls when the endpoint has returned."""
        self.shut(reason or CloseCode.NORMAL, message or "")
        if not self._peer_closed:
            for _ in self.messages():
                pass
        if self._killer is not None:
            self._killer.kill()
        self.connected = False

    def send(self, data: Any) -> None:
        """Not for use: `enqueue` and `reply` take finished frames.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError

    def _append(self, frame: bytes) -> None:
        if self._closing:
            return
        # What waits already decides, so that one large answer alone never does.
        if self._queued_bytes > _MAX_QUEUED_BYTES or len(self._queue) > _MAX_QUEUED_FRAMES:
            self._overflow()
            return
        self._queue.append(frame)
        self._queued_bytes += len(frame)

    def _overflow(self) -> None:
        """The peer does not read: drop what waits, so that nobody else waits for it."""
        if self._closing:
            return
        log.info("outbox_full", connection=self.name, queued=self._queued_bytes)
        metrics.slow_consumers.value += 1
        self._queue.clear()
        self._queued_bytes = 0
        self._held = None
        self.shut(CloseCode.OUTBOX_FULL, "outbox full")

    def _take_queue(self) -> bytes:
        queue = self._queue
        self.traffic.bytes_out += self._queued_bytes
        data = queue[0] if len(queue) == 1 else b"".join(queue)
        queue.clear()
        self._queued_bytes = 0
        return data

    def _write_rest(self, data: bytes) -> None:
        """The slow path, for a socket that is full: the only writer until everything is out."""
        try:
            while data:
                for start in range(0, len(data), _CHUNK_BYTES):
                    with Timeout(_STALL_S):
                        self.sock.sendall(data[start : start + _CHUNK_BYTES])
                data = self._take_queue() if self._queue else b""
        except Timeout:
            log.info("outbox_stalled", connection=self.name, queued=self._queued_bytes)
            metrics.slow_consumers.value += 1
            self._note_end(CloseCode.OUTBOX_FULL, "stalled")
            self._abort()
        except OSError:
            self._abort()
        except BaseException:
            self._abort()  # half a frame may be out: nothing may follow it
            raise
        finally:
            self._writing = False
            if self._hanging_up:
                self._hang_up()

    def _hang_up(self) -> None:
        """Say no more, as soon as everything is out: the peer is not to wait for an answer to its mistake."""
        self._hanging_up = True
        if not self._writing:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_WR)

    def _abort(self) -> None:
        self._closing = True
        self._queue.clear()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _check_handshake(environ: dict[str, Any]) -> None:
    """What wsproto does not look at: the key must be one, and a body would be taken for frames."""
    try:
        key = base64.b64decode(environ.get("HTTP_SEC_WEBSOCKET_KEY", ""), validate=True)
    except ValueError as error:
        raise BadRequest("not a WebSocket handshake") from error
    has_body = environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ
    if len(key) != _KEY_BYTES or has_body:
        raise BadRequest("not a WebSocket handshake")
