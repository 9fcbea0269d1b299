"""What is known of files and their bytes, in MongoDB: one attempt to store a file does not touch another."""

from dataclasses import replace
from typing import Final

import pytest

from imapp.errors import StoreUnavailable
from imapp.stores.blobs import CHUNK_BYTES, GridBlobs
from imapp.stores.files import FileRecord, FileStore
from imapp.stores.mongo import Database

FIRST: Final = FileRecord(
    file_id="f1",
    blob="first",
    owner="an",
    name="a.pdf",
    media_type="application/pdf",
    size=1,
    given="0" * 64,
    sha256="0" * 64,
    width=None,
    height=None,
    thumbnails={},
    created_ms=1_790_000_000_000,
)
SECOND: Final = replace(FIRST, blob="second")
"""A repeat of the upload, after the first attempt was collected."""
LONG: Final = bytes(range(256)) * 8_000


@pytest.fixture
def files(database: Database) -> FileStore:
    return FileStore(database)


@pytest.fixture
def blobs(database: Database) -> GridBlobs:
    return GridBlobs(database)


def state(files: FileStore) -> str | None:
    record = files.find("f1")
    return record.state if record else None


def test_only_the_attempt_that_is_under_way_becomes_ready(files: FileStore) -> None:
    files.begin(SECOND)

    assert not files.finish(FIRST, 60)
    assert state(files) == "uploading"
    assert files.finish(SECOND, 60)
    assert state(files) == "ready"


def test_what_was_given_up_never_becomes_ready(files: FileStore) -> None:
    files.begin(FIRST)

    assert files.abandon(FIRST)
    assert not files.finish(FIRST, 60)
    assert state(files) == "removing"
    assert files.abandon(FIRST), "it may be said again"


def test_what_is_ready_is_not_given_up(files: FileStore) -> None:
    files.begin(FIRST)
    files.finish(FIRST, 60)

    assert not files.abandon(FIRST)
    assert state(files) == "ready"


def test_who_gives_up_does_not_end_the_attempt_of_another(files: FileStore) -> None:
    files.begin(SECOND)

    assert files.abandon(FIRST)
    files.forget(FIRST)
    assert state(files) == "uploading"


def test_a_late_collector_does_not_forget_the_attempt_of_another(files: FileStore) -> None:
    files.begin(SECOND)
    files.abandon(SECOND)

    files.forget(FIRST)
    assert state(files) == "removing"
    files.forget(SECOND)
    assert state(files) is None


def test_what_is_given_up_is_due_at_once(files: FileStore) -> None:
    files.begin(FIRST)
    assert files.take_due() is None

    files.abandon(FIRST)

    assert files.take_due() == replace(FIRST, state="removing")


def test_what_is_given_up_can_be_kept_for_the_collector_until_later(files: FileStore) -> None:
    files.begin(FIRST)

    files.abandon(FIRST, collected_in_s=30)

    assert (state(files), files.take_due()) == ("removing", None)


def test_bytes_that_go_while_they_are_read_are_no_end_of_the_file(blobs: GridBlobs) -> None:
    blobs.write("b", [LONG])
    reading = blobs.read("b", 0, len(LONG))
    assert next(reading) == LONG[:CHUNK_BYTES]

    blobs.remove("b")

    with pytest.raises(StoreUnavailable):
        all(reading)


def test_a_hole_in_the_bytes_is_not_read_over(blobs: GridBlobs, database: Database) -> None:
    blobs.write("b", [LONG])
    database["blobs.chunks"].delete_one({"files_id": "b", "n": 1})

    with pytest.raises(StoreUnavailable):
        b"".join(blobs.read("b", 0, len(LONG)))


def test_a_part_is_read_to_its_end(blobs: GridBlobs) -> None:
    blobs.write("b", [LONG])

    assert (
        b"".join(blobs.read("b", CHUNK_BYTES - 1, CHUNK_BYTES + 1)) == LONG[CHUNK_BYTES - 1 : CHUNK_BYTES + 1]
    )
