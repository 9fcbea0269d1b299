"""A job of a process that is done again and again, in a thread of its own."""

import threading
import time
from collections.abc import Callable

from imapp.errors import ArchiveUnavailable, BrokerUnavailable, StoreUnavailable
from imapp.logs import get_log

log = get_log("periodic")


def keep_doing(job: Callable[[], None], *, name: str, every_s: float) -> None:
    """Do a job every so many seconds, for as long as the process lives, whatever becomes of it."""
    threading.Thread(target=_run, args=(job, name, every_s), name=name, daemon=True).start()


def _run(job: Callable[[], None], name: str, every_s: float) -> None:
    while True:
        time.sleep(every_s)
        try:
            job()
        except (StoreUnavailable, ArchiveUnavailable, BrokerUnavailable) as error:
            log.warning("job_failed", job=name, error=str(error)[:200])
        except Exception:
            log.exception("job_failed", job=name)
