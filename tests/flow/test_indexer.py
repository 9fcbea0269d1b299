"""The indexer on real stores: what it writes, when its watermark moves, and what it sets aside."""

import secrets
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from devstack.services import Stack
from imapp.domain.entries import EDIT, RECALL, RECALLED
from imapp.errors import ArchiveUnavailable
from imapp.services.archiving.indexing import Indexer
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.entries import ArchiveEntries
from imapp.stores.archive.indices import Indices
from imapp.stores.generations import GenerationStore
from imapp.stores.index_marks import IndexMarks
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from imapp.stores.unindexed import UnindexedStore
from tests.support.archive import drop_indices
from tests.support.entries import log_entry
from tests.support.es_proxy import Answer, EsProxy, es_proxy

GROUP = "g" * 24


class Place:
    """A log with its index, and the indexer between them."""

    def __init__(self, database: Database, proxy: EsProxy, namespace: str) -> None:
        self.database = database
        self.proxy = proxy
        client = ArchiveClient(proxy.url, read_s=30)
        indices = Indices(client, namespace, GenerationStore(database).recent)
        indices.prepare()
        self.archive = ArchiveEntries(client, indices, lambda _: None)
        self.log, self.unindexed = MessageLog(database), UnindexedStore(database)
        self.now = 1_000.0
        self.indexer = Indexer(
            log=self.log,
            marks=IndexMarks(database),
            archive=self.archive,
            unindexed=self.unindexed,
            clock=lambda: self.now,
        )

    def head(self, seq: int, channel_id: str = GROUP) -> None:
        change = {"$set": {"head.seq": seq}, "$setOnInsert": {"indexed_seq": 0}}
        self.database["channels"].update_one({"_id": channel_id}, change, upsert=True)

    def indexed_seq(self, channel_id: str = GROUP) -> int:
        return IndexMarks(self.database).of([channel_id])[channel_id].indexed_seq

    def is_same(self, last: int) -> bool:
        stored = self.log.stored_at((GROUP, seq) for seq in range(1, last + 1))
        return self.archive.page(GROUP, 1, last) == sorted(stored, key=lambda one: one["seq"])


@pytest.fixture
def place(database: Database, stack: Stack) -> Iterator[Place]:
    namespace = f"t{secrets.token_hex(4)}"
    with es_proxy(stack.es_url) as proxy:
        yield Place(database, proxy, namespace)
        drop_indices(stack.es_url, namespace)


def test_a_log_is_indexed_up_to_its_end_in_several_batches(place: Place) -> None:
    place.log.append([log_entry(GROUP, seq) for seq in range(1, 1_202)])
    place.head(1_201)

    place.indexer.index([GROUP])

    assert place.indexed_seq() == 1_201
    assert place.is_same(1_201)


def test_a_recall_takes_the_text_of_its_target_out_of_the_index(place: Place) -> None:
    place.log.append([log_entry(GROUP, 1, content="secret")])
    place.head(1)
    place.indexer.index([GROUP])

    # As a writer stores it: the entry, and the changed target.
    place.log.append([log_entry(GROUP, 2, type=RECALL, extra={"target_seq": 1})])
    gone = replace(log_entry(GROUP, 1), content="", status=RECALLED, rev=2)
    place.database["messages"].update_one(
        {"_id": gone.message_id}, {"$set": {"content": "", "status": RECALLED, "rev": 2}}
    )
    place.head(2)
    place.indexer.index([GROUP])

    assert place.is_same(2)
    assert place.archive.page(GROUP, 1, 1)[0]["content"] == ""


def test_nothing_is_passed_over_while_elasticsearch_is_away(place: Place) -> None:
    place.log.append([log_entry(GROUP, 1), log_entry(GROUP, 2, type=EDIT, extra={"target_seq": 1})])
    place.head(2)
    place.proxy.meddle = lambda *_: Answer(503, '{"error": {"type": "away"}, "status": 503}')

    place.indexer.index([GROUP])
    assert place.indexed_seq() == 0
    with pytest.raises(ArchiveUnavailable):
        place.archive.page(GROUP, 1, 1)

    place.proxy.meddle = lambda *_: None
    place.now += 10
    place.indexer.index([GROUP])
    assert place.indexed_seq() == 2
    assert place.is_same(2)


def test_a_refused_entry_is_set_aside_and_its_channel_goes_on(place: Place) -> None:
    place.log.append([log_entry(GROUP, seq) for seq in (1, 2, 3)])
    place.database["messages"].update_one({"_id": f"{GROUP}.{2:012d}"}, {"$unset": {"status": ""}})
    place.head(3)

    place.indexer.index([GROUP])

    assert place.indexed_seq() == 3
    (aside,) = place.unindexed.page("", 10)
    assert (aside.message_id, aside.reason) == (f"{GROUP}.{2:012d}", "KeyError")
    assert [one["seq"] for one in place.archive.page(GROUP, 1, 3)] == [1, 3]


def test_a_watermark_stops_before_a_hole(place: Place) -> None:
    place.log.append([log_entry(GROUP, seq) for seq in (1, 2, 4)])
    place.head(4)

    place.indexer.index([GROUP])

    assert place.indexed_seq() == 2


def test_a_channel_with_a_hole_does_not_keep_the_others(place: Place) -> None:
    others = [f"{number:024x}" for number in range(1, 4)]
    place.log.append([log_entry(GROUP, 1), *(log_entry(GROUP, seq) for seq in range(3, 1_500))])
    place.head(1_499)
    for other in others:
        place.log.append([log_entry(other, seq) for seq in range(1, 402)])
        place.head(401, other)

    place.indexer.index([GROUP, *others])  # the first one alone would fill every batch

    assert place.indexed_seq() == 1
    assert [place.indexed_seq(other) for other in others] == [401] * 3
    assert len(place.archive.page(others[-1], 1, 500)) == 401
