"""Whatever is sent, recalled, moved and interrupted, Elasticsearch is read and searched as a plain list."""

import secrets
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule
from msgspec import structs

from devstack.services import Stack
from imapp.services.searching.cursors import SearchCursors
from imapp.services.searching.messages import MessageSearchService, SearchStores
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.entries import ArchiveEntries
from imapp.stores.archive.indices import Indices
from imapp.stores.archive.searching import MessageIndex
from imapp.stores.generations import Generations
from imapp.stores.index_marks import REFRESH_MS
from imapp.stores.mongo import Database
from schemas.search import MessageSearch, SearchOrder
from tests.flow.test_archive_machine import ArchiveMachine, Line, people, run
from tests.support.archive import drop_indices

__all__ = ["people"]
WORDS: Final = ("text", "edited", "ago long", "now", "nowhere")
SECOND_MS: Final = 1_000
_PAGE: Final = 3  # hits


class Index:
    """An index of its own on the real server, which shows what it was given when it is told to."""

    def __init__(self, url: str) -> None:
        self.namespace = f"t{secrets.token_hex(6)}"
        self.client = ArchiveClient(url, read_s=30)
        self._indices = Indices(self.client, self.namespace, Generations)
        self._indices.prepare()
        self.entries = ArchiveEntries(self.client, self._indices)
        self.alias = self._indices.alias
        self._freeze()

    def refresh(self) -> None:
        """Let all that was written be found."""
        with self.client.writing() as client:
            client.indices.refresh(index=self.alias)

    def _freeze(self) -> None:
        """Let no index refresh itself: neither one that is there, nor one of another month."""
        with self.client.writing() as client:
            [found] = client.indices.get_index_template(name=self.alias).body["index_templates"]
            template = found["index_template"]
            template["template"]["settings"]["index"]["refresh_interval"] = "-1"
            client.indices.put_index_template(name=self.alias, **template)
            client.indices.put_settings(index=f"{self.alias}-*", settings={"refresh_interval": "-1"})


@pytest.fixture
def index(stack: Stack) -> Iterator[Index]:
    """Gone afterwards."""
    index = Index(stack.es_url)
    yield index
    index.client.close()
    drop_indices(stack.es_url, index.namespace)


class SearchedMachine(ArchiveMachine):
    """The same on a real Elasticsearch, which is read, moved to and searched, refreshed or not."""

    def __init__(self, database: Database, index: Index) -> None:
        self.search_index = index
        self.findable: dict[int, Line] = {}
        super().__init__(database, index.entries)
        stores = SearchStores(
            self.channels,
            self.members,
            self.log,
            self.marks,
            self.unindexed,
            MessageIndex(index.client, index.alias),
        )
        self.searching = MessageSearchService(stores, SearchCursors(b"k" * 32), self.clock)
        self.refresh()

    @rule(words=st.sampled_from(WORDS), order=st.sampled_from(SearchOrder))
    def search_what_is_indexed(self, words: str, order: SearchOrder) -> None:
        """It finds what the list says, and counts that; page by page."""
        self.index()
        self.refresh()
        expected = self.saying(words)
        hits, total = self.search(words, order)
        assert (sorted(hits), total) == (expected, len(expected))
        assert order is SearchOrder.RELEVANT or hits == expected[::-1]

    @rule(days=st.sampled_from([0, 10, 40]))
    def wait(self, days: int) -> None:
        """An index refreshes itself within a second, so no day passes without."""
        super().wait(days)
        if days:
            self.refresh()

    @rule()
    def refresh(self) -> None:
        """From now on all is found up to the watermark, and what changed later as it was, or as it is."""
        self.search_index.refresh()
        self.now_ms += REFRESH_MS + SECOND_MS
        indexed_seq = self.indexed_seq
        self.findable = {
            seq: line for seq, line in enumerate(self.list, 1) if max(seq, line.rev) <= indexed_seq
        }

    @rule(words=st.sampled_from(WORDS))
    def search_what_may_not_be_indexed_yet(self, words: str) -> None:
        """It finds all that was found before and is the same, nothing that the list does not say now."""
        saying = self.saying(words)
        hits, total = self.search(words, SearchOrder.NEWEST)
        assert {seq for seq in saying if self.findable.get(seq) == self.list[seq - 1]} <= {*hits} <= {*saying}
        assert hits == sorted(hits, reverse=True)
        # What was edited a moment ago may still be counted by what it said; what was recalled may not.
        assert len(hits) <= total <= len(self.saying(words, edited=True))

    def search(self, words: str, order: SearchOrder) -> tuple[list[int], int]:
        """The seqs that are found, and how many there are said to be."""
        search = MessageSearch(words=words, channel_id=self.channel, order=order, limit=_PAGE)
        first = page = self.searching.page("an", search)
        seqs = [hit.entry.seq for hit in page.hits]
        while page.cursor is not None:
            page = self.searching.page("an", structs.replace(search, cursor=page.cursor))
            seqs += [hit.entry.seq for hit in page.hits]
        assert first.total is not None
        if self.indexed_seq < len(self.list):
            assert first.coverage.channels_behind == 1
        return seqs, first.total

    def saying(self, words: str, *, edited: bool = False) -> list[int]:
        """The messages of the list that have all these words in them, or had them before an edit."""
        wanted = set(words.split())
        return [
            seq
            for seq, line in enumerate(self.list, 1)
            if line.kind == 1
            and not line.recalled
            and any(wanted <= set(text.split()) for text in (line.content, *(line.said if edited else ())))
        ]


@pytest.mark.timeout(600)
def test_the_log_is_read_and_found_as_a_plain_list_in_elasticsearch(people: Database, index: Index) -> None:
    run(lambda: SearchedMachine(people, index), examples=8, steps=25)
