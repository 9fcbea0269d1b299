"""The indexer on real stores: what it writes, when its watermark moves, and what it sets aside."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from imapp.domain.entries import EDIT, RECALL, RECALLED
from imapp.domain.ids import message_id
from imapp.errors import ArchiveUnavailable
from imapp.stores.mongo import Document, transaction
from tests.support.entries import log_entry
from tests.support.es_proxy import Answer
from tests.support.index_place import GROUP, OF_THE_FIRST, Place


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
