"""What a gateway adds to gunicorn's reading of HTTP, so that one peer can't hold up everybody.

A gevent worker runs one greenlet at a time, and a socket that always has data never makes its greenlet wait:
a client that sends faster than we parse would be the only one served, and no time-out would fire. A body may
also come so slowly that its greenlet stays for ever.
"""

import socket
import time
from typing import Any, Final

import gevent

UPLOAD_PATH: Final = "/api/v1/files"

_PIECE_BYTES: Final = 16_384
# Who is refused before his body was read is still sending it; closing at once could cost him the answer.
_READ_OFF_BYTES: Final = 1_000_000
_READ_OFF_S: Final = 2.0
# A client that takes nothing of its response for so long is gone, or means harm.
_STALLED_MS: Final = 30_000


class PatientSocket:
    """A socket to read one request's body from: others run before each piece, and the time is limited."""

    def __init__(self, sock: Any, patience_s: float) -> None:
        self.sock = sock
        self.deadline = time.monotonic() + patience_s

    def recv(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            TimeoutError: the time for all of them is over.
        """
        gevent.sleep(0)
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        with gevent.Timeout(left, TimeoutError):
            data: bytes = self.sock.recv(size)
        return data


def patience_for(request: Any, patience_s: float, upload_s: float) -> float:
    """How long a request's body may take: more for a file, of which only its beginning is read unasked."""
    is_upload = request.method == "POST" and request.path == UPLOAD_PATH
    return upload_s if is_upload else patience_s


def begin_request(request: Any, patience_s: float) -> None:
    """Before a request is handled: its body is read patiently."""
    gevent.sleep(0)  # requests may come in a row without a wait
    request.unreader.sock = PatientSocket(request.unreader.sock, patience_s)


def end_request(request: Any) -> None:
    """After a request was answered: what is left of its body is read off, or the connection is closed."""
    patient = request.unreader.sock
    patient.deadline = min(patient.deadline, time.monotonic() + _READ_OFF_S)
    if not _read_off(request.body):
        request.force_close()
    request.unreader.sock = patient.sock


def limit_stalls(listeners: list[Any]) -> None:
    """Connections of these listeners end when the peer takes nothing of what it is sent."""
    for listener in listeners:
        if listener.FAMILY in (socket.AF_INET, socket.AF_INET6):
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_MS)


def _read_off(body: Any) -> bool:
    left = _READ_OFF_BYTES
    try:
        while left > 0 and (data := body.read(_PIECE_BYTES)):
            left -= len(data)
    except Exception:  # noqa: BLE001  # whatever is wrong with it, where the next request begins is unknown
        return False
    return left > 0
