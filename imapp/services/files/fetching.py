"""Who may fetch a file: looked at anew each time (I3).

Until anything refers to it, a file is its owner's. From then on it belongs to what does: whoever may read one
of its messages now, or is shown a group, a person or an emoji by it, may fetch it, and nobody else may, its
owner neither. So a recall takes it from all, and so does another picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from imapp.domain.files import is_of_emoji, told_apart
from imapp.domain.ids import split_message_id
from imapp.errors import RequestError
from imapp.services.files.blobs import Blobs, blob_key
from imapp.services.reading.access import AccessService
from imapp.stores.files import FileRecord, FileStore
from imapp.stores.users import UserStore
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

    def __init__(self, files: FileStore, blobs: Blobs, access: AccessService, users: UserStore) -> None:
        self._files = files
        self._blobs = blobs
        self._access = access
        self._users = users

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
        """The bytes from `start` up to `stop`, the first of which are at hand.

        Raises:
            StoreUnavailable: they can't be read, or the file has just gone; later on, while they are read:
                the rest can't.
        """
        pieces = self._blobs.read(content.key, start, stop)
        return _begun(next(pieces), pieces)

    def _may_see(self, user_id: str, record: FileRecord) -> bool:
        if not record.claimed:
            return record.owner == user_id
        after = ""
        while page := self._files.references(record.file_id, after, _REFERENCES_AT_ONCE):
            if any(is_of_emoji(reference) for reference in page):
                return True
            messages, channels, people = told_apart(page)
            if self._access.may_read_any(user_id, [split_message_id(message_id) for message_id in messages]):
                return True
            if self._access.sees_picture(user_id, channels, record.file_id):
                return True
            # Everybody is shown everybody. What a synchronisation has replaced is nobody's picture any more.
            if any(one.avatar == record.file_id for one in self._users.profiles(people).values()):
                return True
            after = page[-1]
        return False


def _begun(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
