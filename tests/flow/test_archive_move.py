"""Old entries leave MongoDB only for a proved copy in the archive, and readers do not notice."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import pytest

from imapp import failpoints
from imapp.domain.archive.tiling import Range
from imapp.domain.ids import message_id
from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.services.archiving.archive import Archive, Copy
from imapp.services.archiving.moving import ChannelMover, Moved
from imapp.services.archiving.verifying import ArchiveVerifier, Verdict
from imapp.services.archiving.whole_log import WholeLog
from imapp.stores.channels import ChannelStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database, transaction
from imapp.stores.unindexed import UnindexedStore
from tests.support.archive_in_memory import ArchiveInMemory
from tests.support.entries import log_entry

CHANNEL: Final = "c" * 24
DAY_MS: Final = 24 * 3_600_000
NOW_MS: Final = 1_800_000_000_000
STEPS: Final = ("read", "proved", "noted", "deleted")


class World:
    """One channel in MongoDB, indexed in an archive in memory; each entry is a day older than the next."""

    def __init__(
        self, database: Database, length: int, *, days_ago: int = 100, archive: Archive | None = None
    ) -> None:
        self.database = database
        self.archive: Any = archive or ArchiveInMemory()
        self.log = MessageLog(database)
        self.whole = WholeLog(database, self.archive)
        self.manifests = ManifestStore(database)
        first_ms = NOW_MS - days_ago * DAY_MS
        self.entries = [
            log_entry(CHANNEL, seq, time_ms=first_ms + seq * DAY_MS) for seq in range(1, length + 1)
        ]
        self.log.append(self.entries)
        self.archive.write(self.log.documents(CHANNEL, 1, length, length))
        database["channels"].insert_one(
            {"_id": CHANNEL, "hot_from_seq": 1, "indexed_seq": length, "head": {"seq": length}}
        )

    def move(self, *, chunk: int = 4, after_days: int = 30) -> Moved:
        mover = ChannelMover(
            channels=ChannelStore(self.database),
            log=self.log,
            manifests=self.manifests,
            archive=self.archive,
            after_days=after_days,
            clock_ms=lambda: NOW_MS,
            chunk=chunk,
        )
        return mover.move(CHANNEL)

    def verify(self) -> Verdict:
        return ArchiveVerifier(
            channels=ChannelStore(self.database),
            log=self.log,
            manifests=self.manifests,
            unindexed=UnindexedStore(self.database),
            archive=self.archive,
        ).verify(CHANNEL)

    def hot(self) -> list[int]:
        return [entry.seq for entry in self.log.page(CHANNEL, 1, 10**6, limit=10**6)]

    def all(self) -> list[int]:
        return [entry.seq for entry in self.whole.page(CHANNEL, 1, len(self.entries), limit=10**6)]


@pytest.fixture
def world(database: Database) -> World:
    return World(database, 20)


@pytest.fixture(autouse=True)
def no_failpoints() -> object:
    yield
    failpoints.arm("")


def test_all_but_the_newest_entry_moves_once_it_is_old(world: World) -> None:
    moved = world.move()

    assert (moved.entries, moved.problems) == (19, {})
    assert world.hot() == [20]
    assert world.all() == list(range(1, 21))


def test_what_is_too_young_stays_with_all_that_follows(database: Database) -> None:
    world = World(database, 20, days_ago=40)

    world.move()

    assert world.hot() == list(range(10, 21))  # 31 days old is old enough, 30 days is not


def test_what_is_not_indexed_yet_stays(world: World) -> None:
    world.database["channels"].update_one({"_id": CHANNEL}, {"$set": {"indexed_seq": 7}})

    world.move()

    assert world.hot() == list(range(8, 21))


def test_what_lists_show_stays_with_all_that_follows(database: Database) -> None:
    world = World(database, 20)
    database["messages"].update_many({"seq": {"$gte": 17}}, {"$set": {"type": 101}})
    amendments = set(database["messages"].distinct("type")) - {1}

    world.move()

    shown = world.log.newest_shown(CHANNEL)
    assert amendments
    assert shown is not None
    assert world.hot()[0] == shown.seq


def test_what_the_archive_refuses_keeps_itself_and_all_after_it(world: World) -> None:
    world.archive.remove([message_id(CHANNEL, 6)])
    world.archive.refused.add(message_id(CHANNEL, 6))

    moved = world.move()

    assert moved.problems == {message_id(CHANNEL, 6): "refused by a test"}
    assert world.hot() == list(range(6, 21))
    assert world.all() == list(range(1, 21))


def test_a_copy_that_differs_is_written_again_before_anything_is_deleted(world: World) -> None:
    world.archive.spoil(message_id(CHANNEL, 3), "something else")

    moved = world.move()

    assert moved.problems == {}
    assert world.hot() == [20]
    page = world.whole.page(CHANNEL, 1, 20, limit=20)
    assert [entry.content for entry in page] == [f"text {seq}" for seq in range(1, 21)]


def test_nothing_is_deleted_while_the_archive_is_away(world: World) -> None:
    world.archive.away = True

    with pytest.raises(ArchiveUnavailable):
        world.move()

    assert world.hot() == list(range(1, 21))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_a_move_that_dies_at_any_step_has_lost_nothing_and_is_ended_by_the_next(
    world: World, step: str, chunk: int
) -> None:
    failpoints.arm(f"archive.{step}={chunk}:raise")
    with pytest.raises(RuntimeError):
        world.move()
    assert world.all() == list(range(1, 21))

    failpoints.arm("")
    world.move()

    assert world.hot() == [20]
    assert world.all() == list(range(1, 21))
    ranges = [manifest.range for manifest in world.manifests.of(CHANNEL)]
    assert sum(part.to_seq - part.from_seq + 1 for part in ranges) == 19


@pytest.mark.parametrize("step", ["read", "proved", "noted"])
def test_a_recall_that_comes_while_its_message_moves_is_whole_after_that_same_move(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    at_step(monkeypatch, step, lambda: recall(world, 2))

    moved = world.move()

    assert (moved.entries, world.hot()) == (19, [20])
    page = world.whole.page(CHANNEL, 1, 3, limit=3)
    assert [entry.content for entry in page] == ["text 1", "", "text 3"]
    assert world.log.recalled_between([(CHANNEL, 1, 20), (CHANNEL, 2, 2), (CHANNEL, 3, 20)]) == [1, 1, 0]
    assert verified(world) == []


def test_a_recall_of_what_is_held_meanwhile_counts_after_that_same_move(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.manifests.hold(CHANNEL, [Range(2, 2)], 60.0)
    at_step(monkeypatch, "proved", lambda: recall(world, 2))

    world.move()

    assert world.hot() == [2, 20]
    assert world.log.recalled_between([(CHANNEL, 1, 20)]) == [1]


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("limit", [1, 3, 7, 20, 50])
def test_pages_are_the_same_wherever_the_entries_are(world: World, *, limit: int, newest_first: bool) -> None:
    def pages() -> list[list[int]]:
        return [
            [
                entry.seq
                for entry in world.whole.page(CHANNEL, low, high, limit=limit, newest_first=newest_first)
            ]
            for low in range(1, 21, 3)
            for high in range(low, 21, 2)
        ]

    before = pages()
    world.database["channels"].update_one({"_id": CHANNEL}, {"$set": {"indexed_seq": 11}})

    world.move()

    assert world.hot()[0] == 12
    assert pages() == before


def test_a_page_whose_entries_leave_while_it_is_read_is_read_again(world: World) -> None:
    world.move(after_days=90)
    boundary = world.hot()[0]
    meanwhile(world, world.move)

    page = world.whole.page(CHANNEL, 1, 20, limit=20)

    assert 1 < boundary < world.hot()[0]
    assert [entry.seq for entry in page] == list(range(1, 21))


def test_of_two_moves_at_once_one_gives_way_and_nothing_is_lost_or_moved_twice(world: World) -> None:
    meanwhile(world, world.move)

    moved = world.move()

    assert (moved.entries, moved.contended) == (0, True)
    assert world.hot() == [20]
    assert world.all() == list(range(1, 21))
    assert verified(world) == []


def test_a_move_from_a_backup_of_mongodb_is_moved_again(world: World) -> None:
    database, backup = world.database, world.log.documents(CHANNEL, 1, 20, 20)
    world.move()

    database["manifests"].delete_many({})
    database["messages"].delete_many({})
    database["messages"].insert_many(backup)
    database["channels"].update_one({"_id": CHANNEL}, {"$set": {"hot_from_seq": 1}})
    moved = world.move()

    assert (moved.entries, moved.problems) == (19, {})
    assert world.hot() == [20]
    assert world.all() == list(range(1, 21))
    assert verified(world) == []


def at_step(monkeypatch: pytest.MonkeyPatch, step: str, act: Callable[[], object]) -> None:
    """When a move comes to a step the first time, this happens, before it goes on."""
    pending = [act]

    def pass_by(name: str, _matter: str = "") -> bool:
        if name == f"archive.{step}" and pending:
            pending.pop()()
        return False

    monkeypatch.setattr("imapp.services.archiving.moving.point", pass_by)


def recall(world: World, seq: int) -> None:
    """What a writer does with the message, in his transaction."""
    with transaction(world.database.client) as session:
        changed = {"$set": {"status": 1, "content": "", "rev": 21}}
        world.database["messages"].update_one({"_id": message_id(CHANNEL, seq)}, changed, session=session)
        world.manifests.note_recall(CHANNEL, seq, session)


def meanwhile(world: World, act: Callable[[], object]) -> None:
    """As soon as the archive is read the next time, this happens, before the reader goes on."""

    class Interrupted(ArchiveInMemory):
        def read(self, message_ids: Iterable[str]) -> dict[str, Copy]:
            found = super().read(message_ids)
            if self.reads == 1:
                act()
            return found

    archive = Interrupted()
    archive.texts, archive.revs = world.archive.texts, world.archive.revs
    world.archive, world.whole = archive, WholeLog(world.database, archive)


def verified(world: World) -> list[str]:
    """What the archive's proof names."""
    return world.verify().problems


