"""Who may start and stop the services of a folder, and who still uses them.

The kernel drops these locks with the process that holds them, so a killed run never leaves one behind.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Wait until nobody else starts or stops services here, and keep it so."""
    with _opened(folder / "changing.lock") as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


class Use:
    """Our share in the services of a folder, held inside `using`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def is_only(self) -> bool:
        """Whether nobody else has a share. Call it inside `changing`: then nobody can join meanwhile."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            # Asking for the exclusive lock gives up the shared one, whether it is granted or not: flock(2).
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)


@contextmanager
def using(folder: Path) -> Iterator[Use]:
    """Hold a share in the services of a folder."""
    with _opened(folder / "using.lock") as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield Use(descriptor)


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Hold the lock at `path` and yield True, or yield False if somebody else has it."""
    with _opened(path) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
