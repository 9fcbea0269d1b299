"""What readers get of a log while its archive does not answer: all that is hot, and never a hole."""

import pytest

from imapp.domain.archive.pages import Borders
from imapp.domain.archive.tiling import Range
from imapp.domain.ids import message_id
from imapp.errors import ArchiveUnavailable
from imapp.services.archiving.whole_log import WholeLog
from imapp.stores.mongo import Database
from tests.flow.test_archive_move import CHANNEL, World
from tests.support.archive_in_memory import ArchiveInMemory


class Away(ArchiveInMemory):
    """An archive that does not answer."""

    def __init__(self) -> None:
        super().__init__()
        self.away = True


@pytest.fixture
def world(database: Database) -> World:
    return World(database, 20)


@pytest.mark.parametrize("limit", [1, 3, 7, 50])
def test_the_newest_entries_go_back_as_far_as_they_can_be_read_and_say_where_they_are_cut(
    world: World, limit: int
) -> None:
    world.database["channels"].update_one({"_id": CHANNEL}, {"$set": {"indexed_seq": 11}})
    world.manifests.hold(CHANNEL, [Range(4, 5), Range(10, 10)], 60.0)
    world.move()
    assert world.hot() == [4, 5, 10, *range(12, 21)]

    for high in range(1, 21):
        for low in range(1, high + 1):
            wanted = list(range(max(low, high - limit + 1), high + 1))
            world.archive.away = False
            whole = world.whole.tail(CHANNEL, low, high, limit=limit)
            assert ([entry.seq for entry in whole.entries], whole.cut) == (wanted, None)
            world.archive.away = True
            tail = world.whole.tail(CHANNEL, low, high, limit=limit)
            found = [entry.seq for entry in tail.entries]
            if tail.cut is None:
                assert found == wanted, "all is in MongoDB"
            else:
                assert found == [seq for seq in wanted if seq >= 12] != wanted


def test_newest_entries_of_which_some_leave_while_they_are_read_have_no_hole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.database["channels"].update_one({"_id": CHANNEL}, {"$set": {"indexed_seq": 11}})
    world.move()
    world.manifests.hold(CHANNEL, [Range(13, 13)], 60.0)
    world.database["channels"].update_one({"_id": CHANNEL}, {"$set": {"indexed_seq": 20}})
    reader, looks = WholeLog(world.database, Away()), [1, 2]
    borders_of = reader._borders_of

    def with_a_move_behind_the_second(channel_id: str) -> Borders:
        borders = borders_of(channel_id)
        if looks.pop() == 1:
            world.move()
        return borders

    monkeypatch.setattr(reader, "_borders_of", with_a_move_behind_the_second)

    tail = reader.tail(CHANNEL, 1, 14, limit=50)

    assert world.hot() == [13, 20]
    assert [entry.seq for entry in tail.entries] == [12, 13, 14]
    assert tail.cut is not None


def test_archived_pages_fail_clearly_while_the_archive_is_away_and_lists_leave_out(world: World) -> None:
    world.move()
    world.archive.away = True

    with pytest.raises(ArchiveUnavailable):
        world.whole.page(CHANNEL, 1, 20, limit=20)
    with pytest.raises(ArchiveUnavailable):
        world.whole.at([(CHANNEL, 3)])
    assert world.whole.at_hand([(CHANNEL, 3), (CHANNEL, 20)]).keys() == {message_id(CHANNEL, 20)}
