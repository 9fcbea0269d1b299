"""Personal writes on their way to a worker, and their answers, which come back with the fanout."""

import secrets
import time
from collections.abc import Callable
from typing import Any, Final

import gevent
import msgspec
from gevent.event import AsyncResult, Event

from imapp.broker.publishing import TaskPublisher
from imapp.broker.topology import PERSONAL_TASK
from imapp.errors import BrokerUnavailable, RequestError
from imapp.gateway.batcher import RETRY_AFTER_S
from imapp.logs import get_log
from schemas.errors import ErrorCode
from schemas.tasks import AnyPersonalWrite, PersonalAnswer, PersonalBatch

MAX_WAITING: Final = 1_000
_MAX_WRITES: Final = 100  # a task

_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("personal")

Answer = Callable[[PersonalAnswer], None]
"""Takes the answer to a write, once; never waits."""


class PersonalDesk:
    """Sends writes and keeps who waits for them. `run` belongs to one greenlet.

    A write is answered after it is stored. Who hears nothing in time is told `busy`: the outcome is open, and
    the same write again settles it.
    """

    def __init__(
        self,
        publisher: TaskPublisher,
        queue: Any,
        *,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publisher = publisher
        self._queue = queue
        self._timeout_s = timeout_s
        self._clock = clock
        self._writes: list[AnyPersonalWrite] = []
        self._waiting: dict[str, tuple[float, Answer]] = {}
        self._prefix = secrets.token_hex(6)
        self._number = 0
        self._at_ms = 0
        self._has_work = Event()
        self._stopping = False

    @property
    def idle(self) -> bool:
        """Whether nobody waits."""
        return not self._waiting

    def submit(self, make: Callable[[str, int], AnyPersonalWrite], answer: Answer) -> None:
        """Send the write that `make` gives for a request id and a time (ms); times here never repeat.

        Raises:
            RequestError: `busy`: too many wait, or this gateway stops; nothing was sent.
        """
        if len(self._waiting) >= MAX_WAITING or self._stopping:
            raise RequestError(ErrorCode.BUSY, retry_after=RETRY_AFTER_S)
        self._number += 1
        self._at_ms = max(self._at_ms + 1, time.time_ns() // 1_000_000)
        write = make(f"{self._prefix}-{self._number}", self._at_ms)
        self._waiting[write.request_id] = (self._clock() + self._timeout_s, answer)
        self._writes.append(write)
        self._has_work.set()

    def ask(self, make: Callable[[str, int], AnyPersonalWrite]) -> bytes:
        """Send a write and wait; the body of its answer, as JSON.

        Raises:
            RequestError: it was refused, or `busy`: no answer in time, so the outcome is open.
        """
        answered: AsyncResult = AsyncResult()
        self.submit(make, answered.set)
        answer: PersonalAnswer = answered.get()
        if answer.code:
            raise refusal(answer)
        return answer.body

    def take(self, answer: PersonalAnswer) -> None:
        """Take an answer, which may be another gateway's."""
        _, waiter = self._waiting.pop(answer.request_id, (0.0, None))
        if waiter is not None:
            waiter(answer)

    def run(self) -> None:
        """Send what comes and give up what is not answered, until stopped."""
        while not (self._stopping and self.idle):
            self._has_work.wait(0.1)
            self._has_work.clear()
            while self._writes:
                self._send()
            self._expire()
        self._publisher.close()

    def stop(self) -> None:
        """Take nothing more, and make `run` return once everybody has his answer."""
        self._stopping = True
        self._has_work.set()

    def _send(self) -> None:
        writes, self._writes = self._writes[:_MAX_WRITES], self._writes[_MAX_WRITES:]
        try:
            self._publisher.publish(PERSONAL_TASK, self._queue, _ENCODER.encode(PersonalBatch(writes=writes)))
        except BrokerUnavailable as error:
            # It may have arrived all the same: who waits for it is told that the outcome is open.
            log.warning("personal_unconfirmed", error=str(error), writes=len(writes))
            gevent.sleep(0)
            for write in writes:
                self.take(_busy(write.request_id))

    def _expire(self) -> None:
        now = self._clock()
        late = [request_id for request_id, (until, _) in self._waiting.items() if until <= now]
        for request_id in late:
            self.take(_busy(request_id))


def refusal(answer: PersonalAnswer) -> RequestError:
    """What an answer refuses, as an error."""
    return RequestError(ErrorCode(answer.code), retry_after=answer.retry_after, **answer.data)


def _busy(request_id: str) -> PersonalAnswer:
    return PersonalAnswer(request_id=request_id, code=ErrorCode.BUSY.value, retry_after=RETRY_AFTER_S)
