"""Files that nothing refers to, removed: never sent, cut off while they were stored, or recalled."""

from typing import Final

from imapp import metrics
from imapp.logs import get_log
from imapp.services.files.blobs import Blobs, remove_file
from imapp.stores.files import FileStore
from imapp.stores.leases import LeaseStore

EVERY_S: Final = 10.0
_JOB: Final = "files.collect"
_AT_ONCE: Final = 200

log = get_log("files")


class FileCollector:
    """Removes what is due. Any number may run: each file is taken by one of them."""

    def __init__(
        self, leases: LeaseStore, files: FileStore, blobs: Blobs, *, every_s: float = EVERY_S
    ) -> None:
        self._leases = leases
        self._files = files
        self._blobs = blobs
        self._every_s = every_s

    def collect(self) -> None:
        """Remove some, unless somebody did so lately.

        Raises:
            StoreUnavailable: what is left is removed later.
        """
        if self._leases.take(_JOB, self._every_s):
            self.collect_now()

    def collect_now(self) -> int:
        """Remove some; how many."""
        removed = 0
        while removed < _AT_ONCE and (record := self._files.take_due()) is not None:
            # The record goes last: whoever dies before is followed by somebody who finds it again.
            remove_file(self._blobs, record.blob)
            self._files.forget(record)
            removed += 1
        if removed:
            metrics.files_collected.value += removed
            log.info("files_collected", files=removed)
        return removed
