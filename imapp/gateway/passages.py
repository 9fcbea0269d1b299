"""What a gateway remembers of the entries that came by: so many, for so long, and gone with the process.

One line for each channel of each batch, not for each message, and none for who is told: it refers to the list
of a channel's connections, which is the same object until somebody comes or goes.
"""

import time
from collections import deque
from collections.abc import Callable
from sys import intern

from msgspec import Struct

from imapp.gateway.batcher import Flight
from schemas.tasks import FanoutBatch, FanoutItem, FindPassages, Passage


class _Batch(Struct, gc=False):
    """What the lines of one batch share. A struct, since it is made on the way of every batch."""

    at_ms: int
    shard: int
    epoch: str
    number: int
    writer: str
    published_ms: int
    accepted_ms: int
    since: float
    """When it came by the monotonic clock, whatever becomes of the other: its age."""


Line = tuple[_Batch, str, int, int, tuple[str, ...]]
"""Batch, channel, first and last new seq, who was given them."""


class Passages:
    """The newest lines that are not too old; with a length or an age of 0 there are none.

    Owned by the greenlet that delivers. What is too old is no longer found, and goes with the next batch.
    """

    def __init__(self, length: int, kept_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lines: deque[Line] = deque(maxlen=length)
        self._kept_s = kept_s
        self._clock = clock
        self._keeps = length > 0 and kept_s > 0
        self._began_ms = _now_ms()
        self._batch: _Batch | None = None
        self._ours = False

    def begin(self, batch: FanoutBatch, flight: Flight | None) -> None:
        """The lines that follow are of this batch; `flight` is the batch of commands it comes of, if ours."""
        if not self._keeps:
            return
        self._forget_old()
        now_ms = _now_ms()
        self._ours = flight is not None
        waited_s = time.monotonic() - flight.since if flight is not None else 0.0
        self._batch = _Batch(
            now_ms,
            batch.shard,
            intern(batch.epoch),
            batch.number,
            intern(batch.writer),
            batch.published_ms,
            now_ms - round(waited_s * 1_000) if flight is not None else 0,
            self._clock(),
        )

    def note(self, item: FanoutItem, known_seq: int, roster: tuple[str, ...]) -> None:
        """A channel's part of the batch, of which everything up to `known_seq` has passed before."""
        batch, entries = self._batch, item.entries
        if batch is None or not entries or not (roster or self._ours):
            return
        last = entries[-1].seq
        if last > known_seq:
            self._lines.append((batch, item.channel_id, max(entries[0].seq, known_seq + 1), last, roster))

    def find(self, wanted: FindPassages) -> list[Passage]:
        """How an entry came by, as far as it is remembered; more than once after a republication."""
        oldest = self._clock() - self._kept_s
        return [
            _passage(batch, roster)
            for batch, channel_id, first, last, roster in tuple(self._lines)
            if channel_id == wanted.channel_id and first <= wanted.seq <= last and batch.since >= oldest
        ]

    @property
    def since_ms(self) -> int:
        """From when on everything is remembered; 0 for nothing."""
        if not self._keeps:
            return 0
        full = len(self._lines) == self._lines.maxlen
        whole_ms = self._lines[0][0].at_ms if full else self._began_ms
        return max(whole_ms, _now_ms() - round(self._kept_s * 1_000))

    def _forget_old(self) -> None:
        oldest = self._clock() - self._kept_s
        while self._lines and self._lines[0][0].since < oldest:
            self._lines.popleft()


def _passage(batch: _Batch, roster: tuple[str, ...]) -> Passage:
    return Passage(
        at_ms=batch.at_ms,
        shard=batch.shard,
        epoch=batch.epoch,
        number=batch.number,
        writer=batch.writer,
        published_ms=batch.published_ms,
        accepted_ms=batch.accepted_ms,
        connections=list(roster),
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
