"""How long searches take among many messages, beside the bare server: `python -m bench.searching`.

The messages go straight into indices of their own, which are deleted afterwards; nothing else is looked at or
changed. The floor is the same word looked up among all messages without a scope, a count or a sorted page.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from elasticsearch import Elasticsearch

from devstack.services import running
from imapp.domain.search.scope import Scope, scope_of
from imapp.domain.search.wanted import Wanted
from imapp.domain.search.words import phrases_of
from imapp.domain.spans import Spans
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.documents import MAPPING, indexed_form
from imapp.stores.archive.searching import MessageIndex, Page

_CHANNELS: Final = 2_000
_TEXTS: Final = 20_000
_MONTHS: Final = 12
_BULK: Final = 2_500
_ROUNDS: Final = 100
_ALIAS: Final = "bench-search-messages"
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_YEAR_S: Final = 364 * 86_400
# Frequent characters are as frequent as in real texts: the n-th about 1/n as often as the first.
_HAN: Final = [chr(code) for code in range(0x4E00, 0x4E00 + 3_000)]
_WEIGHTS: Final = [1 / (place + 5) for place in range(len(_HAN))]
_COMMON: Final = ("budget", "meeting", "please", "review", "deploy", "report", "thanks", "tomorrow")
_WORDS: Final = {
    "two frequent characters": _HAN[0] + _HAN[1],
    "two rare characters": _HAN[300] + _HAN[40],
    "a frequent word": "budget",
    "a word and a character": f"budget {_HAN[2]}",
}


@dataclass(frozen=True)
class Figure:
    """One row: how many milliseconds a search took, of a hundred."""

    name: str
    median_ms: float
    p99_ms: float


def main() -> None:
    """Plant, measure, print, delete."""
    parser = argparse.ArgumentParser(prog="python -m bench.searching", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many (default: a million)")
    wanted = parser.parse_args()
    with running("bench") as stack:
        client = Elasticsearch(stack.es_url, request_timeout=60)
        try:
            print(f"{wanted.messages:,} messages planted in {_plant(client, wanted.messages):,.0f} s")
            for figure in _figures(client, MessageIndex(ArchiveClient(stack.es_url, read_s=10.0), _ALIAS)):
                print(f"{figure.name:62} median {figure.median_ms:7.1f} ms   p99 {figure.p99_ms:7.1f} ms")
        finally:
            for month in range(_MONTHS):
                client.indices.delete(index=f"{_ALIAS}-{month}", ignore_unavailable=True)


def _plant(client: Elasticsearch, count: int) -> float:
    for month in range(_MONTHS):
        settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
        name = f"{_ALIAS}-{month}"
        client.indices.create(index=name, settings=settings, mappings=MAPPING, aliases={_ALIAS: {}})
    begun = time.monotonic()
    lines: list[dict[str, Any]] = []
    for index, document in _documents(count):
        lines += [{"index": {"_index": index, "_id": document["_id"]}}, indexed_form(document)]
        if len(lines) == 2 * _BULK:
            client.bulk(operations=lines)
            lines = []
    if lines:
        client.bulk(operations=lines)
    client.indices.refresh(index=_ALIAS)
    return time.monotonic() - begun


def _documents(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    chance = random.Random(7)
    texts = [_text(chance) for _ in range(_TEXTS)]
    seqs = dict.fromkeys(range(_CHANNELS), 0)
    for number in range(count):
        channel = chance.randrange(_CHANNELS)
        seq = seqs[channel] = seqs[channel] + 1
        at = _START + timedelta(seconds=number / count * _YEAR_S)
        yield (
            f"{_ALIAS}-{number * _MONTHS // count}",
            {
                "_id": f"{channel:024}.{seq:012}",
                "channel_id": f"{channel:024}",
                "seq": seq,
                "sender": f"user{chance.randrange(1_000)}",
                "sender_name": "Somebody",
                "sender_avatar": "",
                "client_message_id": f"bench-{number}",
                "body_hash": b"12345678",
                "type": 1,
                "content": chance.choice(texts),
                "extra": {},
                "reply_to": None,
                "mentions": [],
                "status": 0,
                "countable": seq,
                "rev": seq,
                "server_time": at.replace(microsecond=at.microsecond // 1000 * 1000),
            },
        )


def _text(chance: random.Random) -> str:
    text = "".join(chance.choices(_HAN, _WEIGHTS, k=chance.randint(4, 24)))
    return f"{text} {chance.choice(_COMMON)}" if chance.random() < 0.3 else text


def _figures(client: Elasticsearch, index: MessageIndex) -> Iterator[Figure]:
    for name, words in _WORDS.items():
        yield _timed(f"{name}: the bare server", partial(_floor, client, words))
        for title, scope in _scopes():
            for by_relevance in (False, True):
                page = Page(by_relevance=by_relevance, after=None, limit=21, counted=True)
                order = "relevant" if by_relevance else "newest"
                wanted = Wanted(phrases_of(words))
                yield _timed(
                    f"{name}: {title}, {order}",
                    partial(index.find, wanted, scope, page),
                )


def _scopes() -> Iterator[tuple[str, Scope]]:
    chance = random.Random(3)
    names = [f"{channel:024}" for channel in chance.sample(range(_CHANNELS), 500)]
    yield "500 channels", scope_of((name, ((1, None),)) for name in names)
    yield "500 channels joined late", scope_of((name, ((chance.randint(2, 200), None),)) for name in names)
    yield "500 channels, 3 stays each", scope_of((name, _stays(chance)) for name in names)


def _stays(chance: random.Random) -> Spans:
    borders = sorted(chance.sample(range(1, 500), 5))
    return ((borders[0], borders[1]), (borders[2], borders[3]), (borders[4], None))


def _floor(client: Elasticsearch, words: str) -> None:
    text = " ".join(" ".join(phrase.texts) for phrase in phrases_of(words))
    client.search(
        index=_ALIAS, query={"match_phrase": {"text": text}}, size=21, source=False, track_total_hits=False
    )


def _timed(name: str, search: Callable[[], object]) -> Figure:
    search()
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        search()
        times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    return Figure(name, times[len(times) // 2], times[len(times) * 99 // 100])


if __name__ == "__main__":
    main()
