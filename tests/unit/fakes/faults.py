"""Faults at exact places: every step of a fake is counted, and something may happen before or after it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from imapp.errors import BrokerUnavailable, StoreUnavailable

Happening = Callable[[], None]


class Died(BaseException):
    """The process is gone: nothing of it may catch this."""


class Faults:
    """Counts steps and lets armed things happen at them. What happens may take steps of its own."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self._armed: dict[tuple[int, bool], Happening] = {}
        self._named: list[tuple[str, bool, Happening]] = []

    def arm(self, happening: Happening, *, in_steps: int = 0, after: bool = False) -> None:
        """Let something happen before (or after) the step that comes when `in_steps` others have passed."""
        self._armed[len(self.steps) + in_steps, after] = happening

    def arm_at(self, name: str, happening: Happening, *, after: bool = False) -> None:
        """Let something happen once, before (or after) the next step of this name."""
        self._named.append((name, after, happening))

    def disarm(self) -> None:
        """Nothing more happens."""
        self._armed.clear()
        self._named.clear()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step: what it does stands between what happens before and after."""
        number = len(self.steps)
        self.steps.append(name)
        self._happen(number, after=False)
        yield
        self._happen(number, after=True)

    def _happen(self, number: int, *, after: bool) -> None:
        happening = self._armed.pop((number, after), None) or self._take_named(self.steps[number], after)
        if happening is not None:
            # What it does is not interrupted by what else is armed: that waits for our own next step.
            waiting, self._armed = self._armed, {}
            before = len(self.steps)
            try:
                happening()
            finally:
                passed = len(self.steps) - before
                self._armed = {(step + passed, late): what for (step, late), what in waiting.items()}

    def _take_named(self, name: str, after: bool) -> Happening | None:
        for known in self._named:
            if known[:2] == (name, after):
                self._named.remove(known)
                return known[2]
        return None


def store_fails() -> NoReturn:
    """MongoDB does not confirm."""
    raise StoreUnavailable("no answer")


def broker_fails() -> NoReturn:
    """RabbitMQ does not confirm."""
    raise BrokerUnavailable("no confirmation")


def process_dies() -> NoReturn:
    """As `kill -9` would end it."""
    raise Died


def code_fails() -> NoReturn:
    """A mistake in the code."""
    raise RuntimeError("nobody expected this")
