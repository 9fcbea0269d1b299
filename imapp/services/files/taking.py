"""A file on its way in, on the disk of this process: counted and hashed while it arrives, then judged.

Nothing of it is stored before it has arrived whole and is what it says, so an upload that is cut off leaves
nothing behind, and a slow one costs no connection to the database.
"""

import hashlib
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Self

from imapp.errors import RequestError
from imapp.services.files.images import read_picture
from imapp.services.files.names import clean_name
from imapp.services.files.types import type_of
from schemas.errors import ErrorCode

_PIECE_BYTES: Final = 256 * 1024


class Arriving:
    """What has arrived so far. Write to it, then `judge` it; closing leaves nothing on the disk."""

    def __init__(self, most: int) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        self._most = most
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Take the next bytes.

        Raises:
            RequestError: `too_large`.
        """
        self.size += len(data)
        if self.size > self._most:
            raise RequestError(ErrorCode.TOO_LARGE, file=f"more than {self._most} bytes")
        self._hash.update(data)
        return self._file.write(data)

    def seek(self, position: int) -> int:
        """Go to a position, as the parser of forms does at a file's end."""
        return self._file.seek(position)

    def close(self) -> None:
        """Let go of it."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def judge(self, name: str, declared: str) -> "Judged":
        """What it is and what is to be kept of it. Takes up to a second: for a thread.

        Raises:
            RequestError: `invalid` (its name, or it is empty) or `unsupported_media`.
        """
        name = clean_name(name)
        if not self.size:
            raise RequestError(ErrorCode.INVALID, file="it is empty")
        kind = type_of(name, declared, self._file)
        given = self._hash.hexdigest()
        if not kind.image:
            return Judged(name, kind.media_type, given, given, self._file, self.size)
        picture = read_picture(self._file, kind.image)
        return Judged(
            name,
            kind.media_type,
            given,
            hashlib.sha256(picture.data).hexdigest(),
            io.BytesIO(picture.data),
            len(picture.data),
            picture.width,
            picture.height,
            picture.thumbnails,
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """A file that may be kept: its bytes as they will be, of an image with its size and thumbnails."""

    name: str
    media_type: str
    given: str
    sha256: str
    file: BinaryIO
    size: int
    width: int | None = None
    height: int | None = None
    thumbnails: dict[str, bytes] = field(default_factory=dict)

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, some at a time."""
        self.file.seek(0)
        while piece := self.file.read(_PIECE_BYTES):
            yield piece
