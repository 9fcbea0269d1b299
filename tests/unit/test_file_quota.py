"""How much of one person is kept, also when he sends several files up at once."""

from typing import Any, Final, cast

import pytest

from imapp.domain.ids import file_id_of
from imapp.errors import RequestError
from imapp.services.files.keeping import KeepingService
from imapp.services.files.taking import Arriving
from imapp.stores.files import FileRecord, FileStore
from schemas.errors import ErrorCode
from tests.support.samples import PDF

QUOTA: Final = len(PDF) + len(PDF) // 2


class Files(FileStore):
    """What is known of files, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, FileRecord] = {}

    def begin(self, record: FileRecord) -> None:
        self.kept[record.file_id] = record

    def finish(self, file_id: str, kept_s: float) -> bool:
        del kept_s
        return file_id in self.kept

    def give_up(self, file_id: str) -> None:
        del self.kept[file_id]

    def used_by(self, owner: str) -> int:
        return sum(record.size for record in self.kept.values() if record.owner == owner)


class Blobs:
    """Bytes in memory."""

    def __init__(self) -> None:
        self.bytes: dict[str, bytes] = {}

    def write(self, key: str, pieces: Any) -> None:
        self.bytes[key] = b"".join(pieces)

    def remove(self, key: str) -> None:
        self.bytes.pop(key, None)


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def blobs() -> Blobs:
    return Blobs()


@pytest.fixture
def keeping(files: Files, blobs: Blobs) -> KeepingService:
    return KeepingService(
        files,
        cast("Any", blobs),
        in_thread=lambda judge: judge(),
        max_bytes=10 * len(PDF),
        quota_bytes=QUOTA,
        kept_s=60.0,
    )


def keep(keeping: KeepingService, client_id: str, arrived: Arriving) -> str:
    """The id of a file that has arrived."""
    arrived.write(PDF)
    return keeping.keep("an", client_id, arrived, name="a.pdf", declared="application/pdf").file_id


def test_more_than_is_left_is_refused_before_it_arrives(keeping: KeepingService) -> None:
    with pytest.raises(RequestError) as told, keeping.receiving("an", QUOTA + 1):
        pytest.fail("it began")

    assert told.value.code is ErrorCode.QUOTA_EXCEEDED


def test_of_two_that_arrive_at_once_the_second_is_not_kept(
    keeping: KeepingService, files: Files, blobs: Blobs
) -> None:
    """Each alone would have fitted when it began."""
    with keeping.receiving("an", len(PDF)) as one, keeping.receiving("an", len(PDF)) as other:
        first = keep(keeping, "one", one)
        with pytest.raises(RequestError) as told:
            keep(keeping, "other", other)

    assert told.value.code is ErrorCode.QUOTA_EXCEEDED
    assert list(files.kept) == [first] == [file_id_of("an", "one")]
    assert list(blobs.bytes.values()) == [PDF]


def test_everybody_has_his_own(keeping: KeepingService, files: Files) -> None:
    with keeping.receiving("an", len(PDF)) as one:
        keep(keeping, "one", one)
    with keeping.receiving("bo", QUOTA) as other:
        other.write(PDF)
        keeping.keep("bo", "one", other, name="a.pdf", declared="application/pdf")

    assert len(files.kept) == 2
