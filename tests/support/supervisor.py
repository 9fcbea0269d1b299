"""What systemd does: starts again what has died, but not for ever."""

from collections.abc import Iterable
from typing import Final

import pytest

from tests.support.processes import ManagedProcess

MANY: Final = 15
"""A gateway sends an unanswered batch up to six times; each copy may kill once, and four make it sure."""


class Supervisor:
    """Watches over processes for as long as somebody asks it to."""

    def __init__(self, processes: Iterable[ManagedProcess], *, most: int = MANY) -> None:
        """More than `most` deaths are not to be explained by what poison may cost until it is set aside."""
        self._processes = tuple(processes)
        self._most = most
        self.deaths: list[str] = []
        """Who has died so far."""

    def keep_alive(self) -> bool:
        """Start those that have died; always True, for conditions.

        Raises:
            Failed: they die too often.
        """
        for process in self._processes:
            if not process.is_running:
                self.deaths.append(process.name)
                process.start()
        if len(self.deaths) > self._most:
            pytest.fail(f"poison has killed {len(self.deaths)} workers, and is not set aside")
        return True
