"""What the proof of a whole log finds wrong, and how archived entries come back."""

from datetime import UTC, datetime

import pytest

from imapp.domain.archive.tiling import Range
from imapp.domain.ids import message_id
from imapp.errors import ArchiveUnavailable
from imapp.services.archiving.restoring import Restored, Restorer
from imapp.services.archiving.verifying import Verdict
from imapp.stores.edits import EditStore
from imapp.stores.mongo import Database
from imapp.stores.unindexed import UnindexedStore
from tests.flow.test_archive_move import CHANNEL, World

HOLD_S = 60.0


@pytest.fixture
def world(database: Database) -> World:
    world = World(database, 20)
    world.move()
    return world


def verify(world: World) -> Verdict:
    return world.verify()


def restorer(world: World) -> Restorer:
    return Restorer(world.log, world.manifests, world.archive, EditStore(world.database))


def restore(world: World, first: int, last: int) -> Restored:
    return restorer(world).restore(CHANNEL, Range(first, last), HOLD_S)


def test_a_moved_channel_is_whole(world: World) -> None:
    verdict = verify(world)

    assert verdict.problems == []
    assert (verdict.archived, verdict.hot) == (19, 1)


def test_a_lost_and_a_changed_copy_are_named(world: World) -> None:
    del world.archive.texts[message_id(CHANNEL, 4)]
    world.archive.spoil(message_id(CHANNEL, 9), "something else")

    problems = verify(world).problems

    assert problems == [
        f"{message_id(CHANNEL, 4)}: noted down as archived, but not in the archive",
        f"{message_id(CHANNEL, 9)}: the archive has another content than was noted down",
    ]


def test_what_of_the_hot_the_index_lacks_or_has_otherwise_is_named(database: Database) -> None:
    world = World(database, 20, days_ago=40)
    world.move()
    lost, spoilt, edited = (message_id(CHANNEL, seq) for seq in (12, 14, 16))
    world.archive.remove([lost])
    world.archive.spoil(spoilt, "something else")
    database["messages"].update_one({"_id": edited}, {"$set": {"content": "edited", "rev": 20}})

    hot = "hot and said to be indexed, but the archive"
    assert world.hot() == list(range(10, 21))
    assert verify(world).problems == [
        f"{lost}: {hot} does not have it",
        f"{spoilt}: {hot} has another content",
        f"{edited}: {hot} has another content",
    ]


def test_what_is_not_indexed_yet_or_set_aside_is_nothing_wrong(database: Database) -> None:
    world = World(database, 20, days_ago=40)
    refused, broken, edited, sent = (message_id(CHANNEL, seq) for seq in (12, 13, 16, 20))
    world.archive.remove([refused, broken, sent])
    UnindexedStore(database).park({refused: "no room", broken: "TypeError"})
    database["messages"].update_one({"_id": broken}, {"$set": {"rev": "no number"}})
    database["messages"].update_one({"_id": edited}, {"$set": {"content": "edited", "rev": 20}})
    database["channels"].update_one({"_id": CHANNEL}, {"$set": {"indexed_seq": 19}})

    assert verify(world).problems == []


def test_a_recalled_text_that_is_back_in_the_archive_is_named_as_such(world: World) -> None:
    said = dict(world.archive.texts)
    restore(world, 3, 3)
    world.database["messages"].update_one({"seq": 3}, {"$set": {"status": 1, "content": "", "rev": 21}})
    world.database["holds"].delete_many({})
    world.move()
    assert verify(world).problems == []

    world.archive.texts = said

    assert verify(world).problems == [
        f"{message_id(CHANNEL, 3)}: recalled, but the archive says again what it said"
    ]


def test_no_more_is_named_than_anybody_reads(database: Database) -> None:
    world = World(database, 120, days_ago=10)
    world.archive.texts.clear()

    assert len(verify(world).problems) == 100


def test_a_hole_among_hot_entries_and_a_lost_manifest_are_named(world: World) -> None:
    world.database["messages"].delete_one({"seq": 20})
    world.database["manifests"].delete_one({"from_seq": 5})

    problems = verify(world).problems

    assert problems == ["no manifest covers 5..8", "20..20 are neither archived nor hot"]


