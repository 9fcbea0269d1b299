"""The hand-over from a writer to the push workers: which channels have grown. It delays no message.

A nudge is only a wake-up: whoever takes it dispatches all that the log holds beyond what was dispatched.
So it may come late, twice, out of order or never; the next of its channel makes up for it, and so does the
sweep.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Final

import msgspec

from imapp.errors import BrokerUnavailable
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.periodic import keep_doing
from imapp.spacing import Spacing
from schemas.tasks import FanoutItem, PushBatch, PushNudge

_EVERY_S: Final = 0.5
_MAX_CHANNELS: Final = 20_000  # waiting; the sweep finds those beyond
_MAX_NUDGES: Final = 500  # a task

_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("nudges")


class Nudger:
    """Gathers the channels that a writer has published to. `add` belongs to the writer's thread.

    `publish` enqueues a task durably, or raises BrokerUnavailable; it is called from one other thread.
    A channel that goes on growing is told of every `pause_s`, in steps of the half second of the timer.
    """

    def __init__(
        self,
        publish: Callable[[bytes], None],
        *,
        pause_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publish = publish
        self._pause_s = pause_s
        self._clock = clock
        self._spacing: Spacing[str] = Spacing()
        self._lock = threading.Lock()
        self._waiting: dict[str, int] = {}
        self._publishing = threading.Lock()

    def add(self, items: Iterable[FanoutItem]) -> None:
        """Take the channels of what was just published."""
        with self._lock:
            for item in items:
                if item.entries and item.channel_id not in self._waiting:
                    self._waiting[item.channel_id] = item.entries[0].time_ms

    def keep(self) -> None:
        """Begin to hand over, for as long as the process lives."""
        keep_doing(self.flush, name="nudges", every_s=_EVERY_S)

    def flush(self, *, last: bool = False) -> None:
        """Hand over what is due, as far as the broker takes it; the last time, all that waits."""
        with self._publishing:
            due = self._take_due(last=last)
            while due:
                chunk = dict(islice(due.items(), _MAX_NUDGES))
                if not point("nudges.taken") and not self._hand_over(chunk):
                    self._put_back(due)
                    return
                for name in chunk:
                    del due[name]

    def _hand_over(self, chunk: Mapping[str, int]) -> bool:
        try:
            nudges = [PushNudge(channel_id=name, at_ms=at_ms) for name, at_ms in chunk.items()]
            self._publish(_ENCODER.encode(PushBatch(nudges=nudges)))
        except BrokerUnavailable as error:
            log.warning("nudges_unconfirmed", error=str(error), channels=len(chunk))
            return False
        now = self._clock()
        for name in chunk:
            self._spacing.took(name, now, self._pause_s)
        return True

    def _take_due(self, *, last: bool) -> dict[str, int]:
        now = self._clock()
        with self._lock:
            names = [name for name in self._waiting if last or self._spacing.is_due(name, now)]
            return {name: self._waiting.pop(name) for name in names}

    def _put_back(self, untold: Mapping[str, int]) -> None:
        with self._lock:
            later = {name: at for name, at in self._waiting.items() if name not in untold}
            self._waiting = {**untold, **later}
            for name in list(self._waiting)[_MAX_CHANNELS:]:
                del self._waiting[name]
