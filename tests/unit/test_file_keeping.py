"""Whatever fails or dies while a file is stored: it is there whole, or is never seen and leaves nothing."""

from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any, Final, NoReturn, cast

import pytest

from imapp.errors import RequestError, StoreUnavailable
from imapp.services.files.collecting import FileCollector
from imapp.services.files.keeping import MAX_AT_ONCE, MAX_AT_ONCE_OF_ONE, KeepingService
from imapp.services.files.taking import Arriving, Judged
from schemas.errors import ErrorCode
from tests.unit.fakes.faults import Died, Faults, Happening, code_fails, process_dies, store_fails
from tests.unit.fakes.files import FakeBlobs, FakeFiles, is_whole

SIZES: Final = {"small": b"s" * 10, "large": b"l" * 20}
# As an image is judged, with its two thumbnails; nothing of it has to be decoded here.
JUDGED: Final = Judged("a.png", "image/png", "0", "0", BytesIO(b"picture"), 7, 40, 30, SIZES)
# begin, the image, its two thumbnails, finish; then abandon, three removed, forget
STEPS_OF_KEEPING: Final = 5
STEPS_OF_CLEANING: Final = 5
MANY: Final = 20


class World:
    """A gateway, a collector, and the stores that outlive both."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.files = FakeFiles(self.faults)
        self.blobs = FakeBlobs(self.faults)
        self.keeping = KeepingService(
            self.files,
            self.blobs,
            in_thread=lambda _: JUDGED,
            max_bytes=JUDGED.size,
            quota_bytes=0,
            kept_s=60.0,
        )

    def upload(self) -> str:
        """The id of a file that an sends up, always the same one."""
        with Arriving(JUDGED.size) as arrived:
            return self.keeping.keep("an", "once", arrived, name="a.png", declared="image/png").file_id

    def arm(self, happening: Happening, in_steps: int, *, after: bool = False) -> None:
        """Let it happen there; who dies takes no further step."""
        self.faults.arm(happening, in_steps=in_steps, after=after)
        if happening is process_dies:
            for later in range(in_steps + 1, MANY):
                self.faults.arm(happening, in_steps=later)

    def upload_and_die(self, in_steps: int) -> None:
        """A gateway dies before this step of an upload."""
        self.arm(process_dies, in_steps)
        with pytest.raises(Died):
            self.upload()
        self.faults.disarm()

    def collect(self) -> None:
        """What a collector does some minutes later."""
        FileCollector(cast("Any", None), self.files, self.blobs).collect_now()

    def check(self) -> None:
        """Who is ready is whole, and there are no bytes that no collector would find."""
        ready = [record for record in self.files.known.values() if record.is_ready]
        known = {record.blob for record in self.files.known.values()}
        assert all(is_whole(record, self.blobs) for record in ready), self.faults.steps
        assert {key.partition(".")[0] for key in self.blobs.bytes} <= known, self.faults.steps


@pytest.fixture
def world() -> World:
    return World()


def moments(steps: int) -> Iterator[tuple[int, bool]]:
    """Before and after each of so many steps."""
    for number in range(steps):
        yield number, False
        yield number, True


@pytest.mark.parametrize("again", [None, store_fails, process_dies], ids=["", "store fails", "process dies"])
@pytest.mark.parametrize("happening", [store_fails, process_dies, code_fails])
def test_a_file_is_stored_whole_or_not_at_all(happening: Happening, again: Happening | None) -> None:
    """A fault at each step, alone and with a second one at each step of what cleans up after it."""
    seconds = [*moments(STEPS_OF_CLEANING)] if again else [(0, False)]
    for in_steps, after in moments(STEPS_OF_KEEPING):
        for later, after_that in seconds:
            world = World()
            world.arm(happening, in_steps, after=after)
            if again:
                world.arm(again, in_steps + 1 + later, after=after_that)

            with pytest.raises((StoreUnavailable, Died, RuntimeError)):
                world.upload()
            world.faults.disarm()
            world.check()

            with suppress(RequestError):  # busy
                world.upload()
            world.check()
            world.collect()
            world.check()
            assert world.files.known[world.upload()].is_ready
            assert len(world.files.known) == 1
            world.check()


def test_what_was_applied_but_not_confirmed_is_answered_when_it_is_repeated(world: World) -> None:
    world.faults.arm_at("files.finish", store_fails, after=True)
    with pytest.raises(StoreUnavailable):
        world.upload()

    file_id = world.upload()

    assert is_whole(world.files.known[file_id], world.blobs)
    assert world.faults.steps.count("files.finish") == 1


def test_what_the_store_did_not_confirm_can_be_sent_up_again_once_it_is_collected(world: World) -> None:
    world.faults.arm_at("blobs.write", store_fails, after=True)
    with pytest.raises(StoreUnavailable):
        world.upload()

    with pytest.raises(RequestError) as told:
        world.upload()
    assert told.value.code is ErrorCode.BUSY
    world.collect()

    assert world.upload() in world.files.known


def test_bytes_that_come_after_the_driver_has_given_up_are_collected(world: World) -> None:
    world.faults.arm_at("blobs.write", store_fails, after=True)
    with pytest.raises(StoreUnavailable):
        world.upload()

    (record,) = world.files.known.values()
    world.blobs.bytes[record.blob] = b"late"
    world.collect()

    assert (world.files.known, world.blobs.bytes) == ({}, {})


def test_what_is_refused_while_it_is_stored_leaves_nothing_at_once(world: World) -> None:
    def over_quota() -> NoReturn:
        raise RequestError(ErrorCode.QUOTA_EXCEEDED)

    world.faults.arm_at("blobs.write", over_quota, after=True)
    with pytest.raises(RequestError):
        world.upload()

    assert (world.files.known, world.blobs.bytes) == ({}, {})


@pytest.mark.parametrize("happening", [store_fails, process_dies])
def test_whoever_collects_is_followed_by_somebody_who_ends_it(happening: Happening) -> None:
    for in_steps, after in moments(4):
        world = World()
        world.upload_and_die(STEPS_OF_KEEPING - 1)
        world.arm(happening, in_steps, after=after)

        with pytest.raises((StoreUnavailable, Died)):
            world.collect()
        world.faults.disarm()
        world.check()
        world.collect()

        assert (world.files.known, world.blobs.bytes) == ({}, {})


def test_who_comes_too_late_does_not_end_the_attempt_of_another(world: World) -> None:
    """A gateway hangs for minutes before it ends; meanwhile all is collected and another one repeats it."""

    def others_go_on() -> None:
        world.collect()
        world.upload_and_die(2)

    world.faults.arm_at("files.finish", others_go_on)

    with pytest.raises(RequestError) as told:
        world.upload()

    assert told.value.code is ErrorCode.BUSY
    world.check()
    assert [record.is_ready for record in world.files.known.values()] == [False]


def test_a_collector_that_comes_too_late_does_not_forget_the_attempt_of_another(world: World) -> None:
    world.upload_and_die(STEPS_OF_KEEPING - 1)

    def others_go_on() -> None:
        world.collect()
        world.upload()
        world.files.a_day_later = True
        assert world.files.take_due() is not None

    world.faults.arm_at("files.forget", others_go_on)
    world.collect()

    world.check()


@pytest.mark.limit("uploads under way in a gateway")
def test_a_gateway_takes_no_more_uploads_than_it_has_room_for(world: World) -> None:
    """Of whomever: each takes up to the largest file on its disk."""
    people = [f"u{number}" for number in range(MAX_AT_ONCE // MAX_AT_ONCE_OF_ONE)]
    under_way = [world.keeping.receiving(user, "f", 1) for user in people for _ in range(MAX_AT_ONCE_OF_ONE)]
    for one in under_way:
        one.__enter__()

    with pytest.raises(RequestError) as told, world.keeping.receiving("late", "f-1", 1):
        pytest.fail("it began")
    under_way.pop().__exit__(None, None, None)
    with world.keeping.receiving("late", "f-1", 1):
        pass

    assert len(under_way) == MAX_AT_ONCE - 1
    assert (told.value.code, told.value.retry_after) == (ErrorCode.BUSY, 1.0)
    for one in under_way:
        one.__exit__(None, None, None)
