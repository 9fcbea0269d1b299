"""Entries in a real Elasticsearch: written once or often, read back as they were, and refused."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from devstack.services import Stack
from imapp.domain.entries import RECALLED
from imapp.domain.search.scope import Scope
from imapp.errors import ArchiveUnavailable
from imapp.services.searching.asking import wanted_of
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.entries import ArchiveEntries
from imapp.stores.archive.indices import Indices
from imapp.stores.archive.searching import MessageIndex, Page
from imapp.stores.canonical import content_hash
from imapp.stores.generations import Generations
from schemas.search import MessageSearch
from tests.support.archive import drop_indices, index_names, indexed
from tests.support.es_proxy import Answer, EsProxy, es_proxy
from tests.support.waiting import eventually

CHANNEL = "c" * 24
BUSY = '{"error": {"type": "es_rejected_execution_exception"}, "status": 429}'
AWAY = '{"error": {"type": "away"}, "status": 503}'
NOT_YET = Answer(200, '{"status": "red", "timed_out": true}')


def document(seq: int, **fields: Any) -> dict[str, Any]:
    """An entry as MongoDB stores it."""
    return {
        "_id": f"{CHANNEL}.{seq:012d}",
        "channel_id": CHANNEL,
        "seq": seq,
        "sender": "an",
        "sender_name": "An 安",
        "sender_avatar": "",
        "client_message_id": f"id-{seq}",
        "body_hash": b"\x00\xff",
        "type": 1,
        "content": f"讨论预算 {seq} 😀",
        "extra": {"deep": [{"of": 2**40, "half": 0.5, "none": None}]},
        "reply_to": None,
        "mentions": ["bo"],
        "status": 0,
        "countable": seq,
        "rev": seq,
        "server_time": datetime(2026, 10, 31, 23, 59, 59, 123_000, tzinfo=UTC),
        **fields,
    }


class Place:
    """An archive of its own on a server, behind a proxy; pauses take no time, and are counted."""

    def __init__(self, url: str, proxy: EsProxy) -> None:
        self.url = url
        self.proxy = proxy
        self.namespace = f"t{secrets.token_hex(4)}"
        self.generations = Generations()
        self.pauses: list[float] = []
        self.client = client = ArchiveClient(proxy.url, read_s=30)
        self.indices = Indices(client, self.namespace, lambda: self.generations)
        self.entries = ArchiveEntries(client, self.indices, self.pauses.append)

    def contents(self) -> dict[str, dict[str, Any]]:
        return indexed(self.url, self.namespace)


@pytest.fixture
def place(stack: Stack) -> Iterator[Place]:
    with es_proxy(stack.es_url) as proxy:
        place = Place(stack.es_url, proxy)
        place.indices.prepare()
        yield place
        drop_indices(place.url, place.namespace)


def test_what_is_read_is_what_was_stored(place: Place) -> None:
    stored = [document(1), document(2, content="😀" * 20_000, extra={"text": "x" * 40_000})]

    assert place.entries.write(stored) == {}
    found = place.entries.read(one["_id"] for one in stored)

    assert [found[one["_id"]].document for one in stored] == stored
    assert [found[one["_id"]].content_hash for one in stored] == [content_hash(one) for one in stored]


def test_an_entry_is_read_before_it_can_be_searched_for_and_after(place: Place) -> None:
    place.entries.write([document(1)])
    assert place.entries.page(CHANNEL, 1, 9) == [document(1)]

    eventually(place.contents, what="it can be searched for")
    assert place.entries.page(CHANNEL, 1, 9) == [document(1)]


@pytest.mark.parametrize("kind", ["no_shard_available_action_exception", "index_not_found_exception"])
def test_what_could_not_be_looked_for_is_not_taken_for_missing(place: Place, kind: str) -> None:
    place.entries.write([document(1)])
    eventually(place.contents, what="it can be searched for")
    row = {"_index": "an index", "_id": document(1)["_id"], "error": {"type": kind}}
    place.proxy.change = lambda path, answer: json.dumps({"docs": [row]}) if "_mget" in path else answer

    if kind == "index_not_found_exception":  # somebody has given that building up
        assert place.entries.read([document(1)["_id"]]) == {}
    else:
        with pytest.raises(ArchiveUnavailable, match=kind):
            place.entries.read([document(1)["_id"]])
    searches = [path for path in place.proxy.seen if "/_search" in path]
    assert searches
    assert all("allow_partial_search_results=false" in path for path in searches)


def test_writing_again_changes_nothing_and_an_older_form_never_comes_back(place: Place) -> None:
    recalled = document(1, rev=7, status=RECALLED, content="", body_hash=None)

    for form in (document(1), document(1), recalled, document(1)):
        assert place.entries.write([form]) == {}

    assert place.entries.page(CHANNEL, 1, 1) == [recalled]
    eventually(lambda: [one["recalled"] for one in place.contents().values()] == [True])
    assert "预算" not in json.dumps(place.contents(), ensure_ascii=False)


def test_an_entry_lies_in_the_month_of_its_own_time(place: Place) -> None:
    november = datetime(2026, 11, 1, tzinfo=UTC)
    place.entries.write([document(1), document(2, server_time=november)])

    names = index_names(place.url, place.namespace)
    assert {f"{place.namespace}-messages-2026.10-1", f"{place.namespace}-messages-2026.11-1"} <= set(names)
    assert [one["seq"] for one in place.entries.page(CHANNEL, 1, 2)] == [1, 2]


def test_what_is_removed_is_gone_at_once(place: Place) -> None:
    place.entries.write([document(1), document(2)])

    place.entries.remove([document(1)["_id"], "never there"])

    assert place.entries.page(CHANNEL, 1, 2) == [document(2)]


def test_one_that_is_no_entry_is_named_and_harms_no_other(place: Place) -> None:
    strange = {key: value for key, value in document(2).items() if key != "status"}
    too_large = {**document(3), "sender": "x" * 40_000}  # a term has 32,766 bytes at most

    refused = place.entries.write([document(1), strange, too_large, document(4)])

    assert refused == {
        strange["_id"]: "KeyError",
        too_large["_id"]: "document_parsing_exception (illegal_argument_exception)",
    }
    assert [one["seq"] for one in place.entries.page(CHANNEL, 1, 9)] == [1, 4]


def test_what_the_server_is_too_busy_for_is_sent_again_alone(place: Place) -> None:
    bulks: list[str] = []

    def busy_for_one(path: str, answer: str) -> str:
        if not path.startswith("/_bulk") or len(bulks) > 1:
            return answer
        return answer.replace('"status":201', '"status":429', 1)

    def note(path: str, body: str) -> Answer | None:
        if path.startswith("/_bulk"):
            bulks.append(body)
        return None

    place.proxy.meddle, place.proxy.change = note, busy_for_one
    assert place.entries.write([document(1), document(2)]) == {}

    assert [body.count('"index"') for body in bulks] == [2, 1]
    assert place.pauses == [0.0, 0.2]
    assert len(place.entries.page(CHANNEL, 1, 2)) == 2


def test_a_request_that_is_refused_whole_is_sent_again(place: Place) -> None:
    bulks: list[str] = []

    def refuse_the_first(path: str, body: str) -> Answer | None:
        if not path.startswith("/_bulk"):
            return None
        bulks.append(body)
        return Answer(429, BUSY) if len(bulks) == 1 else None

    place.proxy.meddle = refuse_the_first
    assert place.entries.write([document(1), document(2)]) == {}

    assert bulks[0] == bulks[1]
    assert len(place.entries.page(CHANNEL, 1, 2)) == 2


def test_a_server_that_stays_too_busy_ends_the_write_in_time(place: Place) -> None:
    place.proxy.change = _always_busy

    with pytest.raises(ArchiveUnavailable, match="too busy for 1 of 1"):
        place.entries.write([document(1)])

    assert sum(place.pauses) < 5


def _always_busy(path: str, answer: str) -> str:
    if not path.startswith("/_bulk"):
        return answer
    return json.dumps(
        {
            "items": [
                {name: {**item, "status": 429} for name, item in row.items()}
                for row in json.loads(answer)["items"]
            ]
        }
    )


def test_an_index_that_somebody_deleted_is_made_again_and_in_the_alias(place: Place) -> None:
    place.entries.write([document(1)])
    drop_indices(place.url, place.namespace)
    place.indices.prepare()

    assert place.entries.write([document(2)]) == {}

    assert place.entries.page(CHANNEL, 1, 2) == [document(2)]


def test_the_next_months_index_is_there_before_the_month_begins(place: Place) -> None:
    drop_indices(place.url, place.namespace)

    indices_on(place, date(2026, 12, 31)).prepare()

    assert index_names(place.url, place.namespace) == [
        f"{place.namespace}-messages-{month}-1" for month in ("2026.12", "2027.01")
    ]


def test_an_index_that_can_not_be_searched_yet_is_not_searched(place: Place) -> None:
    seen_before = place.indices.behind_alias()
    place.proxy.meddle = lambda path, _: NOT_YET if path.startswith("/_cluster/health") else None

    with pytest.raises(ArchiveUnavailable, match="can't be used yet"):
        place.entries.write([document(1)])

    assert place.indices.behind_alias() == seen_before
    place.proxy.meddle = lambda *_: None
    assert place.entries.write([document(1)]) == {}
    assert place.entries.page(CHANNEL, 1, 1) == [document(1)]


def indices_on(place: Place, day: date) -> Indices:
    """The same indices on another day."""
    client = ArchiveClient(place.proxy.url, read_s=30)
    return Indices(client, place.namespace, lambda: place.generations, today=lambda: day)


def test_readers_are_refused_at_once_while_it_is_away_and_served_soon_after_its_return(place: Place) -> None:
    place.entries.write([document(1)])
    place.proxy.meddle = lambda *_: Answer(503, AWAY)
    for _ in range(3):
        with pytest.raises(ArchiveUnavailable, match="503"):
            place.entries.page(CHANNEL, 1, 1)
    seen = len(place.proxy.seen)

    with pytest.raises(ArchiveUnavailable, match="not asked"):
        place.entries.page(CHANNEL, 1, 1)

    assert len(place.proxy.seen) == seen
    place.proxy.meddle = lambda *_: None
    eventually(lambda: _served(place), what="it is asked again")


def test_searches_that_fail_or_take_long_keep_nobody_from_reading(place: Place) -> None:
    place.entries.write([document(1)])
    index = MessageIndex(place.client, place.indices.alias)
    wanted, scope = wanted_of(MessageSearch(words="text")), Scope((CHANNEL,), ())
    page = Page(by_relevance=False, after=None, limit=1, counted=True)
    slow = '{"responses": [{"timed_out": true, "hits": {"hits": []}}]}'

    def search() -> None:
        index.find(wanted, scope, page)

    asked: list[str] = []

    def slowly(path: str, body: str) -> Answer | None:
        if "_msearch" not in path:
            return None
        asked.append(body)
        return Answer(200, slow)

    place.proxy.meddle = slowly
    for _ in range(4):
        with pytest.raises(ArchiveUnavailable, match="took too long"):
            search()
    within = f'"timeout":"{place.client.search_within}"'
    assert all(within in body for body in asked), "so it is the server that gives up, and says so"
    place.proxy.meddle = lambda path, _: Answer(503, AWAY) if "_msearch" in path else None
    for _ in range(3):
        with pytest.raises(ArchiveUnavailable, match="503"):
            search()
    with pytest.raises(ArchiveUnavailable, match="not asked"):
        search()

    assert place.entries.page(CHANNEL, 1, 1) == [document(1)]


def _served(place: Place) -> bool:
    try:
        return place.entries.page(CHANNEL, 1, 1) == [document(1)]
    except ArchiveUnavailable:
        return False
