"""What was indexed a moment ago and can't be found yet: no answer claims it, no total is wrong for it.

The index of these tests is refreshed only when a test says so, and their clock stands still likewise.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from devstack.services import Stack
from imapp.domain.decisions import Accepted, Windows
from imapp.domain.ids import message_id
from imapp.services.archiving.indexing import Indexer
from imapp.services.searching.cursors import SearchCursors
from imapp.services.searching.messages import STORED_WITHIN_MS, MessageSearchService, SearchStores
from imapp.services.writing.channel_cache import ChannelCache
from imapp.services.writing.heads import HeadKeeper
from imapp.services.writing.people import ProfileCache
from imapp.services.writing.writer import Writer, WriterStores
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.entries import ArchiveEntries
from imapp.stores.archive.indices import Indices
from imapp.stores.archive.searching import MessageIndex
from imapp.stores.changes import ChangeStore
from imapp.stores.channels import ChannelStore
from imapp.stores.files import FileStore
from imapp.stores.generations import Generations
from imapp.stores.index_marks import REFRESH_MS, IndexMarks
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database, to_datetime
from imapp.stores.unindexed import UnindexedStore
from imapp.stores.users import UserStore
from schemas.commands import AnyCommand, RecallMessage, SendMessage
from schemas.search import MessageHits, MessageSearch
from schemas.users import User, UserKind
from tests.support.archive import drop_indices
from tests.unit.fakes.commands import create, leave, say

SECOND = 1_000
BEGIN_MS = 1_790_000_000_250
EVER = Windows(recall_ms=10**15, edit_ms=10**15)


class Frozen:
    """An index that shows what it was given when a test refreshes it, and not before."""

    def __init__(self, url: str) -> None:
        self.namespace = f"t{secrets.token_hex(4)}"
        self.client = ArchiveClient(url, read_s=30)
        self.indices = Indices(self.client, self.namespace, Generations)
        self.indices.prepare()
        self.indices.create([self.indices.place({"server_time": to_datetime(BEGIN_MS)}, 1)])
        self._set({"refresh_interval": "-1"})

    def refresh(self) -> None:
        self.indices.refresh(1)

    @contextmanager
    def full(self) -> Iterator[None]:
        """As long as it takes nothing."""
        self._set({"blocks.write": True})
        try:
            yield
        finally:
            self._set({"blocks.write": False})

    def _set(self, settings: dict[str, Any]) -> None:
        with self.client.writing() as client:
            client.indices.put_settings(index=f"{self.indices.alias}-*", settings=settings)


class Slow:
    """A group of An and Bo, its writer, its indexer and its index; time passes by hand as well."""

    def __init__(self, database: Database, index: Frozen) -> None:
        self.now_ms = BEGIN_MS
        self.database = database
        self.refresh, self.full = index.refresh, index.full
        log, channels, members = MessageLog(database), ChannelStore(database), MemberStore(database)
        marks, self.unindexed = IndexMarks(database, self.clock), UnindexedStore(database)
        archive = ArchiveEntries(index.client, index.indices)
        self.indexer = Indexer(
            log=log, marks=marks, archive=archive, unindexed=self.unindexed, clock=self.clock
        )
        messages = MessageIndex(index.client, index.indices.alias)
        self.searching = MessageSearchService(
            SearchStores(channels, members, log, marks, self.unindexed, messages),
            SearchCursors(b"k" * 32),
            self.clock,
        )
        self.writer = Writer(
            WriterStores(log, ChangeStore(database), members, FileStore(database)),
            cache=ChannelCache(channels, members, log, JoinRequestStore(database)),
            people=ProfileCache(UserStore(database)),
            heads=HeadKeeper(channels, members),
            body_key=b"k" * 32,
            windows=EVER,
            clock_ms=lambda: self.now_ms,
        )
        made = create("an", "bo")
        self.group = made.channel_id
        self.write(made)
        self.index()
        self.refresh()
        self.pass_ms(60 * SECOND)

    def clock(self) -> float:
        return self.now_ms / 1000

    def pass_ms(self, ms: int) -> None:
        self.now_ms += ms

    def write(self, *commands: AnyCommand) -> None:
        plan, _ = self.writer.write(list(enumerate(commands)), known=False)
        assert all(isinstance(outcome, Accepted) for outcome in plan.outcomes.values()), plan.outcomes

    def send(self, text: str) -> int:
        """The message's seq."""
        self.write(say("an", text, self.group))
        return self.last_seq()

    def recall(self, seq: int) -> None:
        self.write(
            RecallMessage(actor="an", client_message_id=secrets.token_hex(8), channel_id=self.group, seq=seq)
        )

    def last_seq(self) -> int:
        row = self.database["channels"].find_one({"_id": self.group}) or {}
        return int(row["head"]["seq"])

    def index(self) -> None:
        self.indexer.index([self.group])

    def search(self, words: str, user: str = "an") -> MessageHits:
        return self.searching.page(user, MessageSearch(words=words))

    def found(self, words: str) -> tuple[list[str], int | None, list[int]]:
        """Texts, total and counts."""
        page = self.search(words)
        texts = [hit.entry.content for hit in page.hits]
        return texts, page.total, [count.count for count in page.channels]

    def coverage(self, user: str = "an") -> tuple[int, int]:
        """For how long before now (ms) all is said to be searched, and how many channels are behind."""
        told = self.search("anything", user).coverage
        until_ms = round(datetime.fromisoformat(told.complete_until).timestamp() * SECOND)
        return self.now_ms - until_ms, told.channels_behind


