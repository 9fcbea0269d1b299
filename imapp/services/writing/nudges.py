"""The hand-over from a writer to the push workers: which channels have grown. It delays no message.

A nudge is only a wake-up: whoever takes it dispatches all that the log holds beyond what was dispatched.
So it may come late, twice, out of order or never; the next of its channel makes up for it, and so does the
sweep.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from imapp.errors import BrokerUnavailable
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.periodic import keep_doing
from schemas.tasks import FanoutItem, PushBatch, PushNudge

_EVERY_S: Final = 0.5
_MAX_CHANNELS: Final = 20_000  # waiting; the sweep finds those beyond
_MAX_NUDGES: Final = 500  # a task

_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("nudges")


class Nudger:
    """Gathers the channels that a writer has published to. `add` belongs to the writer's thread.

    `publish` enqueues a task durably, or raises BrokerUnavailable; it is called from one other thread.
    """

    def __init__(self, publish: Callable[[bytes], None]) -> None:
        self._publish = publish
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

    def flush(self) -> None:
        """Hand over what waits, as far as the broker takes it."""
        with self._publishing:
            while chunk := self._take():
                if point("nudges.taken"):
                    continue
                try:
                    nudges = [PushNudge(channel_id=name, at_ms=at_ms) for name, at_ms in chunk.items()]
                    self._publish(_ENCODER.encode(PushBatch(nudges=nudges)))
                except BrokerUnavailable as error:
                    log.warning("nudges_unconfirmed", error=str(error), channels=len(chunk))
                    self._put_back(chunk)
                    return

    def _take(self) -> dict[str, int]:
        with self._lock:
            names = list(self._waiting)[:_MAX_NUDGES]
            return {name: self._waiting.pop(name) for name in names}

    def _put_back(self, chunk: dict[str, int]) -> None:
        with self._lock:
            self._waiting = chunk | {name: at for name, at in self._waiting.items() if name not in chunk}
            for name in list(self._waiting)[_MAX_CHANNELS:]:
                del self._waiting[name]