def test_recent_pages_never_ask_the_archive(world: World) -> None:
    world.database["channels"].update_one({"_id": CHANNEL}, {"$set": {"indexed_seq": 11}})
    world.move()
    reads = world.archive.reads

    world.whole.page(CHANNEL, 1, 20, limit=9, newest_first=True)
    world.whole.page(CHANNEL, 12, 20, limit=50)
    world.whole.at([(CHANNEL, 12), (CHANNEL, 21)])

    assert world.archive.reads == reads


def test_a_hole_is_an_error_and_never_a_shorter_page(world: World) -> None:
    world.move()
    del world.archive.texts[message_id(CHANNEL, 1)]

    with pytest.raises(StoreUnavailable):
        world.whole.page(CHANNEL, 1, 20, limit=50, newest_first=True)


def test_what_counts_as_unread_is_known_without_the_archive(world: World) -> None:
    world.database["messages"].update_many({"seq": {"$in": [2, 5, 9]}}, {"$set": {"status": 1}})
    places = [(CHANNEL, seq) for seq in (1, 4, 5, 19, 20)]
    ranges = [(CHANNEL, 1, 20), (CHANNEL, 3, 9), (CHANNEL, 6, 8)]
    countables, recalled = world.log.countables(places), world.log.recalled_between(ranges)

    world.move()
    world.archive.away = True

    assert world.hot() == [20]
    assert world.log.countables(places) == countables
    assert world.log.recalled_between(ranges) == recalled == [3, 2, 0]
