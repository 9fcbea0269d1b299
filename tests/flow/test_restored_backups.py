"""After one of the two stores was brought back from a backup, what the run-book says mends the other."""

from collections.abc import Iterator
from typing import Any

import pytest

from devstack.services import Stack
from imapp import failpoints
from imapp.domain.archive.tiling import Range
from imapp.domain.entries import EDIT, RECALLED
from imapp.domain.ids import message_id
from imapp.services.archiving.restoring import Restorer
from imapp.stores.edits import EditStore
from imapp.stores.mongo import Database
from schemas.commands import AnyCommand, EditMessage, RecallMessage, SendMessage
from tests.flow.test_archive_machine import DAY_MS, ArchiveMachine, people
from tests.flow.test_archive_move import World
from tests.flow.test_reindex import CHANNELS, LATELY_MS, Library, the_library
from tests.flow.test_retention import apply, verify
from tests.support.archive import drop_indices
from tests.support.archive_in_memory import ArchiveInMemory
from tests.support.entries import log_entry

__all__ = ["people"]

AFTER = ("nothing", "all indices made anew", "all indices made anew in the middle of that")
SEQS = range(1, 7)

Backup = dict[str, list[dict[str, Any]]]


@pytest.fixture
def library(database: Database, stack: Stack) -> Iterator[Library]:
    with the_library(database, stack) as library:
        yield library


def backup_of(database: Database) -> Backup:
    return {name: list(database[name].find()) for name in database.list_collection_names()}


def bring_back(database: Database, backup: Backup) -> None:
    for name in database.list_collection_names():
        database[name].delete_many({})
        if rows := backup.get(name):
            database[name].insert_many(rows)


def restorer(library: Library) -> Restorer:
    return Restorer(library.log, library.manifests, library.entries, EditStore(library.database))


def edit(library: Library, channel: str, seq: int, by: int) -> None:
    """Change a hot message, as a writer does."""
    change = {"$set": {"content": f"edited by {by}", "rev": by}}
    library.database["messages"].update_one({"_id": message_id(channel, seq)}, change)
    library.add(channel, log_entry(channel, by, type=EDIT, time_ms=LATELY_MS, extra={"target_seq": seq}))


def go_on(library: Library, channel: str) -> None:
    """A recall of an archived message and of a hot one, an edit, two messages; what is older moves."""
    assert restorer(library).bring_back([(channel, 2)]) == set()
    library.recall(channel, 2, by=7)
    library.recall(channel, 5, by=8)
    edit(library, channel, 4, by=9)
    library.add(channel, *(log_entry(channel, seq, time_ms=LATELY_MS, content="lost") for seq in (10, 11)))
    library.database["holds"].delete_many({})
    library.move(channel, days=15)


@pytest.mark.parametrize("meanwhile", AFTER)
def test_after_mongodb_new_indices_are_what_it_says_and_nothing_of_what_was_sent_since(
    library: Library, meanwhile: str
) -> None:
    if meanwhile == AFTER[2]:
        failpoints.arm("reindex.channel=raise")
        with pytest.raises(RuntimeError):
            library.reindex()
        failpoints.arm("")
    backup = backup_of(library.database)
    for channel in CHANNELS:
        go_on(library, channel)
    if meanwhile != AFTER[0]:
        assert library.reindex().ended
    library.add("d" * 24, log_entry("d" * 24, 1, time_ms=LATELY_MS))
    bring_back(library.database, backup)
    assert all(library.problems(channel) for channel in CHANNELS)

    done = library.reindex(anew=True)

    assert (done.ended, done.lost) == (True, {})
    assert len(library.buildings()) == 1
    found = library.searchable()
    assert found.keys() == {message_id(channel, seq) for channel in CHANNELS for seq in SEQS}
    # The archive was the only one to have it, and the recall is kept.
    recalled = [message_id(channel, 2) for channel in CHANNELS]
    assert [library.problems(channel) for channel in CHANNELS] == [
        [f"{name}: the archive has another content than was noted down"] for name in recalled
    ]
    for channel in CHANNELS:
        assert restorer(library).restore(channel, Range(2, 2), 0).entries == 1
        library.move(channel, days=15)
        library.add(channel, log_entry(channel, 7, time_ms=LATELY_MS, content="sent anew"))
    library.check_whole()
    assert [library.entries.read([name])[name].document["status"] for name in recalled] == [RECALLED] * 3


