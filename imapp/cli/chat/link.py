"""The socket: one thread per connection, which reports what happens to it. The core decides the rest."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from schemas.frames import CloseCode

OPEN_LIMIT_S: Final = 10.0
CLOSE_LIMIT_S: Final = 1.0  # a server that we give up is often one that does not answer
MAX_REPLY_BYTES: Final = 16 * 1024 * 1024  # a page of 100 of the longest texts, and room

_SCHEMES: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection is open."""

    number: int


@dataclass(frozen=True, slots=True)
class Received:
    """A text frame came."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A connection has ended, or could not be made (no code)."""

    number: int
    code: int | None
    reason: str


Report = Opened | Received | Closed


def socket_url(url: str) -> str:
    """The address of the WebSocket of a server: http(s) becomes ws(s), and the path is /ws unless given.

    Raises:
        ValueError: this is no address.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError(
            f"not the address of a server: {url!r} (expected something like http://localhost:8000)"
        )
    if parts.port == 0:  # reading it raises ValueError for what is no port at all
        raise ValueError(f"not a port: {url!r}")
    path = parts.path if parts.path.strip("/") else "/ws"
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, parts.query, ""))


class Link:
    """At most one connection at a time. Reports carry its number: those of earlier ones are to be ignored."""

    def __init__(self, url: str, report: Callable[[Report], None]) -> None:
        self.number = 0
        self._url = url
        self._report = report
        self._lock = threading.Lock()  # a connection may open while it is being given up
        self._socket: ClientConnection | None = None

    def connect(self) -> None:
        """Start a connection; `Opened` or `Closed` is reported."""
        self.number += 1
        threading.Thread(target=self._run, args=(self.number,), name="chat-link", daemon=True).start()

    def send(self, text: str) -> None:
        """Send a frame; if the connection has ended it is lost, and `Closed` is reported."""
        try:
            if self._socket is not None:
                self._socket.send(text)
        except ConnectionClosed:
            pass  # the reading thread reports it

    def close(self, code: int) -> None:
        """End the connection. Its reports carry an old number from here on."""
        with self._lock:
            self.number += 1
            socket, self._socket = self._socket, None
        if socket is not None:
            socket.close(code)

    def _run(self, number: int) -> None:
        code, reason = None, ""
        try:
            self._read(number)
        except ConnectionClosed as closed:
            close = closed.rcvd
            code, reason = (close.code, close.reason) if close else (None, "the connection was lost")
        except InvalidStatus as refused:
            status = refused.response.status_code
            code, reason = CloseCode.UNAUTHORIZED if status in (401, 403) else None, f"HTTP status {status}"
        except OSError as error:
            reason = f"{self._url}: {error.strerror or error}"
        except WebSocketException as error:
            reason = f"{self._url}: {error}"
        self._report(Closed(number, code, reason))

    def _read(self, number: int) -> None:
        # The core pings and judges silence itself. A proxy meant for browsers must not break localhost.
        with connect(
            self._url,
            compression=None,
            proxy=None,
            open_timeout=OPEN_LIMIT_S,
            close_timeout=CLOSE_LIMIT_S,
            ping_interval=None,
            max_size=MAX_REPLY_BYTES,
        ) as socket:
            with self._lock:
                if number != self.number:
                    return
                self._socket = socket
            self._report(Opened(number))
            while True:
                self._report(Received(number, socket.recv(decode=True)))