@pytest.fixture(scope="module")
def frozen(stack: Stack) -> Iterator[Frozen]:
    index = Frozen(stack.es_url)
    yield index
    index.client.close()
    drop_indices(stack.es_url, index.namespace)


@pytest.fixture
def slow(database: Database, frozen: Frozen) -> Slow:
    UserStore(database).put(
        [
            User(user_id=name, name=name.capitalize(), avatar="", kind=UserKind.EMPLOYEE)
            for name in ("an", "bo")
        ]
    )
    return Slow(database, frozen)


def test_what_is_indexed_and_not_refreshed_is_not_said_to_be_searched(slow: Slow) -> None:
    slow.send("预算")
    slow.pass_ms(1_500)
    slow.index()
    slow.pass_ms(1_000)

    assert slow.found("预算") == ([], 0, [])
    assert slow.coverage() == (2_500, 1)

    slow.refresh()
    slow.pass_ms(REFRESH_MS)
    assert slow.found("预算") == (["预算"], 1, [1])
    assert slow.coverage() == (STORED_WITHIN_MS, 0)


def test_after_an_outage_old_messages_are_not_said_to_be_searched_until_the_refresh(slow: Slow) -> None:
    slow.send("预算 one")
    slow.pass_ms(3_600 * SECOND)
    slow.send("预算 two")
    slow.index()
    slow.pass_ms(1_000)

    assert slow.coverage() == (3_601 * SECOND, 1)

    slow.pass_ms(REFRESH_MS)
    assert slow.coverage() == (STORED_WITHIN_MS, 0)


def test_in_a_channel_that_never_rests_the_coverage_goes_on(slow: Slow) -> None:
    for number in range(12):
        slow.send(f"预算 {number}")
        slow.pass_ms(300)
        slow.index()
        slow.pass_ms(200)
        ago, _ = slow.coverage()
        assert ago <= 300 + 200 + REFRESH_MS + 500
    row = slow.database["channels"].find_one({"_id": slow.group}) or {}
    assert len(row["index_steps"]) <= 5


def test_what_was_set_aside_is_not_said_to_be_searched_as_long_as_it_is(slow: Slow) -> None:
    slow.write(leave("bo", slow.group))
    seq = slow.send("预算")
    slow.index()
    slow.unindexed.park({message_id(slow.group, seq): "no room"})
    slow.pass_ms(60 * SECOND)

    assert slow.coverage() == (60 * SECOND, 1)
    assert slow.coverage("bo") == (STORED_WITHIN_MS, 0), "he may not read it"

    slow.unindexed.release([message_id(slow.group, seq)])
    assert slow.coverage() == (STORED_WITHIN_MS, 0)


def test_a_recalled_message_is_in_no_total_however_old_the_last_text_is(slow: Slow) -> None:
    seq = slow.send("机密")
    slow.send("later")
    slow.index()
    slow.refresh()
    slow.pass_ms(300 * SECOND)
    assert slow.found("机密") == (["机密"], 1, [1])

    slow.recall(seq)
    assert slow.found("机密") == ([], 0, []), "recalled and not indexed"
    slow.index()
    assert slow.found("机密") == ([], 0, []), "indexed and not refreshed"

    slow.refresh()
    slow.pass_ms(REFRESH_MS + 500)
    assert slow.found("机密") == ([], 0, [])


def test_what_is_in_the_index_alone_is_not_shown(slow: Slow) -> None:
    slow.send("预算 one")
    seq = slow.send("预算 two")
    slow.index()
    slow.refresh()
    slow.pass_ms(60 * SECOND)
    slow.database["messages"].delete_one({"_id": message_id(slow.group, seq)})
    slow.database["channels"].update_one({"_id": slow.group}, {"$set": {"head.seq": seq - 1}})

    assert slow.found("预算")[0] == ["预算 one"]


def test_a_recall_that_hundreds_of_texts_follow_is_in_no_total_either(slow: Slow) -> None:
    seq = slow.send("机密")
    slow.index()
    slow.refresh()
    slow.pass_ms(300 * SECOND)

    slow.recall(seq)
    texts: list[SendMessage] = [say("an", f"text {number}", slow.group) for number in range(300)]
    slow.write(*texts)
    slow.index()

    assert slow.found("机密") == ([], 0, [])


def test_a_recalled_message_whose_text_the_index_keeps_is_in_no_total_either(slow: Slow) -> None:
    seq = slow.send("机密")
    slow.index()
    slow.refresh()

    slow.recall(seq)
    with slow.full():
        slow.index()
    slow.refresh()
    slow.pass_ms(60 * SECOND)

    assert slow.unindexed.recalled() == [message_id(slow.group, seq)]
    assert slow.found("机密") == ([], 0, [])
    assert slow.coverage() == (60 * SECOND, 1)
