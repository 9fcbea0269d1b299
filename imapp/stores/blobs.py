"""Bytes in MongoDB, in the form of GridFS (`blobs.files`, `blobs.chunks`), so that its tools read them too.

The driver's own writer holds up to 32 MB before it stores any, and its reader asks for 16 MB at once; here
it is 1 MB for each, so a hundred slow downloads cost no more than a hundred megabytes.
"""

import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from bson.binary import Binary
from pymongo import ASCENDING, IndexModel

from imapp.errors import StoreUnavailable
from imapp.failpoints import point
from imapp.stores.mongo import Database, Document, mapped_errors

CHUNK_BYTES: Final = 255 * 1024
_CHUNKS_AT_ONCE: Final = 4

INDEXES: Final = [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True, name="chunk")]


class GridBlobs:
    """Keeps bytes by key. See `services.files.blobs` for what is promised."""

    def __init__(self, database: Database) -> None:
        self._files = database["blobs.files"]
        self._chunks = database["blobs.chunks"]

    def write(self, key: str, pieces: Iterable[bytes]) -> None:
        """Store what these pieces are together; it is there once this returns.

        Raises:
            StoreUnavailable: unknown how much of it is stored.
        """
        length = 0
        chunks = enumerate(_chunked(pieces))
        while batch := [*itertools.islice(chunks, _CHUNKS_AT_ONCE)]:
            length += sum(len(data) for _, data in batch)
            with mapped_errors():
                self._chunks.insert_many(
                    [{"files_id": key, "n": n, "data": Binary(data)} for n, data in batch]
                )
            point("blobs.chunks")
        with mapped_errors():
            self._files.insert_one(
                {"_id": key, "length": length, "chunkSize": CHUNK_BYTES, "uploadDate": datetime.now(UTC)}
            )

    def read(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, piece by piece.

        Raises:
            StoreUnavailable: MongoDB does not answer, or they are gone.
        """
        first, last = start // CHUNK_BYTES, (stop - 1) // CHUNK_BYTES
        wanted: Document = {"files_id": key, "n": {"$gte": first, "$lte": last}}
        left = stop - start
        with mapped_errors():
            found = self._chunks.find(wanted, {"_id": 0, "n": 1, "data": 1}, batch_size=_CHUNKS_AT_ONCE)
            for n, row in enumerate(found.sort("n", ASCENDING), start=first):
                if row["n"] != n:
                    break
                skipped = start % CHUNK_BYTES if n == first else 0
                data: bytes = row["data"][skipped : skipped + left]
                left -= len(data)
                yield data
        if left:
            raise StoreUnavailable(f"{left} bytes of {key} are gone")

    def remove(self, key: str) -> None:
        """See that there is nothing under this key, whole or in part."""
        with mapped_errors():
            self._files.delete_one({"_id": key})
            self._chunks.delete_many({"files_id": key})


def _chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    pending = bytearray()
    for piece in pieces:
        pending += piece
        while len(pending) >= CHUNK_BYTES:
            yield bytes(pending[:CHUNK_BYTES])
            del pending[:CHUNK_BYTES]
    if pending:
        yield bytes(pending)
