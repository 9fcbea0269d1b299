"""The move against the real Elasticsearch: what the archive in memory promises elsewhere holds here too."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from devstack.services import Stack
from imapp.domain.archive.tiling import Range
from imapp.domain.ids import message_id
from imapp.services.archiving.restoring import Restorer
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.entries import ArchiveEntries
from imapp.stores.archive.indices import Indices
from imapp.stores.edits import EditStore
from imapp.stores.generations import Generations
from imapp.stores.mongo import Database
from tests.flow.test_archive_move import CHANNEL, World
from tests.support.archive import drop_indices


@pytest.fixture
def entries(stack: Stack) -> Iterator[ArchiveEntries]:
    """An archive of its own on the real server."""
    namespace = f"t{secrets.token_hex(6)}"
    client = ArchiveClient(stack.es_url, read_s=30)
    indices = Indices(client, namespace, Generations)
    indices.prepare()
    yield ArchiveEntries(client, indices)
    client.close()
    drop_indices(stack.es_url, namespace)


def test_after_a_backup_of_mongodb_the_whole_move_is_run_again_and_leaves_the_same(
    database: Database, entries: ArchiveEntries
) -> None:
    world = World(database, 20, days_ago=60, archive=entries)
    names = [entry.message_id for entry in world.entries]
    backup = world.log.documents(CHANNEL, 1, 20, 20)

    def left() -> tuple[Any, ...]:
        verdict = world.verify()
        proved = (verdict.archived, verdict.hot, verdict.removed, verdict.problems)
        digests = [(one.range, one.digest, one.noted_digest) for one in world.manifests.of(CHANNEL)]
        return proved, digests, entries.read(names), world.hot()

    first = world.move()
    once = left()

    database["manifests"].delete_many({})
    database["messages"].delete_many({})
    database["messages"].insert_many(backup)
    database["channels"].update_one({"_id": CHANNEL}, {"$set": {"hot_from_seq": 1}})
    again = world.move()

    assert (again.entries, again.problems) == (first.entries, first.problems) == (19, {})
    assert left() == once
    assert once[0] == (19, 1, 0, [])
    assert world.whole.page(CHANNEL, 1, 20, limit=20) == world.entries


def test_what_moves_is_read_proved_changed_and_restored(database: Database, entries: ArchiveEntries) -> None:
    world = World(database, 20, days_ago=60, archive=entries)  # over two months, so over several indices
    before = world.log.documents(CHANNEL, 1, 20, 20)

    moved = world.move()

    assert (moved.entries, moved.problems) == (19, {})
    assert world.hot() == [20]
    assert world.whole.page(CHANNEL, 1, 20, limit=20) == world.entries
    assert world.verify().problems == []

    restorer = Restorer(world.log, world.manifests, entries, EditStore(database))
    restored = restorer.restore(CHANNEL, Range(3, 9), 60)

    assert (restored.entries, restored.problems) == (7, {})
    assert world.log.documents(CHANNEL, 3, 9, 20) == before[2:9]

    recalled = {"$set": {"status": 1, "content": "", "rev": 21}}
    database["messages"].update_one({"_id": message_id(CHANNEL, 5)}, recalled)
    database["holds"].delete_many({})
    world.move()

    assert world.hot() == [20]
    assert [entry.content for entry in world.whole.page(CHANNEL, 4, 6, limit=9)] == ["text 4", "", "text 6"]
    assert world.verify().problems == []

    entries.remove([message_id(CHANNEL, 7)])

    assert [problem.partition(":")[0] for problem in world.verify().problems] == [message_id(CHANNEL, 7)]
