"""The client's end of one WebSocket: requests matched with replies, everything else handed on in order."""

import itertools
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from typing import Any, Final, Protocol

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_socket

from schemas.frames import ErrorReply
from tests.support.contract import CheckedConnection
from tests.support.waiting import PATIENCE_S

Frame = dict[str, Any]
Reply = Future[Frame]

_CLOSE_S: Final = 2.0  # a gateway that hangs does not answer a close
_REPLY_TYPES: Final = ("ok", "error", "pong")


class RefusedError(Exception):
    """The system refused a request; `code` says why, `reply` all that it said."""

    def __init__(self, reply: ErrorReply) -> None:
        super().__init__(f"{reply.code}: {reply.message}")
        self.reply = reply
        self.code = reply.code


class DisconnectedError(Exception):
    """The connection ended before the answer; `code` is the close code, if there was one."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Listener(Protocol):
    """Who is told what happens on a link, on the thread on which it happens."""

    def on_request(self, request: str, kind: str, fields: Mapping[str, Any]) -> None:
        """A request is about to leave; the next one waits until this returns."""

    def on_reply(self, request: str, kind: str, reply: Frame) -> None:
        """A reply has arrived; who waits for it goes on after this returns."""

    def on_event(self, event: Frame) -> None:
        """A frame that answers nothing has arrived."""

    def on_closed(self) -> None:
        """Nothing more will come. Said once."""


class Link:
    """One open socket. Any thread may use it."""

    def __init__(self, url: str, listener: Listener, **options: Any) -> None:
        """`options` go to websockets (`origin`, `additional_headers`)."""
        self._keep = ExitStack()
        self._socket: ClientConnection = self._keep.enter_context(
            open_socket(
                url,
                create_connection=CheckedConnection,
                compression=None,
                ping_interval=None,
                max_size=None,
                close_timeout=_CLOSE_S,
                **options,
            )
        )
        self._listener = listener
        self._pending: dict[str, tuple[str, Reply]] = {}
        self._numbers = itertools.count(1)
        self._sending = threading.Lock()
        self._ending = threading.Lock()
        self.closed = threading.Event()
        self.close_code: int | None = None

    def post(self, kind: str, fields: Mapping[str, Any]) -> Reply:
        """Send a request. The future raises RefusedError or DisconnectedError."""
        reply: Reply = Future()
        with self._sending:
            request = f"r{next(self._numbers)}"
            self._listener.on_request(request, kind, fields)
            self._pending[request] = (kind, reply)
            self.send_raw(msgspec.json.encode({"type": kind, "id": request, **fields}).decode())
        if self.closed.is_set():
            self._fail_pending()
        return reply

    def send_raw(self, data: str | bytes) -> None:
        """Send a frame as it is, right or wrong; text as text, bytes as binary."""
        with suppress(ConnectionClosed, OSError):  # the reading side notices and tells
            self._socket.send(data)

    def read_one(self) -> None:
        """Take the next frame, or notice the end."""
        try:
            self._take(self._socket.recv(timeout=PATIENCE_S))
        except (ConnectionClosed, OSError):
            self._end()

    def read_on(self) -> None:
        """Take all further frames on a thread of its own."""
        threading.Thread(target=self._read, daemon=True).start()

    def close(self) -> None:
        """End the connection properly."""
        self._keep.close()
        self._end()

    def abort(self) -> None:
        """Cut the connection without a word, as a dead network or a crash does."""
        with suppress(OSError):
            self._socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._socket.socket.shutdown(socket.SHUT_RDWR)
        self._end()

    def _read(self) -> None:
        try:
            for data in self._socket:
                self._take(data)
        except (ConnectionClosed, OSError):
            pass
        finally:
            self._end()

    def _take(self, data: str | bytes) -> None:
        frame: Frame = msgspec.json.decode(data)
        request = frame.get("id")
        if frame["type"] not in _REPLY_TYPES or request not in self._pending:
            self._listener.on_event(frame)
            return
        kind, reply = self._pending.pop(request)
        self._listener.on_reply(request, kind, frame)
        if frame["type"] == "error":
            reply.set_exception(RefusedError(msgspec.convert(frame, ErrorReply)))
        else:
            reply.set_result(frame)

    def _end(self) -> None:
        with self._ending:
            if not self.closed.is_set():
                self.close_code = self._socket.close_code
                self._listener.on_closed()
                self.closed.set()
        self._fail_pending()

    def _fail_pending(self) -> None:
        while self._pending:
            with suppress(KeyError):
                _, (_, reply) = self._pending.popitem()
                reply.set_exception(DisconnectedError(self.close_code))


def socket_url(url: str) -> str:
    """The WebSocket address of a gateway given by its http address."""
    return url if url.startswith("ws") else url.replace("http", "ws", 1).rstrip("/") + "/ws"


def check_reply(kind: str, frame: Frame, shape: Callable[..., Any]) -> Any:
    """The reply as its struct; what does not fit the schema fails the test that asked."""
    try:
        return msgspec.convert(frame, shape)
    except msgspec.ValidationError as error:
        raise AssertionError(f"the reply to {kind} is not what the schema says: {error}: {frame}") from error
