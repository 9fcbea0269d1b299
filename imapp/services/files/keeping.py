"""Storing files that people send up, one by one, so that nothing half-stored is ever seen.

`uploading` (its record is there, its bytes are coming), `ready` (all are there), `removing` (nothing refers
to it and it is being collected). The record comes before the first byte and goes after the last, so whoever
dies in between is followed by the collector; and no bytes are deleted before it is known that their record is
`removing` and stays so.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from imapp import metrics
from imapp.domain.entries import wire_time
from imapp.domain.ids import file_id_of
from imapp.errors import LogConflict, RequestError, StoreUnavailable
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.files.blobs import Blobs, blob_key, remove_file
from imapp.services.files.taking import Arriving, Judged
from imapp.stores.files import FileRecord, FileStore
from schemas.errors import ErrorCode
from schemas.files import File

MAX_AT_ONCE: Final = 32
"""Uploads under way in a gateway."""
MAX_AT_ONCE_OF_ONE: Final = 4
_RETRY_AFTER_S: Final = 1.0
_IN_DOUBT_S: Final = 30.0  # ample beyond the 10 s for which the driver waits for an answer

log = get_log("files")


class KeepingService:
    """Takes files in. `in_thread` runs what takes long, few at a time. 0 stands for no quota."""

    def __init__(  # noqa: PLR0913  # what an operator sets, and the clock for tests
        self,
        files: FileStore,
        blobs: Blobs,
        *,
        in_thread: Callable[[Callable[[], Judged]], Judged],
        max_bytes: int,
        quota_bytes: int,
        kept_s: float,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._files = files
        self._blobs = blobs
        self._in_thread = in_thread
        self.max_bytes = max_bytes
        self._quota_bytes = quota_bytes
        self._kept_s = kept_s
        self._clock_ms = clock_ms
        self._under_way: dict[str, int] = {}

    @contextmanager
    def receiving(self, owner: str, client_id: str, announced: int) -> Iterator[Arriving]:
        """Where an upload of about so many bytes may be written to, before it is kept.

        A repeat is let in however little is left: what it repeats has been counted.

        Raises:
            RequestError: `busy`: too many are under way; `quota_exceeded`.
        """
        try:
            with self._place(owner):
                self._check_room(owner, client_id, announced)
                with Arriving(self.max_bytes) as arriving:
                    yield arriving
        except RequestError as refused:
            metrics.files_refused[refused.code.value] += 1
            raise

    @contextmanager
    def _place(self, owner: str) -> Iterator[None]:
        mine = self._under_way.get(owner, 0)
        if mine >= MAX_AT_ONCE_OF_ONE or sum(self._under_way.values()) >= MAX_AT_ONCE:
            raise RequestError(ErrorCode.BUSY, retry_after=_RETRY_AFTER_S)
        self._under_way[owner] = mine + 1
        try:
            yield
        finally:
            self._under_way[owner] -= 1
            if not self._under_way[owner]:
                del self._under_way[owner]

    def keep(self, owner: str, client_id: str, arrived: Arriving, *, name: str, declared: str) -> File:
        """A file that has arrived whole, kept; a repeat gives what was kept before.

        Raises:
            RequestError: `invalid`, `unsupported_media`, `quota_exceeded`, `busy`, or `conflict` for other
                bytes under the same id.
            StoreUnavailable: it may be kept, and a repeat tells; otherwise nobody ever sees it.
        """
        judged = self._in_thread(lambda: arrived.judge(name, declared))
        record = self._record(owner, client_id, judged)
        try:
            self._files.begin(record)
        except LogConflict:
            return self._known(record)
        except StoreUnavailable:
            self._discard(record)
            raise
        try:
            point("files.begun")
            self._check_quota(owner, 0)
            self._store(record, judged)
        except RequestError:
            self._discard(record)
            raise
        except BaseException:
            self._leave(record)
            raise
        point("files.finished")
        metrics.files_kept.value += 1
        metrics.file_bytes_kept.value += record.size
        log.info("file_kept", file=record.file_id, media_type=record.media_type, size=record.size)
        return wire_file(record)

    def _discard(self, record: FileRecord) -> None:
        """Nothing is left of an attempt, unless it may have succeeded: then a repeat is answered with it.

        What can't be cleaned up now is collected.
        """
        with suppress(StoreUnavailable):
            if self._files.abandon(record):
                remove_file(self._blobs, record.blob)
                self._files.forget(record)

    def _leave(self, record: FileRecord) -> None:
        """The same where bytes may still be on their way: their record stays until they are there."""
        with suppress(StoreUnavailable):
            self._files.abandon(record, collected_in_s=_IN_DOUBT_S)

    def _store(self, record: FileRecord, judged: Judged) -> None:
        self._blobs.write(blob_key(record.blob), judged.pieces())
        for name, data in judged.thumbnails.items():
            self._blobs.write(blob_key(record.blob, name), [data])
        point("files.written")
        if not self._files.finish(record, self._kept_s):
            raise RequestError(ErrorCode.BUSY, retry_after=_RETRY_AFTER_S)

    def _known(self, record: FileRecord) -> File:
        known = self._files.find_settled(record.file_id)
        if known is None or not known.is_ready:  # just being stored, or just going: either way not for long
            raise RequestError(ErrorCode.BUSY, retry_after=_RETRY_AFTER_S)
        if known.given != record.given or known.name != record.name:
            raise RequestError(ErrorCode.CONFLICT)
        return wire_file(known)

    def _check_room(self, owner: str, client_id: str, announced: int) -> None:
        try:
            self._check_quota(owner, announced)
        except RequestError:
            # Whatever state it is in: `keep` answers with it, or with `busy`.
            if self._files.find(file_id_of(owner, client_id)) is None:
                raise

    def _check_quota(self, owner: str, more: int) -> None:
        if self._quota_bytes and self._files.used_by(owner) + more > self._quota_bytes:
            raise RequestError(ErrorCode.QUOTA_EXCEEDED, bytes=self._quota_bytes)

    def _record(self, owner: str, client_id: str, judged: Judged) -> FileRecord:
        return FileRecord(
            file_id=file_id_of(owner, client_id),
            blob=secrets.token_hex(16),
            owner=owner,
            name=judged.name,
            media_type=judged.media_type,
            size=judged.size,
            given=judged.given,
            sha256=judged.sha256,
            width=judged.width,
            height=judged.height,
            thumbnails={name: len(data) for name, data in judged.thumbnails.items()},
            created_ms=self._clock_ms(),
        )


def wire_file(record: FileRecord) -> File:
    """A file as clients see it."""
    return File(
        file_id=record.file_id,
        name=record.name,
        media_type=record.media_type,
        size=record.size,
        sha256=record.sha256,
        width=record.width,
        height=record.height,
        created_at=wire_time(record.created_ms),
    )
