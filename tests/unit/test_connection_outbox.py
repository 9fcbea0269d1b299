"""How much waits for a peer who takes nothing, until his connection ends."""

from collections.abc import Iterator
from typing import Final

import pytest
from gevent import socket

from imapp.ws.connection import Connection
from schemas.frames import CloseCode

_SMALL: Final = b"\x81\x01x"
_MOST: Final = 1_000


@pytest.fixture
def connection() -> Iterator[Connection]:
    """After its handshake, with a peer who reads nothing."""
    ours, peer = socket.socketpair()
    with ours, peer:
        made = Connection(
            {
                "REQUEST_METHOD": "GET",
                "PATH_INFO": "/ws",
                "HTTP_HOST": "im",
                "HTTP_UPGRADE": "websocket",
                "HTTP_CONNECTION": "Upgrade",
                "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
                "HTTP_SEC_WEBSOCKET_VERSION": "13",
                "gunicorn.socket": ours,
            }
        )
        yield made
        if made._killer is not None:
            made._killer.kill()


@pytest.mark.limit("outbox of a connection, frames")
@pytest.mark.parametrize("held", [True, False], ids=["before hello", "after hello"])
def test_too_many_frames_end_a_connection_however_small_they_are(
    connection: Connection, *, held: bool
) -> None:
    """What waits decides, so that one more than may wait is taken and the next is not."""
    most = _MOST if held else _MOST + 1
    if not held:
        connection.release()

    for _ in range(most):
        connection.enqueue(_SMALL)
    assert not connection.closing

    connection.enqueue(_SMALL)
    assert (connection.closing, connection.ending) == (True, (CloseCode.OUTBOX_FULL, "outbox full"))
    assert connection._queued_bytes == 0, "nothing is kept for him"


def test_what_the_socket_has_taken_does_not_wait(connection: Connection) -> None:
    connection.release()

    for _ in range(3):
        for _ in range(_MOST):
            connection.enqueue(_SMALL)
        connection.flush()

    assert connection.ending is None
