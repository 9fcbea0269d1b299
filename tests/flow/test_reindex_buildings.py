"""Two generations of all indices: each writer writes to both, and what nobody writes to does not stay."""

from collections.abc import Callable

import pytest
import requests
from msgspec.structs import replace

from imapp import failpoints
from imapp.domain.entries import EDIT
from imapp.domain.ids import message_id
from imapp.services.archiving.index_runner import IndexRunner
from imapp.services.archiving.parking import Parking
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.mongo import transaction
from imapp.wiring.indexing import ArchiveStores, index_runner
from schemas.tasks import PushBatch
from tests.flow.test_reindex import CHANNELS, LATELY_MS, Library, library
from tests.support.entries import log_entry

__all__ = ["library"]
CHANNEL = CHANNELS[0]
NAME = message_id(CHANNEL, 5)


def worker(library: Library) -> IndexRunner:
    """What a worker does with its tasks, as it is put together for it."""
    client = ArchiveClient(library.proxy.url, read_s=30)
    return index_runner(library.database, ArchiveStores(client, library.indices, library.entries))


def copies(library: Library, generation: int) -> dict[str, str]:
    """The stored entries of a building, by message id."""
    names = f"{library.url}/{library.namespace}-messages-*"
    requests.post(f"{names}/_refresh", timeout=30).raise_for_status()
    query = {"size": 1_000, "query": {"match_all": {}}}
    answer = requests.post(f"{names}-{generation}/_search", json=query, timeout=30)
    return {hit["_id"]: hit["_source"]["entry"] for hit in answer.json()["hits"]["hits"]}


def send(library: Library) -> None:
    library.add(CHANNEL, log_entry(CHANNEL, 7, time_ms=LATELY_MS))


def recall(library: Library) -> None:
    library.recall(CHANNEL, 5, by=7)


def recall_what_was_edited(library: Library) -> None:
    edit = log_entry(CHANNEL, 7, type=EDIT, body_hash=b"proof", extra={"target_seq": 5})
    library.add(CHANNEL, replace(edit, time_ms=LATELY_MS))
    with transaction(library.database.client) as session:
        library.log.forget_bodies(CHANNEL, [7], 8, session)
    library.recall(CHANNEL, 5, by=8)


def change(library: Library) -> None:
    """An entry as it became without the indexer knowing of it."""
    library.database["messages"].update_one({"_id": NAME}, {"$set": {"content": "changed", "rev": 9}})


def move(library: Library) -> None:
    """Which writes what it does not find as it is."""
    change(library)
    library.move(CHANNEL, days=15)


def retry(library: Library) -> None:
    change(library)
    library.unindexed.park({NAME: "no room"})
    assert Parking(library.unindexed, library.log, library.entries).retry("", 10).indexed == 1


@pytest.mark.parametrize("step", ["finished", "built"])
def test_what_a_run_has_left_that_died_at_its_end_is_dropped_by_the_worker(
    library: Library, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr("imapp.services.archiving.reindexing.SETTLED_S", 0)
    failpoints.arm(f"reindex.{step}=raise")
    with pytest.raises(RuntimeError):
        library.reindex()
    failpoints.arm("")
    assert library.buildings() == {"1", "2"}

    for _ in range(2):
        worker(library).index(PushBatch(nudges=[]))

    # What is still being built is none of its business.
    assert library.buildings() == ({"2"} if step == "finished" else {"1", "2"})
    library.check_whole()


def test_what_was_replaced_stays_if_it_alone_has_what_is_archived(library: Library) -> None:
    failpoints.arm("reindex.finished=raise")
    with pytest.raises(RuntimeError):
        library.reindex()
    failpoints.arm("")
    library.unindexed.park({message_id(CHANNELS[1], 2): "mapper_parsing_exception"})

    assert not library.reindexer().clear_up("worker")
    assert library.buildings() == {"1", "2"}

    library.unindexed.release([message_id(CHANNELS[1], 2)])
    assert library.reindexer().clear_up("worker")
    assert library.buildings() == {"2"}


@pytest.mark.parametrize("act", [send, recall, recall_what_was_edited, move, retry])
def test_whoever_writes_meanwhile_writes_to_both(library: Library, act: Callable[[Library], None]) -> None:
    """Each of those who write, once his channel was copied."""
    failpoints.arm("reindex.built=raise")
    with pytest.raises(RuntimeError):
        library.reindex()
    failpoints.arm("")
    assert copies(library, 1) == copies(library, 2)
    before = copies(library, 1)

    act(library)

    assert copies(library, 1) == copies(library, 2) != before
