"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

T = TypeVar("T")

POLL_S: Final = 0.02
PATIENCE_S: Final = 10.0
"""Ample on a noisy machine: a test that passes never waits so long."""


def eventually(condition: Callable[[], T | None], *, timeout: float = PATIENCE_S, what: str = "") -> T:
    """The first true value of the condition, which may also fail with AssertionError until it holds.

    Raises:
        AssertionError: it did not come true in time; says what was waited for, and how it failed last.
    """
    deadline = time.monotonic() + timeout
    failure: AssertionError | None = None
    while True:
        try:
            value = condition()
        except AssertionError as error:
            failure = error
        else:
            if value:
                return value
            failure = None
        if time.monotonic() > deadline:
            text = what or getattr(condition, "__doc__", None) or "the condition"
            raise AssertionError(f"not within {timeout:g} s: {text}") from failure
        time.sleep(POLL_S)


def left(find: Callable[[], T], *, timeout: float = PATIENCE_S) -> T:
    """What is still found when nothing is found any more or the time is up: for an assert that names it."""
    with suppress(AssertionError):
        eventually(lambda: not find(), timeout=timeout)
    return find()
