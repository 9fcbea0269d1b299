"""The repair of lost nudges: a walk over all channels, a page at a time, for as long as the system lives."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from imapp.logs import get_log
from imapp.stores.channels import ChannelStore
from imapp.stores.dispatches import DispatchStore
from imapp.stores.leases import LeaseStore
from schemas.tasks import PushBatch, PushNudge

_JOB: Final = "push.sweep"
_PAGE: Final = 1_000
_TASK: Final = 500

_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("push_sweep")


class PushSweep:
    """Nudges for channels whose log goes beyond what was dispatched: one page in so many seconds."""

    def __init__(
        self,
        *,
        leases: LeaseStore,
        channels: ChannelStore,
        dispatches: DispatchStore,
        publish: Callable[[bytes], None],
        every_s: float,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._leases = leases
        self._channels = channels
        self._dispatches = dispatches
        self._publish = publish
        self._every_s = every_s
        self._clock_ms = clock_ms

    def next_page(self) -> None:
        """Look at one page, unless somebody did so lately.

        Raises:
            StoreUnavailable, BrokerUnavailable: the page comes again.
        """
        if not self._leases.take(_JOB, self._every_s):
            return
        last = self._channels.last_seqs(self._leases.position(_JOB), _PAGE)
        done = self._dispatches.dispatched(last) if last else {}
        behind = [name for name, seq in last.items() if seq > done[name].seq]
        for start in range(0, len(behind), _TASK):
            at_ms = self._clock_ms()
            nudges = [PushNudge(channel_id=name, at_ms=at_ms) for name in behind[start : start + _TASK]]
            self._publish(_ENCODER.encode(PushBatch(nudges=nudges)))
        # Only now: a page that could not be handed over is looked at again.
        self._leases.move(_JOB, max(last) if len(last) == _PAGE else "")
