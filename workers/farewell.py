"""What a worker leaves behind: how many tasks it has finished, and how many the next one gets."""

import time
from typing import Any, Final

from celery.signals import task_postrun, worker_shutdown, worker_shutting_down
from celery.worker import state

from imapp.logs import get_log

log: Final = get_log("worker")


class Farewell:
    """Counts from SIGTERM on. It logs only at the end: a signal handler must not wait for a log's lock."""

    def __init__(self) -> None:
        self._begun: float | None = None
        self._held: frozenset[str] = frozenset()
        self._finished: set[str] = set()
        worker_shutting_down.connect(self.begin)
        task_postrun.connect(self.finished)
        worker_shutdown.connect(self.end)

    def begin(self, **_: Any) -> None:
        """SIGTERM has come."""
        if self._begun is None:
            self._begun = time.monotonic()
            self._held = frozenset(request.id for request in tuple(state.reserved_requests))

    def finished(self, task_id: str, **_: Any) -> None:
        """A task has come to its end."""
        if self._begun is not None:
            self._finished.add(task_id)

    def end(self, **_: Any) -> None:
        """The process is about to end: its connection closes, and RabbitMQ hands over what is unfinished."""
        begun = self._begun if self._begun is not None else time.monotonic()
        log.info(
            "drained",
            finished=len(self._finished),
            handed_over=len(self._held - self._finished),
            seconds=round(time.monotonic() - begun, 2),
        )
