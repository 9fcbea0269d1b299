"""What a worker does with a task `archive.move`: some seconds of the night's round, if that is not over."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from imapp import metrics
from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.logs import get_log
from imapp.processes import this_process
from imapp.services.archiving.running import ArchiveRun
from imapp.stores.leases import Round

SLICE_S: Final = 10.0
"""How long a task moves at most, but for the chunk at hand: a worker that is to end waits for it."""

log = get_log("archive")


class NightlyMove:
    """Owned by the one thread of its worker. Without a run it does nothing.

    `begins_at` is when a round is due each day, as HH:MM in UTC. A round that was missed is made up for.
    """

    def __init__(
        self, run: ArchiveRun | None, begins_at: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._run = run
        self._begins_at = begins_at
        self._clock = clock

    def go_on(self) -> None:
        """Move for some seconds if the last round that is due has not ended; the next task goes on."""
        if self._run is None:
            return
        try:
            last = _noted(self._run.last_round())
            if last is None or last.began < self._last_due():
                self._run.run(this_process(), SLICE_S)
                _noted(self._run.last_round())
        except (ArchiveUnavailable, StoreUnavailable) as error:
            log.warning("archive_run_waits", error=str(error)[:200])
        except Exception:
            # The next task would bring it back for ever, so it shows in the log each time.
            log.exception("archive_run_failed")

    def _last_due(self) -> datetime:
        return last_due(self._begins_at, datetime.fromtimestamp(self._clock(), UTC))


def _noted(last: Round | None) -> Round | None:
    """The last round, whose end the figures of this process show from now on."""
    if last is not None:
        metrics.archive_round.value = round(last.ended.timestamp())
    return last


def last_due(begins_at: str, now: datetime) -> datetime:
    """The latest moment, now or earlier, that is so late in the day (HH:MM)."""
    hour, minute = map(int, begins_at.split(":"))
    today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)
