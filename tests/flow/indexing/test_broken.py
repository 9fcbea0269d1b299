"""What can't be indexed is set aside or comes again, and keeps nothing else from it."""

from collections.abc import Mapping
from typing import Final

import pytest
from bson import DatetimeMS, Decimal128, ObjectId

from imapp.domain.archive.tiling import Range
from imapp.domain.ids import message_id, split_message_id
from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.stores.message_rows import document_of
from imapp.stores.messages import EDITS_UNDONE
from imapp.stores.mongo import Document
from tests.support.entries import log_entry
from tests.support.es_proxy import Answer
from tests.support.index_place import GONE, GROUP, OTHER, Place

FIELDS: Final = sorted(document_of(log_entry(GROUP, 2)).keys() - {"_id"})
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
