"""The nightly run: all channels, one after the other, as fast as was allowed."""

import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from imapp.logs import get_log
from imapp.services.archiving.moving import ChannelMover, Moved
from imapp.stores.channels import ChannelStore
from imapp.stores.leases import LeaseStore

_JOB: Final = "archive.move"
_LEASE_S: Final = 300.0
"""Longer than a channel's chunk takes; whoever dies is followed after that."""
_PAGE: Final = 200

log = get_log("archive")


class Run(Struct):
    """What a run has done. `ended` is false for one that found another at it, or was called off."""

    channels: int = 0
    entries: int = 0
    unproved: int = 0
    ended: bool = False


class Throttle:
    """Lets so many entries a second pass, in the long run; 0: as many as there are."""

    def __init__(
        self,
        per_s: int,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_s = per_s
        self._clock = clock
        self._pause = pause
        self._free_at = clock()

    def passed(self, entries: int) -> None:
        """Count entries, and wait until they may have passed."""
        if not self._per_s:
            return
        now = self._clock()
        self._free_at = max(self._free_at, now) + entries / self._per_s
        self._pause(self._free_at - now)


class ArchiveRun:
    """Walks over all channels. Where it was is noted, so that a run goes on where the last one ended."""

    def __init__(
        self,
        leases: LeaseStore,
        channels: ChannelStore,
        mover: ChannelMover,
        retention: Callable[[str], int] = lambda _: 0,
    ) -> None:
        """`retention` removes what a channel keeps no longer, and says how many entries that was."""
        self._leases = leases
        self._channels = channels
        self._mover = mover
        self._retention = retention

    def run(self, owner: str) -> Run:
        """One round over all channels, unless somebody else is at it.

        Raises:
            StoreUnavailable, ArchiveUnavailable: the next run begins with the channel at hand.
        """
        done = Run()
        if not self._leases.hold(_JOB, owner, _LEASE_S):
            log.info("archive_run_elsewhere")
            return done
        try:
            done.ended = self._walk(owner, done)
        finally:
            self._leases.let_go(_JOB, owner)
        log.info("archive_run", channels=done.channels, entries=done.entries, unproved=done.unproved)
        return done

    def _walk(self, owner: str, done: Run) -> bool:
        def keep_on() -> bool:
            return self._leases.hold(_JOB, owner, _LEASE_S)

        after = self._leases.position(_JOB)
        while page := self._channels.ids(after, _PAGE):
            for channel_id in page:
                self._retention(channel_id)
                self._count(self._mover.move(channel_id, keep_on), done)
                if not keep_on():
                    return False  # it took too long, and somebody else goes on
                self._leases.move(_JOB, channel_id)
            after = page[-1]
        self._leases.move(_JOB, "")
        return True

    def _count(self, moved: Moved, done: Run) -> None:
        done.channels += 1
        done.entries += moved.entries
        done.unproved += len(moved.problems)
