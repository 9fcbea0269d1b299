"""How much of one person is kept, also when he sends several files up at once."""

from dataclasses import replace
from typing import Final

import pytest

from imapp.domain.ids import file_id_of
from imapp.errors import RequestError
from imapp.services.files.keeping import KeepingService
from imapp.services.files.taking import Arriving
from schemas.errors import ErrorCode
from tests.support.samples import PDF
from tests.unit.fakes.faults import Faults
from tests.unit.fakes.files import FakeBlobs, FakeFiles

QUOTA: Final = len(PDF) + len(PDF) // 2


@pytest.fixture
def files() -> FakeFiles:
    return FakeFiles(Faults())


@pytest.fixture
def blobs() -> FakeBlobs:
    return FakeBlobs(Faults())


@pytest.fixture
def keeping(files: FakeFiles, blobs: FakeBlobs) -> KeepingService:
    return KeepingService(
        files,
        blobs,
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
    with pytest.raises(RequestError) as told, keeping.receiving("an", "one", QUOTA + 1):
        pytest.fail("it began")

    assert told.value.code is ErrorCode.QUOTA_EXCEEDED


def test_of_two_that_arrive_at_once_the_second_is_not_kept(
    keeping: KeepingService, files: FakeFiles, blobs: FakeBlobs
) -> None:
    """Each alone would have fitted when it began."""
    with (
        keeping.receiving("an", "one", len(PDF)) as one,
        keeping.receiving("an", "other", len(PDF)) as other,
    ):
        first = keep(keeping, "one", one)
        with pytest.raises(RequestError) as told:
            keep(keeping, "other", other)

    assert told.value.code is ErrorCode.QUOTA_EXCEEDED
    assert list(files.known) == [first] == [file_id_of("an", "one")]
    assert list(blobs.bytes.values()) == [PDF]


def test_a_repeat_is_answered_with_the_file_where_another_would_not_fit(keeping: KeepingService) -> None:
    with keeping.receiving("an", "one", len(PDF)) as arriving:
        first = keep(keeping, "one", arriving)
    with keeping.receiving("an", "one", len(PDF)) as arriving:
        assert keep(keeping, "one", arriving) == first

    with pytest.raises(RequestError) as told, keeping.receiving("an", "two", len(PDF)):
        pytest.fail("it began")
    assert told.value.code is ErrorCode.QUOTA_EXCEEDED


def test_a_repeat_while_the_file_is_being_stored_is_told_to_come_again(
    keeping: KeepingService, files: FakeFiles
) -> None:
    with keeping.receiving("an", "one", len(PDF)) as arriving:
        first = keep(keeping, "one", arriving)
    files.known[first] = replace(files.known[first], state="uploading")

    with (
        pytest.raises(RequestError) as told,
        keeping.receiving("an", "one", len(PDF)) as arriving,
    ):
        keep(keeping, "one", arriving)

    assert told.value.code is ErrorCode.BUSY


def test_everybody_has_his_own(keeping: KeepingService, files: FakeFiles) -> None:
    with keeping.receiving("an", "one", len(PDF)) as one:
        keep(keeping, "one", one)
    with keeping.receiving("bo", "one", QUOTA) as other:
        other.write(PDF)
        keeping.keep("bo", "one", other, name="a.pdf", declared="application/pdf")

    assert len(files.known) == 2
