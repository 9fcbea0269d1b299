"""A clock that jumps while a process runs, by Debian's libfaketime."""

from collections.abc import Mapping
from pathlib import Path

from devstack.debian import find_clock_library


class ClockFile:
    """The wall clock of processes started with its environment; their monotonic clock goes on as it does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.step(0)

    @property
    def environment(self) -> Mapping[str, str]:
        """Makes a process read its clock here.

        Raises:
            FileNotFoundError: libfaketime is not installed.
        """
        library = find_clock_library()
        if library is None:
            raise FileNotFoundError("libfaketime is missing: run `make setup`")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def step(self, seconds: int) -> None:
        """From now on the clock is so far ahead of the right time, or behind it."""
        self._path.write_text(f"{seconds:+d}\n")
