"""Searching the index: on a real Elasticsearch, what is found agrees with a plain list in memory."""

# ruff: noqa: RUF001 - what looks alike is what this is about

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from imapp.domain.entries import LogEntry
from imapp.domain.search.matching import exact
from imapp.domain.search.messages import indexed_text, is_wanted, texts_of
from imapp.domain.search.scope import scope_of
from imapp.domain.search.tokens import tokens
from imapp.domain.search.wanted import Place, Wanted
from imapp.domain.search.words import phrases_of
from imapp.domain.spans import Spans, contains
from imapp.stores.archive import searching
from imapp.stores.archive.searching import Found, Key, MessageIndex, Page
from tests.support.indexed import IndexedMessages, message

WORDS = (
    "预算",
    "讨论",
    "预",
    "budget",
    "Budget会议",
    "bud",
    '"budget"',
    "讨论预算",
    "👍",
    "[:sun:]",
    "会 议",
    "report.pdf",
)
TEXTS = (
    "讨论预算",
    "预算讨论",
    "Budget 会议",
    "budgets",
    "bud 预",
    "ＢＵＤＧＥＴ",
    "👍🏽 好",
    "早[:sun:]安",
    "我们讨论预算会议",
    "",
)


@pytest.fixture(scope="module")
def planted(index_url: str) -> Iterator[IndexedMessages]:
    with IndexedMessages(index_url) as messages:
        messages.add(_random_messages(random.Random(5)))
        yield messages


def _random_messages(chance: random.Random) -> list[LogEntry]:
    return [
        message(
            f"channel{channel}",
            seq,
            " ".join(chance.choices(TEXTS, k=2)),
            sender=chance.choice(("an", "bo")),
            kind=chance.choice((1, 1, 1, 4, 99)),
            time_ms=1_790_000_000_000 + chance.randrange(50) * 86_400_000,
            recalled=chance.random() < 0.1,
        )
        for channel in range(5)
        for seq in range(1, 41)
    ]


@dataclass(frozen=True)
class Search:
    """One search, and who may see what."""

    wanted: Wanted
    stays: dict[str, Spans]
    by_relevance: bool
    limit: int
    without: tuple[str, ...]

    def in_memory(self, entries: list[LogEntry]) -> list[Key]:
        found = [
            self._key(entry)
            for entry in entries
            if is_wanted(entry, self.wanted)
            and contains(self.stays.get(entry.channel_id, ()), entry.seq)
            and entry.message_id not in self.without
        ]
        return sorted(found, reverse=True)

    def _key(self, entry: LogEntry) -> Key:
        place = Place(entry.time_ms, entry.channel_id, entry.seq)
        if not self.by_relevance:
            return 0, 0, place
        score = exact(self.wanted.phrases, *(tokens(text) for text in texts_of(entry)))
        return score, -len(indexed_text(entry).split()), place

    def page(self, index: MessageIndex, after: Key | None) -> Found:
        page = Page(by_relevance=self.by_relevance, after=after, limit=self.limit, counted=after is None)
        return index.find(self.wanted, scope_of(self.stays.items()), page, without=self.without)


def _random_search(chance: random.Random) -> Search:
    words = " ".join(chance.sample(WORDS, chance.choice((1, 1, 2))))
    since = chance.choice((None, 1_790_000_000_000 + chance.randrange(50) * 86_400_000))
    return Search(
        Wanted(
            phrases_of(words) if chance.random() < 0.9 else (),
            sender=chance.choice((None, None, "an")),
            type=chance.choice((None, None, 1, 4)),
            since_ms=since,
            until_ms=chance.choice((None, 1_790_000_000_000 + 45 * 86_400_000)),
        ),
        {f"channel{number}": _random_stays(chance) for number in range(6) if chance.random() < 0.8},
        by_relevance=chance.random() < 0.5,
        limit=chance.randint(1, 20),
        without=tuple(f"channel{chance.randrange(5)}.{chance.randrange(40):012}" for _ in range(5)),
    )


def _random_stays(chance: random.Random) -> Spans:
    if chance.random() < 0.3:
        return ((1, None),)
    spans, at = list[tuple[int, int | None]](), 1
    for _ in range(chance.randint(0, 3)):
        start = at + chance.randint(0, 4)
        at = start + chance.randint(0, 12)
        spans.append((start, at))
        at += 2
    return (*spans, (at + 1, None)) if chance.random() < 0.5 else tuple(spans)


@pytest.mark.parametrize(("most_ranges", "narrowed_above"), [(500, 50), (1, 50), (500, 0), (2, 0)])
def test_random_searches_agree_with_a_list_in_memory(
    planted: IndexedMessages, most_ranges: int, narrowed_above: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MOST_RANGES", most_ranges)
    monkeypatch.setattr(searching, "NARROWED_ABOVE", narrowed_above)
    chance = random.Random(most_ranges + narrowed_above)
    hits = 0
    for _ in range(40):
        search = _random_search(chance)
        wanted = search.in_memory(planted.entries)
        first = search.page(planted.index, None)

        assert first.total == len(wanted), search
        assert sum(first.counts.values()) == len(wanted)
        assert set(first.counts) == {place.channel_id for _, _, place in wanted}
        assert [message.key for message in _all_pages(planted.index, search, first)] == wanted, search
        hits += len(wanted)
    assert hits > 200, "there was something to be found"


def _all_pages(index: MessageIndex, search: Search, page: Found) -> Iterator[searching.FoundMessage]:
    while page.messages:
        yield from page.messages
        page = search.page(index, page.messages[-1].key)


def test_new_messages_do_not_move_the_pages_of_a_search(index_url: str) -> None:
    with IndexedMessages(index_url) as messages:
        messages.add([message("a", seq, "预算", time_ms=1_790_000_000_000 + seq) for seq in range(1, 21)])
        for by_relevance in (False, True):
            search = Search(Wanted(phrases_of("预算")), {"a": ((1, None),)}, by_relevance, 5, ())
            wanted = search.in_memory(messages.entries)
            seen, page = list[Key](), search.page(messages.index, None)
            while page.messages:
                seen += [found.key for found in page.messages]
                number = len(messages.entries) + 1
                messages.add([message("a", number, "预算", time_ms=1_790_000_100_000 + number)])
                page = search.page(messages.index, page.messages[-1].key)

            assert seen == wanted, "each once, and nothing that came later"


def test_nobody_in_no_channel_finds_anything(planted: IndexedMessages) -> None:
    found = Search(Wanted(phrases_of("预算")), {}, by_relevance=False, limit=5, without=())

    assert found.page(planted.index, None) == Found([])


def test_before_the_first_message_nothing_is_found(index_url: str) -> None:
    with IndexedMessages(index_url, create=False) as messages:
        search = Search(
            Wanted(phrases_of("预算")), {"a": ((1, None),)}, by_relevance=True, limit=5, without=()
        )

        assert search.page(messages.index, None) == Found([])
