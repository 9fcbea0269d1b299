"""The nightly run: all channels, one after the other, as fast as was allowed."""

import math
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct, structs

from imapp import metrics
from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.logs import get_log
from imapp.services.archiving.moving import ChannelMover, Moved
from imapp.services.archiving.retention import Retention
from imapp.stores.channels import ChannelStore
from imapp.stores.leases import LeaseStore, Round

_JOB: Final = "archive.move"
_LEASE_S: Final = 300.0
"""Longer than a channel's chunk takes; whoever dies is followed after that."""
_PAGE: Final = 200

log = get_log("archive")


class Run(Struct):
    """What a run has done. `ended` is false for one that found another at it, or was called off.

    `failed` are channels that could not be moved, because the archive does not answer when it is asked about
    them, or it is not known why.
    """

    channels: int = 0
    entries: int = 0
    removed: int = 0
    unproved: int = 0
    failed: int = 0
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


class _Renewal:
    """A lease that is asked about for every channel, and renewed now and then."""

    def __init__(self, renew: Callable[[], bool], clock: Callable[[], float]) -> None:
        self._renew = renew
        self._clock = clock
        self._renewed_at = clock()

    def holds(self) -> bool:
        """Whether it is still ours."""
        if self._clock() - self._renewed_at < _LEASE_S / 10:
            return True
        self._renewed_at = self._clock()
        return self._renew()


class ArchiveRun:
    """Walks over all channels. Where it was is noted, so that a run goes on where the last one ended."""

    def __init__(
        self,
        leases: LeaseStore,
        channels: ChannelStore,
        *,
        mover: ChannelMover | None,
        retention: Retention,
        check: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Without a mover nothing moves, and what is kept no longer goes all the same.

        `check` raises ArchiveUnavailable if the archive answers nobody.
        """
        self._check = check
        self._retention = retention
        self._leases = leases
        self._channels = channels
        self._mover = mover
        self._clock = clock

    def run(self, owner: str, for_s: float = math.inf, *, anew: bool = False) -> Run:
        """Go on with the round over all channels, for so long or to its end, unless somebody else is at it.

        With `anew` it begins at the first channel, wherever the round was.

        Raises:
            StoreUnavailable, ArchiveUnavailable: the next run begins with the channel at hand.
        """
        done = Run()
        if not self._leases.hold(_JOB, owner, _LEASE_S):
            log.info("archive_run_elsewhere")
            return done
        until = self._clock() + for_s
        renewal = _Renewal(lambda: self._leases.hold(_JOB, owner, _LEASE_S), self._clock)
        try:
            if anew:
                self._leases.begin_round(_JOB)
            walked = self._walk(owner, lambda: self._clock() < until and renewal.holds(), done)
            done.ended = walked and renewal.holds()  # or another one is in the middle of it
            if done.ended:
                self._leases.end_round(_JOB)
        finally:
            self._leases.let_go(_JOB, owner)
        log.info("archive_run", **structs.asdict(done))
        return done

    def last_round(self) -> Round | None:
        """The last round that came to its end, if any."""
        return self._leases.last_round(_JOB)

    def _walk(self, owner: str, keep_on: Callable[[], bool], done: Run) -> bool:
        """Go through the channels that are left of this round; whether that were all."""
        after = self._leases.position(_JOB)
        if not after:
            self._leases.begin_round(_JOB)
        try:
            while page := self._channels.ids(after, _PAGE):
                for channel_id in page:
                    if not (keep_on() and self._look(channel_id, keep_on, done, again=True)):
                        return False
                    after = channel_id  # whatever time it is: a slow channel must not be the next one again
                self._leases.note(_JOB, owner, after)
        finally:
            self._leases.note(_JOB, owner, after)
        for channel_id in self._leases.aside(_JOB):
            if not (keep_on() and self._look(channel_id, keep_on, done, again=False)):
                return False
            self._leases.take_back(_JOB, channel_id)
        return True

    def _look(self, channel_id: str, keep_on: Callable[[], bool], done: Run, *, again: bool) -> bool:
        """Whether it is the next one's turn: this one is done, or nothing can be done for it now.

        One about which the archive does not answer is put aside if the round may come to it `again`.
        """
        try:
            return self._look_after(channel_id, keep_on, done)
        except ArchiveUnavailable as error:
            self._check()
            if again and self._leases.put_aside(_JOB, channel_id):
                log.warning("archive_channel_aside", channel=channel_id, error=str(error)[:200])
            else:
                _give_up(channel_id, error, done)
            return True

    def _look_after(self, channel_id: str, keep_on: Callable[[], bool], done: Run) -> bool:
        """Whether it was done to its end. If not, it has come further, however little time there was."""
        try:
            # First: what is kept no longer need not be moved.
            removed = self._retention.apply(channel_id, keep_on)
            done.removed += removed
            if removed and not keep_on():
                return False
            moved = self._mover.move(channel_id, keep_on) if self._mover is not None else Moved()
        except (StoreUnavailable, ArchiveUnavailable):
            raise
        except Exception:
            # One that can't be moved must not keep all others from it, night after night.
            log.exception("archive_channel_failed", channel=channel_id)
            metrics.archive_failed.value += 1
            moved = Moved(failed=True)
        done.channels += 1
        done.entries += moved.entries
        done.unproved += len(moved.problems)
        done.failed += moved.failed
        return not moved.unfinished


def _give_up(channel_id: str, error: ArchiveUnavailable, done: Run) -> None:
    """Leave a channel to the next round: not even the other channels' time has helped."""
    log.error("archive_channel_failed", channel=channel_id, error=str(error)[:200])
    metrics.archive_failed.value += 1
    done.channels += 1
    done.failed += 1
