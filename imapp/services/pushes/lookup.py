"""Addresses of a name, within a time: the system's own look-up knows no limit that a caller could set."""

import socket
import threading
from typing import Final


class _LookUp:
    """One look-up, in a thread of its own, which may outlive who waits for it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._done = threading.Event()
        self._found: list[str] = []
        self._failure: OSError | None = None
        threading.Thread(target=self._run, name=f"look-up {name}", daemon=True).start()

    @property
    def done(self) -> bool:
        return self._done.is_set()

    def wait(self, seconds: float) -> list[str]:
        if not self._done.wait(seconds):
            raise TimeoutError(f"no address within {seconds:g} s")
        if self._failure is not None:
            raise self._failure
        return self._found

    def _run(self) -> None:
        try:
            rows = socket.getaddrinfo(self._name, None, type=socket.SOCK_STREAM)
            self._found = list(dict.fromkeys(str(row[4][0]) for row in rows))
        except OSError as error:
            self._failure = error
        except UnicodeError as error:  # a part of the name is too long
            self._failure = socket.gaierror(str(error))
        finally:
            self._done.set()


_LOCK: Final = threading.Lock()
# One that hangs is waited for again rather than begun again: however often it is asked, it is one thread.
_under_way: dict[str, _LookUp] = {}


def find_addresses(name: str, seconds: float) -> list[str]:
    """The addresses of a host name, as the system prefers them.

    Raises:
        TimeoutError: there was no answer in time.
        socket.gaierror: there is no such name, or nobody who could know it.
    """
    name = name.strip("[]")  # an address of IPv6 may come as in a URL
    with _LOCK:
        look_up = _under_way.get(name)
        if look_up is None or look_up.done:
            look_up = _under_way[name] = _LookUp(name)
    return look_up.wait(seconds)
