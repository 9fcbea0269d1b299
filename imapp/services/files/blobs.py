"""Where the bytes of files are kept: the one interface that another store has to offer.

GridFS (`imapp.stores.blobs`) is the one there is; an object store such as S3 has the same three verbs. What
is known of a file, and who may fetch it, is not kept there.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from imapp.services.files.images import THUMBNAILS


class Blobs(Protocol):
    """Bytes by key. A key is written once."""

    def write(self, key: str, pieces: Iterable[bytes]) -> None:
        """Store what these pieces are together, holding few of them; durable once this returns.

        Raises:
            StoreUnavailable: unknown how much of it is stored; `remove` cleans up.
        """

    def read(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, piece by piece.

        Raises:
            StoreUnavailable: they can't be read.
        """

    def remove(self, key: str) -> None:
        """See that there is nothing under this key, whole or in part.

        Raises:
            StoreUnavailable: unknown whether there still is.
        """


def blob_key(blob: str, thumbnail: str | None = None) -> str:
    """Where the bytes of a file or of one of its thumbnails are."""
    return f"{blob}.{thumbnail}" if thumbnail else blob


def remove_file(blobs: Blobs, blob: str) -> None:
    """See that nothing is left of a file and its thumbnails."""
    for thumbnail in (None, *THUMBNAILS):
        blobs.remove(blob_key(blob, thumbnail))
