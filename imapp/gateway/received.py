"""Received marks on their way to the ledger: coalesced, so a big group costs no more than a small one."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import gevent
import msgspec

from imapp.broker.publishing import TaskPublisher
from imapp.broker.topology import RECEIPTS_TASK
from imapp.errors import BrokerUnavailable
from imapp.logs import get_log
from imapp.spacing import Spacing
from schemas.messages import Entry
from schemas.tasks import ReceiptBatch, ReceivedMark

_COALESCE_S: Final = 0.2
# A channel's first mark goes out at once. While people go on talking, the next flush of the channel waits:
# each is a row and a watermark to look up, however many messages it answers.
_PAUSE_S: Final = 0.9  # so it is every fifth flush, of the timer's jitter too
# Where several people answer to the same message it waits longer: one row each, one document for all of them.
_CROWD: Final = 3
_CROWD_PAUSE_S: Final = 2.0
_REFUSED_PAUSE_S: Final = 1.0  # while RabbitMQ takes nothing
_MAX_WAITING: Final = 10_000
_MAX_MARKS: Final = 1_000  # a task
_RECENT_S: Final = 60.0

_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("received")

_Key = tuple[str, int]
"""User id, and the seq from which on."""


class ReceivedCoalescer:
    """Keeps the highest mark of each reader and channel until it is handed over.

    `run` belongs to one greenlet. Nobody waits for an answer, so a mark stays until the broker has it.
    """

    def __init__(
        self, publisher: TaskPublisher, queue: Any, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.gateway = ""
        """The name of the gateway that this is part of, for those who trace a message."""
        self.last_seq: Callable[[str], int] = lambda _: 0
        """How far a channel surely goes, which may be less than what was sent; 0 where that is not known."""
        self._publisher = publisher
        self._queue = queue
        self._clock = clock
        self._waiting: dict[str, dict[_Key, ReceivedMark]] = {}
        self._count = 0
        self._spacing: Spacing[str] = Spacing()
        self._recent: dict[tuple[str, str], int] = {}
        self._older: dict[tuple[str, str], int] = {}
        self._forget_at = clock() + _RECENT_S
        self._flushing = False
        self._stopping = False
        self._pause_s = _COALESCE_S

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting and not self._flushing

    def add(self, channel_id: str, user_id: str, seq: int, *, from_seq: int = 1) -> bool:
        """Take a mark of a client, stamped with now; whether there was room for it.

        It is handed on as it is, since this gateway may be behind; the worker cuts off what was never sent.
        """
        return self._add(channel_id, user_id, seq, from_seq=from_seq, sent=self.last_seq(channel_id))

    def _add(self, channel_id: str, user_id: str, seq: int, *, from_seq: int, sent: int) -> bool:
        key = (channel_id, user_id)
        said = max(self._recent.get(key, 0), self._older.get(key, 0))
        if seq <= said:
            return True
        if self._count >= _MAX_WAITING:
            return False
        if from_seq == 1:
            # What may never have been sent is not remembered: it would hide what is said once it is.
            self._recent[key] = max(said, min(seq, sent))
        at_ms = time.time_ns() // 1_000_000
        self._keep(
            ReceivedMark(channel_id=channel_id, user_id=user_id, seq=seq, at_ms=at_ms, from_seq=from_seq)
        )
        return True

    def add_page(self, user_id: str, channel_id: str, entries: Sequence[Entry]) -> None:
        """Take that somebody has fetched these entries, which leave out nothing that is his in between."""
        if entries:
            last = entries[-1].seq
            self._add(channel_id, user_id, last, from_seq=entries[0].seq, sent=last)

    def run(self) -> None:
        """Flush a few times a second until stopped."""
        while not (self._stopping and self.idle):
            gevent.sleep(self._pause_s)
            self.flush()
        self._publisher.close()

    def stop(self) -> None:
        """Make `run` return once all marks are handed over."""
        self._stopping = True

    def flush(self) -> None:
        """Hand over what is due."""
        self._forget()
        marks = self._take_due()
        if not marks:
            return
        self._flushing, self._pause_s = True, _COALESCE_S
        try:
            payload = _ENCODER.encode(ReceiptBatch(reads=[], received=marks, gateway=self.gateway))
            self._publisher.publish(RECEIPTS_TASK, self._queue, payload, durable=True)
        except BrokerUnavailable as error:
            log.warning("received_unconfirmed", error=str(error), marks=len(marks))
            self._pause_s = _REFUSED_PAUSE_S
            for mark in marks:
                self._keep(mark)
        finally:
            self._flushing = False

    def _keep(self, mark: ReceivedMark) -> None:
        marks = self._waiting.setdefault(mark.channel_id, {})
        key = (mark.user_id, mark.from_seq)
        known = marks.get(key)
        if known is None:
            self._count += 1
        if known is None or known.seq < mark.seq:
            marks[key] = mark

    def _take_due(self) -> list[ReceivedMark]:
        now = self._clock()
        taken: list[ReceivedMark] = []
        for channel_id in list(self._waiting):
            if len(taken) >= _MAX_MARKS:
                break
            if not (self._spacing.is_due(channel_id, now) or self._stopping):
                continue
            marks = self._waiting.pop(channel_id)
            self._count -= len(marks)
            taken += marks.values()
            self._spacing.took(channel_id, now, _CROWD_PAUSE_S if len(marks) >= _CROWD else _PAUSE_S)
        return taken

    def _forget(self) -> None:
        now = self._clock()
        if now > self._forget_at:
            self._older, self._recent = self._recent, {}
            self._forget_at = now + _RECENT_S