def test_after_mongodb_what_retention_had_removed_since_is_removed_again(database: Database) -> None:
    world = World(database, 20)
    world.move()
    backup = backup_of(database)
    assert apply(world) == 12
    bring_back(database, backup)

    assert apply(world) == 12

    assert verify(world) == []


def test_what_mongodb_does_not_know_of_any_more_is_not_dropped(library: Library) -> None:
    backup = backup_of(library.database)
    for row in backup.setdefault("meta", []):
        assert row["_id"] != "search_indices"
    backup["meta"].append({"_id": "search_indices", "current": 1, "replaced": True})
    assert library.reindex().ended
    bring_back(library.database, backup)

    library.reindexer().prepare("a process at its start")

    assert "2" in library.buildings()
    assert library.reindex(anew=True).ended
    assert library.buildings() == {"3"}
    library.check_whole()


def test_after_elasticsearch_what_it_has_lost_of_the_hot_is_named_and_found_in_new_indices(
    library: Library,
) -> None:
    channel = CHANNELS[0]
    names = [message_id(channel, seq) for channel in CHANNELS for seq in SEQS]
    snapshot = [copy.document for copy in library.entries.read(names).values()]
    library.recall(channel, 5, by=7)
    edit(library, channel, 4, by=8)
    library.add(channel, log_entry(channel, 9, time_ms=LATELY_MS))
    library.check_whole()

    drop_indices(library.url, library.namespace)
    library.indices.forget()
    library.indices.prepare()
    library.entries.write(snapshot)
    named = [problem.partition(":")[0] for problem in library.problems(channel)]
    assert named == [message_id(channel, seq) for seq in (4, 5, 7, 8, 9)]

    assert library.reindex().ended
    library.check_whole()


def test_after_elasticsearch_what_verify_names_as_recalled_is_recalled_once_more(people: Database) -> None:
    archive = ArchiveInMemory()
    machine = ArchiveMachine(people, archive)
    channel, text = machine.channel, "what nobody should have said"

    def do(*commands: AnyCommand) -> None:
        """All that is older than the last one is archived then, as it is."""
        for command in commands:
            machine.write(command)
            machine.list.append(machine.list[0])
        machine.now_ms += 50 * DAY_MS
        machine.write(SendMessage(**machine.command(), content="now"))
        machine.list.append(machine.list[0])
        machine.index()
        machine.release()
        machine.mover(5).move(channel)

    def problems() -> list[str]:
        return machine.verifier().verify(channel).problems

    do(EditMessage(**machine.command(), seq=3, content=text))
    snapshot = dict(archive.texts), dict(archive.revs)
    do(RecallMessage(**machine.command(), seq=3))
    assert problems() == []
    later = archive.texts.keys() - snapshot[0].keys()
    archive.texts = snapshot[0] | {name: archive.texts[name] for name in later}
    archive.revs = snapshot[1] | {name: archive.revs[name] for name in later}

    message, its_edit = message_id(channel, 3), message_id(channel, 8)
    other = f"{its_edit}: the archive has another content than was noted down"
    assert problems() == [f"{message}: recalled, but the archive says again what it said", other]
    do(RecallMessage(**machine.command(), seq=3))
    assert problems() == [other]
    assert not machine.restorer.restore(channel, Range(8, 8), 0).problems
    machine.mover(5).move(channel)

    assert problems() == []
    machine.taken_back.append(text)
    machine.check_recalled_texts()
    assert machine.log.recalled_between([(channel, 1, 99)]) == [1]
