"""Who may fetch a file: looked at anew each time (I3).

Until a message refers to it, a file is its owner's. From then on it belongs to those messages: whoever may
read one of them now may fetch it, and nobody else may, its owner neither. So a recall takes it from all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from imapp.domain.ids import split_message_id
from imapp.errors import RequestError
from imapp.services.files.blobs import Blobs, blob_key
from imapp.services.reading.access import AccessService
from imapp.stores.files import FileRecord, FileStore
from schemas.errors import ErrorCode

_REFERENCES_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be sent of a file: the file itself, or a thumbnail of it."""

    record: FileRecord
    key: str
    media_type: str
    size: int
    etag: str

    @property
    def is_image(self) -> bool:
        """Whether a browser may show it in its place."""
        return self.media_type.startswith("image/")


class FetchingService:
    """Finds files for people, and reads them."""

    def __init__(self, files: FileStore, blobs: Blobs, access: AccessService) -> None:
        self._files = files
        self._blobs = blobs
        self._access = access

    def file(self, user_id: str, file_id: str) -> FileRecord:
        """A file that somebody may fetch now.

        Raises:
            RequestError: `not_found`: there is none, or it is not his to see.
        """
        record = self._files.find(file_id)
        if record is None or not record.is_ready or not self._may_see(user_id, record):
            raise RequestError(ErrorCode.NOT_FOUND)
        return record

    def content(self, user_id: str, file_id: str, thumbnail: str | None = None) -> Content:
        """What somebody may be sent of a file now.

        Raises:
            RequestError: `not_found`, also for a thumbnail of what has none.
        """
        record = self.file(user_id, file_id)
        key = blob_key(record.blob, thumbnail)
        if thumbnail is None:
            return Content(record, key, record.media_type, record.size, record.sha256)
        if thumbnail not in record.thumbnails:
            raise RequestError(ErrorCode.NOT_FOUND)
        size = record.thumbnails[thumbnail]
        return Content(record, key, "image/webp", size, f"{record.sha256}.{thumbnail}")

    def read(self, content: Content, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`."""
        return self._blobs.read(content.key, start, stop)

    def _may_see(self, user_id: str, record: FileRecord) -> bool:
        if not record.claimed:
            return record.owner == user_id
        after = ""
        while page := self._files.references(record.file_id, after, _REFERENCES_AT_ONCE):
            if self._access.may_read_any(user_id, [split_message_id(message_id) for message_id in page]):
                return True
            after = page[-1]
        return False
