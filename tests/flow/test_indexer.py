"""The indexer on real stores: what it writes, when its watermark moves, and what it sets aside."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from bson import DatetimeMS, Decimal128, ObjectId
from msgspec.structs import replace

from devstack.services import Stack
from imapp.domain.archive.tiling import Range
from imapp.domain.entries import EDIT, RECALL, RECALLED
from imapp.domain.ids import message_id, split_message_id
from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.services.archiving.held import HeldChannels
from imapp.services.archiving.indexing import Indexer
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.entries import ArchiveEntries
from imapp.stores.archive.indices import Indices
from imapp.stores.generations import GenerationStore
from imapp.stores.index_marks import IndexMarks
from imapp.stores.message_rows import document_of
from imapp.stores.messages import EDITS_UNDONE, MessageLog
from imapp.stores.mongo import Database, Document, transaction
from imapp.stores.unindexed import UnindexedStore
from tests.support.archive import drop_indices
from tests.support.entries import log_entry
from tests.support.es_proxy import Answer, EsProxy, es_proxy

GROUP = "g" * 24
OTHER = "h" * 24
OF_THE_FIRST: Final = {"message_id": message_id(GROUP, 1), "target_seq": 1}
FIELDS: Final = sorted(document_of(log_entry(GROUP, 2)).keys() - {"_id"})
GONE: Final = object()
NEVER: Final = DatetimeMS(10**17)  # which Python does not have
WRONG: Final = (
    "text",
    -1,
    10**17,
    0.5,
    None,
    [7],
    {"a": 1},
    True,
    ObjectId(),
    Decimal128("3"),
    b"bytes",
    NEVER,
)


class Place:
    """A log with its index, and the indexer between them."""

    def __init__(self, database: Database, proxy: EsProxy, namespace: str) -> None:
        self.database = database
        self.proxy, self.namespace = proxy, namespace
        client = ArchiveClient(proxy.url, read_s=30)
        indices = Indices(client, namespace, GenerationStore(database).recent)
        indices.prepare()
        self.archive = ArchiveEntries(client, indices, lambda _: None)
        self.log, self.unindexed = MessageLog(database), UnindexedStore(database)
        self.now_s = 0.0
        self.indexer = Indexer(
            log=self.log,
            marks=IndexMarks(database),
            archive=self.archive,
            unindexed=self.unindexed,
            held=HeldChannels(lambda: self.now_s),
        )

    def another_indexer(self) -> Indexer:
        """Of another process, with its own connections to Elasticsearch."""
        client = ArchiveClient(self.proxy.url, read_s=30)
        entries = ArchiveEntries(
            client, Indices(client, self.namespace, GenerationStore(self.database).recent)
        )
        marks = IndexMarks(self.database)
        return Indexer(log=self.log, marks=marks, archive=entries, unindexed=self.unindexed)

    def head(self, seq: int, channel_id: str = GROUP) -> None:
        change = {"$set": {"head.seq": seq}, "$setOnInsert": {"indexed_seq": 0}}
        self.database["channels"].update_one({"_id": channel_id}, change, upsert=True)

    def indexed_seq(self, channel_id: str = GROUP) -> int:
        return IndexMarks(self.database).of([channel_id])[channel_id].indexed_seq

    def log_broken(self, broken: Sequence[Document]) -> None:
        """Recalls that have these values, or lack what is `GONE`, each behind an entry that is right."""
        last = 2 * len(broken) + 1
        self.log.append([log_entry(GROUP, seq) for seq in range(1, last + 1)])
        self.log.append([log_entry(OTHER, seq) for seq in (1, 2)])
        for number, values in enumerate(broken, 1):
            row = document_of(log_entry(GROUP, 2 * number, type=RECALL, extra=OF_THE_FIRST)) | values
            whole = {name: value for name, value in row.items() if value is not GONE}
            self.database["messages"].replace_one({"_id": row["_id"]}, whole)
        self.head(last)
        self.head(2, OTHER)

    def check_all_go_on(self, broken: int) -> None:
        """Both watermarks are at the end, and each entry is in the index or, if it is broken, set aside."""
        last = 2 * broken + 1
        assert (self.indexed_seq(), self.indexed_seq(OTHER)) == (last, 2)
        assert len(self.archive.page(OTHER, 1, 2)) == 2
        copies = self.archive.read(message_id(GROUP, seq) for seq in range(1, last + 1))
        assert copies.keys() | self.aside().keys() == {message_id(GROUP, seq) for seq in range(1, last + 1)}
        assert copies.keys() & self.aside().keys() == set()
        assert {message_id(GROUP, seq) for seq in range(1, last + 1, 2)} <= copies.keys()

    def aside(self) -> dict[str, str]:
        """Why what was set aside was, by message id."""
        return {row.message_id: row.reason for row in self.unindexed.page("", 1_000)}

    def bulks(self) -> int:
        """How many requests to write there were."""
        return sum(path.startswith("/_bulk") for path in self.proxy.seen)

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

    with pytest.raises(ArchiveUnavailable):
        place.indexer.index([GROUP])
    assert place.indexed_seq() == 0
    assert place.aside() == {}

    place.proxy.meddle = lambda *_: None
    place.indexer.index([GROUP])
    assert place.indexed_seq() == 2
    assert place.is_same(2)


def test_an_entry_that_lacks_something_is_set_aside_and_all_channels_go_on(place: Place) -> None:
    place.log_broken([{field: GONE} for field in FIELDS])

    place.indexer.index([GROUP, OTHER])

    assert place.aside() == {
        message_id(GROUP, 2 * number): "KeyError" for number in range(1, len(FIELDS) + 1)
    }
    place.check_all_go_on(len(FIELDS))


def test_an_entry_of_wrong_values_is_indexed_or_set_aside_and_all_channels_go_on(place: Place) -> None:
    broken: list[Document] = [
        *({field: wrong} for field in FIELDS for wrong in WRONG),
        *({"extra": {"target_seq": wrong}} for wrong in WRONG),
        *({EDITS_UNDONE: wrong} for wrong in WRONG),
        *({EDITS_UNDONE: [wrong]} for wrong in WRONG),
    ]
    place.log_broken(broken)

    place.indexer.index([GROUP, OTHER])

    place.check_all_go_on(len(broken))
    aside = [broken[split_message_id(name)[1] // 2 - 1] for name in place.aside()]
    # What is found by its value is not found by a wrong one.
    for field in ("channel_id", "seq", "type", "status", "server_time"):
        assert sum(field in one for one in aside) >= len(WRONG) - 1, field  # True is 1


@pytest.mark.parametrize("status", [400, 413])
def test_a_request_that_is_refused_whole_is_halved_until_what_is_to_blame_stands_alone(
    place: Place, status: int
) -> None:
    place.log.append(
        [log_entry(GROUP, seq, content="poison" if seq == 42 else "text") for seq in range(1, 101)]
    )
    place.head(100)
    place.proxy.meddle = lambda path, body: (
        Answer(status, '{"error": {"type": "refused_whole"}}')
        if path.startswith("/_bulk") and "poison" in body
        else None
    )

    place.indexer.index([GROUP])

    assert place.indexed_seq() == 100
    assert place.aside() == {message_id(GROUP, 42): f"{status} refused_whole"}
    assert [one["seq"] for one in place.archive.page(GROUP, 1, 100)] == [*range(1, 42), *range(43, 101)]
    assert place.bulks() < 20


def test_who_refuses_every_request_sets_nothing_aside_and_is_not_asked_for_each_entry(place: Place) -> None:
    place.log.append([log_entry(GROUP, seq) for seq in range(1, 201)])
    place.head(200)
    place.proxy.meddle = lambda path, _: (
        Answer(400, '{"error": {"type": "bad_request"}}') if path.startswith("/_bulk") else None
    )

    place.indexer.index([GROUP])

    assert (place.indexed_seq(), place.aside()) == (0, {})
    assert place.bulks() < 15


def test_one_entry_alone_that_is_refused_is_set_aside_if_others_would_be_taken(place: Place) -> None:
    place.log.append([log_entry(GROUP, 1, content="poison")])
    place.head(1)
    place.proxy.meddle = lambda path, body: (
        Answer(400, '{"error": {"type": "refused_whole"}}')
        if path.startswith("/_bulk") and "poison" in body
        else None
    )

    place.indexer.index([GROUP])

    assert (place.indexed_seq(), place.aside()) == (1, {message_id(GROUP, 1): "400 refused_whole"})


def test_a_channel_that_can_not_be_written_keeps_no_other_and_comes_again_alone(place: Place) -> None:
    others = [f"{number:024x}" for number in range(1, 8)]
    for channel_id in (*others, GROUP):
        place.log.append([log_entry(channel_id, 1)])
        place.head(1, channel_id)
    place.proxy.meddle = lambda path, body: (
        Answer(503, '{"error": {"type": "its index is red"}}')
        if path.startswith("/_bulk") and GROUP in body
        else None
    )

    place.indexer.index([*others[:3], GROUP, *others[3:]])

    assert [place.indexed_seq(each) for each in others] == [1] * len(others)
    assert (place.indexed_seq(), place.aside()) == (0, {})

    asked = place.bulks()
    place.indexer.index([GROUP])  # as it is told with every message there
    assert place.bulks() == asked, "it rests"

    place.proxy.meddle = lambda *_: None
    place.now_s += 5
    place.indexer.index([])
    assert place.indexed_seq() == 1


def test_a_channel_that_can_not_be_read_keeps_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for channel_id in (OTHER, GROUP):
        place.log.append([log_entry(channel_id, 1)])
        place.head(1, channel_id)
    read = place.log.stored_between

    def fail(ranges: Mapping[str, Range]) -> dict[str, list[Document]]:
        if GROUP in ranges:
            raise StoreUnavailable("it took too long")
        return read(ranges)

    monkeypatch.setattr(place.log, "stored_between", fail)

    place.indexer.index([GROUP, OTHER])

    assert (place.indexed_seq(), place.indexed_seq(OTHER)) == (0, 1)


def test_of_many_channels_that_fail_one_task_tries_no_more_than_some(place: Place) -> None:
    channels = [f"{number:024x}" for number in range(1, 65)]
    for channel_id in channels:
        place.log.append([log_entry(channel_id, 1)])
        place.head(1, channel_id)
    place.proxy.meddle = lambda path, _: Answer(403, "{}") if path.startswith("/_bulk") else None

    with pytest.raises(ArchiveUnavailable):
        place.indexer.index(channels)
    assert place.bulks() == 20

    place.proxy.meddle = lambda *_: None
    place.now_s += 5
    place.indexer.index(channels)
    assert [place.indexed_seq(each) for each in channels] == [1] * len(channels)


def test_who_may_not_write_at_all_sets_nothing_aside(place: Place) -> None:
    place.log.append([log_entry(GROUP, 1)])
    place.head(1)
    place.proxy.meddle = lambda *_: Answer(403, '{"error": {"type": "security_exception"}}')

    with pytest.raises(ArchiveUnavailable):
        place.indexer.index([GROUP])

    assert (place.indexed_seq(), place.aside()) == (0, {})


def test_a_channel_that_fails_for_whatever_reason_keeps_no_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [f"{number:024x}" for number in range(1, 6)]
    for channel_id in (*others, GROUP):
        place.log.append([log_entry(channel_id, 1)])
        place.head(1, channel_id)
    read = place.log.stored_between

    def fail(ranges: Mapping[str, Range]) -> dict[str, list[Document]]:
        if GROUP in ranges:
            raise ZeroDivisionError
        return read(ranges)

    monkeypatch.setattr(place.log, "stored_between", fail)

    place.indexer.index([*others[:3], GROUP, *others[3:]])

    assert [place.indexed_seq(each) for each in others] == [1] * 5
    assert place.indexed_seq() == 0


def test_a_recall_takes_the_proofs_of_edits_out_of_the_index(place: Place) -> None:
    edits = [log_entry(GROUP, seq, type=EDIT, body_hash=b"proof", extra=OF_THE_FIRST) for seq in (2, 4)]
    place.log.append([log_entry(GROUP, 1), edits[0], log_entry(GROUP, 3, body_hash=b"other"), edits[1]])
    place.head(4)
    place.indexer.index([GROUP])
    assert place.is_same(4)

    # As a writer does it.
    with transaction(place.database.client) as session:
        place.log.append([log_entry(GROUP, 5, type=RECALL, extra=OF_THE_FIRST)], session)
        place.log.forget_bodies(GROUP, [2, 4], 5, session)
    place.head(5)
    place.indexer.index([GROUP])

    assert [one["body_hash"] for one in place.archive.page(GROUP, 2, 4)] == [None, b"other", None]
    assert place.is_same(5)


def test_one_that_was_overtaken_brings_back_nothing_that_is_older(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.log.append([log_entry(GROUP, seq) for seq in range(1, 6)])
    place.head(5)
    write, other = place.archive.write, place.another_indexer()

    def be_overtaken(documents: Sequence[Document]) -> dict[str, str]:
        monkeypatch.undo()
        place.log.append([log_entry(GROUP, 6, type=RECALL, extra=OF_THE_FIRST)])
        gone = {"$set": {"content": "", "status": RECALLED, "rev": 6}}
        place.database["messages"].update_one({"_id": message_id(GROUP, 1)}, gone)
        place.head(6)
        other.index([GROUP])
        assert place.indexed_seq() == 6
        return write(documents)

    monkeypatch.setattr(place.archive, "write", be_overtaken)
    place.indexer.index([GROUP])  # which has read five entries and does not know of the recall

    assert place.indexed_seq() == 6
    assert place.is_same(6)


def test_one_that_was_overtaken_hides_no_recall_that_was_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.log.append([log_entry(GROUP, 1)])
    place.head(1)
    write, other = place.archive.write, place.another_indexer()
    place.proxy.meddle = lambda path, body: (
        Answer(400, '{"error": {"type": "no_room"}}')
        if path.startswith("/_bulk") and '"recalled":true' in body
        else None
    )

    def be_overtaken(documents: Sequence[Document]) -> dict[str, str]:
        monkeypatch.undo()
        place.log.append([log_entry(GROUP, 2, type=RECALL, extra=OF_THE_FIRST)])
        gone = {"$set": {"content": "", "status": RECALLED, "rev": 2}}
        place.database["messages"].update_one({"_id": message_id(GROUP, 1)}, gone)
        place.head(2)
        other.index([GROUP])
        return write(documents)

    monkeypatch.setattr(place.archive, "write", be_overtaken)
    place.indexer.index([GROUP])

    assert place.aside() == {message_id(GROUP, 1): "400 no_room"}
    assert place.unindexed.recalled() == [message_id(GROUP, 1)]


def test_two_at_once_never_move_a_watermark_back_nor_ahead_of_what_is_indexed(place: Place) -> None:
    channels = [letter * 24 for letter in "abc"]
    indexers = (place.indexer, place.another_indexer())
    seen = dict.fromkeys(channels, 0)
    with ThreadPoolExecutor(len(indexers)) as pool:
        for last in range(20, 101, 20):
            for channel_id in channels:
                place.log.append([log_entry(channel_id, seq) for seq in range(last - 19, last + 1)])
                place.head(last, channel_id)
            under_way = [pool.submit(one.index, channels) for one in indexers]
            done = False
            while not done:
                done = all(one.done() for one in under_way)  # and then looks once more
                for channel_id in channels:
                    mark = place.indexed_seq(channel_id)
                    assert mark >= seen[channel_id]
                    assert (
                        len(place.archive.page(channel_id, seen[channel_id] + 1, mark))
                        == mark - seen[channel_id]
                    )
                    seen[channel_id] = mark
            assert [one.exception() for one in under_way] == [None, None]
    assert seen == dict.fromkeys(channels, 100)


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
