"""A clock that jumps while a process runs: a gateway's by Debian's libfaketime, a worker's by Python."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from devstack.debian import find_clock_library

_SHIFTED: Final = Path(__file__).parent / "shifted_clock"


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

    @property
    def worker_environment(self) -> Mapping[str, str]:
        """The same for a worker, whose threads can't sleep under libfaketime."""
        return {"PYTHONPATH": str(_SHIFTED), "SHIFTED_CLOCK": str(self._path)}

    def step(self, seconds: int) -> None:
        """From now on the clock is so far ahead of the right time, or behind it."""
        self._path.write_text(f"{seconds:+d}\n")
