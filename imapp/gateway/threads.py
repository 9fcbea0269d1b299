"""Threads for what would hold up everybody on the gateway's one loop, such as decoding an image."""

from collections.abc import Callable
from typing import Final, TypeVar

from gevent.threadpool import ThreadPool

AT_ONCE: Final = 2
"""As many as there are; whoever comes next waits. Each may hold a decoded image."""

T = TypeVar("T")


class Threads:
    """Runs jobs outside the loop. The greenlet that asks waits, the others go on."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._pool = ThreadPool(at_once)

    def run(self, job: Callable[[], T]) -> T:
        """What the job gives; it may raise."""
        outcome: tuple[T | None, BaseException | None] = self._pool.apply(_caught, (job,))
        result, error = outcome
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # no error, so it is the job's


def _caught(job: Callable[[], T]) -> tuple[T | None, BaseException | None]:
    """Caught here, since the pool itself prints what is raised in it."""
    try:
        return job(), None
    except BaseException as error:  # noqa: BLE001  # raised again where it is waited for
        return None, error