def test_a_manifest_that_was_changed_by_hand_is_named(world: World) -> None:
    world.database["manifests"].update_one({"from_seq": 5}, {"$set": {"digest": "00"}})

    assert verify(world).problems == ["the manifest of 5..8 does not agree with its own digest"]


def test_a_stored_document_that_is_no_entry_is_named_and_the_rest_is_looked_at(world: World) -> None:
    world.database["messages"].update_one({"seq": 20}, {"$unset": {"sender": ""}})
    world.database["channels"].update_one({"_id": CHANNEL}, {"$set": {"head.seq": 21}})

    assert verify(world).problems == [
        f"{message_id(CHANNEL, 20)}: stored, but it can't be read (KeyError: 'sender')",
        "21..21 are neither archived nor hot",
    ]


def test_a_channel_that_can_not_be_looked_at_is_named_with_the_reason(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.archive.slow = {CHANNEL}
    assert verify(world).problems == ["could not be looked at: a question took too long, for a test"]

    def broken(_channel_id: str) -> None:
        raise ValueError("nobody expected this")

    monkeypatch.setattr(world.manifests, "of", broken)
    assert verify(world).problems == ["could not be looked at: ValueError"]


def test_while_the_archive_answers_nobody_no_channel_is_said_to_be_broken(world: World) -> None:
    world.archive.away = True

    with pytest.raises(ArchiveUnavailable):
        verify(world)


def test_a_recall_that_has_not_moved_yet_is_nothing_wrong(world: World) -> None:
    restore(world, 3, 3)
    world.database["messages"].update_one({"seq": 3}, {"$set": {"status": 1, "content": "", "rev": 21}})
    assert verify(world).problems == []

    world.archive.write(world.log.documents(CHANNEL, 3, 3, 1))

    assert verify(world).problems == []


def test_a_restored_range_is_read_without_the_archive_and_survives_a_move(world: World) -> None:
    restored = restore(world, 3, 9)
    world.move()
    world.archive.away = True

    assert (restored.entries, restored.problems) == (7, {})
    assert world.hot() == [3, 4, 5, 6, 7, 8, 9, 20]
    page = world.whole.page(CHANNEL, 3, 9, limit=50)
    assert page == world.entries[2:9]


def test_a_restored_range_moves_again_once_nothing_holds_it(world: World) -> None:
    restore(world, 3, 9)
    world.database["holds"].delete_many({})

    world.move()

    assert world.hot() == [20]
    assert verify(world).problems == []


def test_restoring_twice_changes_nothing_and_reaches_only_what_is_archived(world: World) -> None:
    restore(world, 15, 400)

    restore(world, 15, 400)

    assert world.hot() == [15, 16, 17, 18, 19, 20]


def test_an_entry_whose_client_id_was_used_again_is_named_and_stays_archived(world: World) -> None:
    document = world.database["messages"].find_one({"seq": 20})
    assert document is not None
    world.database["messages"].update_one({"seq": 20}, {"$set": {"client_message_id": "id-6"}})

    restored = restore(world, 5, 7)

    assert restored.problems == {message_id(CHANNEL, 6): "its client id was used again for another message"}
    assert world.hot() == [5, 7, 20]
    assert [entry.seq for entry in world.whole.page(CHANNEL, 5, 7, limit=9)] == [5, 6, 7]


def test_what_a_command_refers_to_comes_back_with_its_edits(world: World) -> None:
    world.database["edits"].insert_one(
        {
            "_id": f"{message_id(CHANNEL, 5)}.{12:012d}",
            "content": "before",
            "mentions": [],
            "from": datetime.now(UTC),
            "until": datetime.now(UTC),
        }
    )

    restorer(world).bring_back([(CHANNEL, 5), (CHANNEL, 20), (CHANNEL, 500)])

    assert world.hot() == [5, 12, 20]


def test_what_can_not_come_back_is_named(world: World) -> None:
    del world.archive.texts[message_id(CHANNEL, 5)]

    assert restorer(world).bring_back([(CHANNEL, 5), (CHANNEL, 6)]) == {message_id(CHANNEL, 5)}
    assert world.hot() == [6, 20]


def test_what_is_archived_is_known_with_and_without_a_copy(world: World) -> None:
    names = [message_id(CHANNEL, seq) for seq in (5, 7, 20, 500)]
    restorer(world).bring_back([(CHANNEL, 5)])

    assert world.log.archived(names) == set(names[:2])
