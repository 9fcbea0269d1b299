"""Files in memory: what is known of each and its bytes, with faults at every step."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from imapp.errors import LogConflict
from imapp.services.files.blobs import blob_key
from imapp.stores.files import FileRecord, FileStore
from tests.unit.fakes.faults import Faults

_READY: Final = "ready"
_REMOVING: Final = "removing"


class FakeFiles(FileStore):
    """What is known of files that nothing refers to."""

    def __init__(self, faults: Faults) -> None:
        self.known: dict[str, FileRecord] = {}
        self.a_day_later = False
        self._faults = faults

    def begin(self, record: FileRecord) -> None:
        with self._faults.step("files.begin"):
            if record.file_id in self.known:
                raise LogConflict(record.file_id)
            self.known[record.file_id] = record

    def finish(self, record: FileRecord, kept_s: float) -> bool:
        assert kept_s > 0
        with self._faults.step("files.finish"):
            return self._move(record, record.state, _READY)

    def abandon(self, record: FileRecord, *, collected_in_s: float = 0) -> bool:
        assert collected_in_s in (0, 30)
        with self._faults.step("files.abandon"):
            self._move(record, record.state, _REMOVING)
            known = self._attempt(record)
            return known is None or not known.is_ready

    def find(self, file_id: str) -> FileRecord | None:
        return self.known.get(file_id)

    find_settled = find

    def used_by(self, owner: str) -> int:
        return sum(record.size for record in self.known.values() if record.owner == owner)

    def take_due(self) -> FileRecord | None:
        """As some minutes later: what was begun and not ended is due, what is ready only after a day."""
        due = [record for record in self.known.values() if self.a_day_later or not record.is_ready]
        if not due:
            return None
        taken = self.known[due[0].file_id] = replace(due[0], state=_REMOVING)
        return taken

    def forget(self, record: FileRecord) -> None:
        with self._faults.step("files.forget"):
            known = self._attempt(record)
            if known is not None and known.state == _REMOVING:
                del self.known[record.file_id]

    def _attempt(self, record: FileRecord) -> FileRecord | None:
        known = self.known.get(record.file_id)
        return known if known is not None and known.blob == record.blob else None

    def _move(self, record: FileRecord, before: str, after: str) -> bool:
        known = self._attempt(record)
        if known is None or known.state != before:
            return False
        self.known[record.file_id] = replace(known, state=after)
        return True


class FakeBlobs:
    """Bytes in memory; what fails while it is written may be there in part."""

    def __init__(self, faults: Faults) -> None:
        self.bytes: dict[str, bytes] = {}
        self._faults = faults

    def write(self, key: str, pieces: Iterable[bytes]) -> None:
        with self._faults.step("blobs.write"):
            self.bytes[key] = b"".join(pieces)

    def read(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        yield self.bytes[key][start:stop]

    def remove(self, key: str) -> None:
        with self._faults.step("blobs.remove"):
            self.bytes.pop(key, None)


def is_whole(record: FileRecord, blobs: FakeBlobs) -> bool:
    """Whether all is there that somebody may fetch of a file."""
    thumbnails = {blob_key(record.blob, name): size for name, size in record.thumbnails.items()}
    return all(
        len(blobs.bytes.get(key, b"")) == size
        for key, size in {record.blob: record.size, **thumbnails}.items()
    )
