"""Ctrl-C, SIGTERM and a closed terminal, all turned into one exception."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """We were asked to end. Like KeyboardInterrupt it is no Exception, so nothing handles it by accident."""


@contextmanager
def interrupting() -> Iterator[None]:
    """Raise Interrupted in the main thread for every such signal inside the block, and ignore them after."""
    try:
        for number in ENDING:
            signal.signal(number, _interrupt)
        yield
    finally:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted
