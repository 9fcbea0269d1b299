"""Read marks on their way: coalesced, then one task for many, answered once the broker holds it."""

import time
from collections.abc import Callable
from typing import Any, Final

import gevent
import msgspec

from imapp.broker.publishing import TaskPublisher
from imapp.broker.topology import RECEIPTS_TASK
from imapp.errors import BrokerUnavailable
from imapp.logs import get_log
from schemas.tasks import ReadMark, ReceiptBatch

_COALESCE_S: Final = 0.2
_MAX_WAITING: Final = 10_000
_MAX_MARKS: Final = 500
_MAX_ANSWERS: Final = 100  # who wait for the same mark
_RECENT_S: Final = 10.0  # far longer than a mark needs to reach the store

_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("marks")

Answer = Callable[[bool], None]
"""Called with whether the mark is safe."""


class MarkCoalescer:
    """Keeps the highest mark of each reader and channel. `run` belongs to one greenlet."""

    def __init__(self, publisher: TaskPublisher, queue: Any) -> None:
        self.gateway = ""
        """The name of the gateway that this is part of, for those who trace a message."""
        self._publisher = publisher
        self._queue = queue
        self._marks: dict[tuple[str, str], tuple[ReadMark, list[Answer]]] = {}
        self._recent: dict[tuple[str, str], int] = {}
        self._older: dict[tuple[str, str], int] = {}
        self._forget_at = time.monotonic() + _RECENT_S
        self._flushing = False
        self._stopping = False

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return not self._marks and not self._flushing

    def add(self, channel_id: str, user_id: str, seq: int, answer: Answer) -> None:
        """Take a mark, stamped with the time at which it happened: now."""
        if len(self._marks) >= _MAX_WAITING:
            answer(False)
            return
        key = (channel_id, user_id)
        mark, answers = self._marks.get(key, (None, []))
        if len(answers) >= _MAX_ANSWERS:
            answer(False)
            return
        if mark is None or mark.seq < seq:
            at_ms = time.time_ns() // 1_000_000
            mark = ReadMark(channel_id=channel_id, user_id=user_id, seq=seq, at_ms=at_ms)
        self._marks[key] = (mark, [*answers, answer])
        self._recent[key] = max(seq, self._recent.get(key, 0))

    def highest(self, channel_id: str, user_id: str) -> int:
        """The highest mark taken here lately, which may not be in the store yet; 0 for none."""
        key = (channel_id, user_id)
        return max(self._recent.get(key, 0), self._older.get(key, 0))

    def run(self) -> None:
        """Flush a few times a second until stopped."""
        while not (self._stopping and self.idle):
            gevent.sleep(_COALESCE_S)
            if self._marks:
                self._flush()
            if time.monotonic() > self._forget_at:
                self._older, self._recent = self._recent, {}
                self._forget_at = time.monotonic() + _RECENT_S
        self._publisher.close()

    def stop(self) -> None:
        """Make `run` return after one more flush."""
        self._stopping = True

    def _flush(self) -> None:
        keys = list(self._marks)[:_MAX_MARKS]
        taken = [self._marks.pop(key) for key in keys]
        batch = ReceiptBatch(reads=[mark for mark, _ in taken], gateway=self.gateway)
        safe, self._flushing = False, True
        try:
            safe = self._publish(_ENCODER.encode(batch))
        finally:
            self._flushing = False
            for _, answers in taken:
                for answer in answers:
                    answer(safe)

    def _publish(self, payload: bytes) -> bool:
        try:
            self._publisher.publish(RECEIPTS_TASK, self._queue, payload, durable=True)
        except BrokerUnavailable as error:
            log.warning("marks_unconfirmed", error=str(error))
            return False
        return True
