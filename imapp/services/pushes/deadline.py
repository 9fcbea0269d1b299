"""HTTP sessions whose answers have a deadline as a whole.

The time-outs of `requests` count from byte to byte: an endpoint that drips its headers would hold its caller
for hours. They begin after its name was looked up, for which the system may take half a minute, and begin
anew for each of its addresses. The TLS handshake and sending have limits as a whole already.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from imapp.services.pushes.lookup import find_addresses


class _Impatient(HTTPConnection):
    """A connection with one limit for finding its address and connecting, and one for the answer's head."""

    def _new_conn(self) -> socket.socket:
        seconds, name = self.timeout or _NEVER_S, self._dns_host
        until = time.monotonic() + seconds
        try:
            addresses = find_addresses(name, seconds)
            return self._connected(addresses, until)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"its name was not found within {seconds:g} s") from error
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        finally:
            self._dns_host, self.timeout = name, seconds

    def _connected(self, addresses: list[str], until: float) -> socket.socket:
        """A socket to the first of these addresses that takes it; the time left is for all together."""
        failure: Exception = NewConnectionError(self, "its name has no address")
        for address in addresses:
            self._dns_host, self.timeout = address, max(until - time.monotonic(), _LEAST_S)
            try:
                return super()._new_conn()
            except (ConnectTimeoutError, NewConnectionError) as error:
                failure = error
            if time.monotonic() >= until:
                break
        raise failure

    def getresponse(self) -> Any:
        with _deadline(self.sock, self.timeout):
            return super().getresponse()


class _PlainConnection(_Impatient):
    pass


class _SecureConnection(_Impatient, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_NEVER_S: Final = 3600.0  # as good as
_LEAST_S: Final = 0.01  # a time-out of none at all would not wait for anything
_POOLS: Final = {"http": _PlainPool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def impatient_session() -> requests.Session:
    """A session whose time-out is one for the whole head of an answer, however it comes."""
    session = requests.Session()
    for scheme in _POOLS:
        session.mount(f"{scheme}://", _Adapter())
    return session


@contextmanager
def _deadline(sock: socket.socket, seconds: float | None) -> Iterator[None]:
    """End whatever is read from a socket after this time.

    Raises:
        TimeoutError: it was ended. A head that was cut off reads as a shorter one, so this must be told.
    """
    fired = threading.Event()

    def end() -> None:
        fired.set()
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds or _NEVER_S, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if fired.is_set():
            raise TimeoutError("the answer did not come to an end in time")
