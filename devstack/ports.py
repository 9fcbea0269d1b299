"""Which loopback ports are free, and who listens on one."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"

_TRIES = 50
_LISTENING = "0A"
_CHOOSING = "\0imapp-devstack-is-choosing-ports"
_CHOOSING_SECONDS = 90


def first_free(preferred: int) -> int:
    """Give the preferred port, or the first one after it that nobody listens on.

    Always below the range the kernel gives to outgoing connections: there, a client that keeps dialling a
    stopped server can end up connected to itself and hold the port.
    """
    return next(port for port in range(preferred, preferred + _TRIES) if is_free(port))


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        # Without this a server stopped a moment ago would still seem to be there.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens on this port."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    with suppress(OSError):
        return any(str(link.readlink()) in sockets for link in Path(f"/proc/{pid}/fd").iterdir())
    return False


def _listening_inodes(port: int) -> list[str]:
    # Columns, see proc(5): 1 is the local address:port, 3 the state, 9 the inode.
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[9] for row in rows if row[3] == _LISTENING and row[1].endswith(f":{port:04X}")]


@contextmanager
def choosing() -> Iterator[None]:
    """Keep other checkouts from choosing ports until ours are taken: RabbitMQ is slow to open its own.

    The lock is a name in the kernel's network namespace: exactly as wide as the loopback ports, gone with us.
    """
    with socket.socket(socket.AF_UNIX) as lock:
        deadline = time.monotonic() + _CHOOSING_SECONDS
        while not _hold(lock) and time.monotonic() < deadline:
            time.sleep(0.1)
        yield


def _hold(lock: socket.socket) -> bool:
    with suppress(OSError):
        lock.bind(_CHOOSING)
        return True
    return False
