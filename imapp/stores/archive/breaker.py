"""Who waits for Elasticsearch while it does not answer: nobody, but for one at a time who tries for all."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import Final

from circuitbreaker import CircuitBreaker

from imapp.errors import ArchiveUnavailable

OPENS_AFTER: Final = 3  # failures in a row
OPEN_S: Final = 2  # then one tries
AT_ONCE: Final = 10
"""Questions under way at the same time; others wait for their turn."""


class Breaker:
    """Refuses questions at once after some failures in a row, until one of them is answered again.

    Any thread or greenlet may use it. `turn_s` is how long a question waits at most before it is asked.
    """

    def __init__(self, name: str, *, turn_s: float) -> None:
        self._circuit = CircuitBreaker(
            failure_threshold=OPENS_AFTER,
            recovery_timeout=OPEN_S,
            expected_exception=_is_failure,
            name=name,
        )
        self._trying = Lock()
        self._turn_s = turn_s
        self._turns = BoundedSemaphore(AT_ONCE)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """The time of one question.

        Raises:
            ArchiveUnavailable: it may not be asked now.
        """
        self.check()
        # Whoever waited for one of the driver's connections instead could not be refused any more.
        if not self._turns.acquire(timeout=self._turn_s):
            raise ArchiveUnavailable("not asked: too many are asking")
        try:
            with self._asking():
                yield
        finally:
            self._turns.release()

    def check(self) -> None:
        """Nothing, unless everybody is refused at once now.

        Raises:
            ArchiveUnavailable: everybody is.
        """
        if self._circuit.opened:
            raise self._refusal()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        if self._circuit.closed:
            with self._circuit:
                yield
            return
        # The circuit would let everybody pass who comes before the first of them has failed.
        if not self._trying.acquire(blocking=False):
            raise self._refusal()
        try:
            self.check()
            with self._circuit:
                yield
        finally:
            self._trying.release()

    def _refusal(self) -> ArchiveUnavailable:
        return ArchiveUnavailable(f"not asked: {self._circuit.last_failure}")


def _is_failure(kind: type[BaseException], _error: BaseException) -> bool:
    # Whoever is stopped while he waits has no answer either; any other error is one about an answer.
    return issubclass(kind, ArchiveUnavailable) or not issubclass(kind, Exception)
