"""How long people wait for a page of history and for a search, beside the bare requests."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from elasticsearch import Elasticsearch
from pymongo.collection import Collection

from bench.archive.figures import Wait
from bench.archive.planting import HOT, PER_CHANNEL, READERS, Planted
from bench.archive.texts import SEARCHED
from bench.timing import waits
from imapp.domain.ids import message_id
from imapp.domain.search.words import phrases_of
from schemas.search import MessageHits
from tests.support.rest import RestClient
from tests.support.tokens import make_token

_PAGE: Final = 50
_HISTORY_BAR_MS: Final = 100.0
_OLD: Final = PER_CHANNEL - HOT
_SEARCHES: Final = 100

Ask = Callable[[], object]
Log = Collection[dict[str, Any]]


class Readers:
    """The people who read over REST, and the bare servers beside them."""

    def __init__(self, url: str, planted: Planted, bare: tuple[Elasticsearch, str, Log]) -> None:
        """`bare` are Elasticsearch with the alias of all messages, and the log in MongoDB."""
        self._people = {user: RestClient(url, make_token(user), user=user) for user in READERS}
        self._planted = planted
        self._client, self._alias, self._log = bare
        self._chance = random.Random(3)

    def history(self) -> Iterator[Wait]:
        """Pages of 50 from MongoDB, from the archive, and from both."""
        places: dict[str, tuple[Callable[[], int], Ask]] = {
            "history, hot page": (lambda: PER_CHANNEL + 1, self._bare_hot),
            "history, archived page": (self._archived_end, self._bare_archived),
            "history, page of both": (lambda: _OLD + _PAGE // 2, self._bare_archived),
        }
        for name, (before, floor) in places.items():
            yield Wait(
                name=name,
                waits=waits(partial(self._read, before)),
                floor=waits(floor),
                bar_ms=_HISTORY_BAR_MS,
            )

    def searches(self) -> Iterator[Wait]:
        """Different words by people with different stays."""
        for kind, words in SEARCHED.items():
            floor = waits(partial(self._bare_search, words), rounds=_SEARCHES)
            for user, stays in READERS.items():
                for order in ("newest", "relevant"):
                    ask = partial(self._search, user, words, order)
                    yield Wait(
                        name=f"search: {kind}, {order}, {stays}",
                        waits=waits(ask, rounds=_SEARCHES),
                        floor=floor,
                    )

    def _read(self, before: Callable[[], int]) -> None:
        channel = self._chance.choice(self._planted.read)
        page = self._people["always"].history(channel, before=before(), limit=_PAGE)
        assert len(page.entries) == _PAGE

    def _archived_end(self) -> int:
        return self._chance.randint(_PAGE + 1, _OLD)

    def _search(self, user: str, words: str, order: str) -> None:
        self._people[user].get("/search/messages", MessageHits, words=words, order=order)

    def _bare_hot(self) -> None:
        channel = self._chance.choice(self._planted.read)
        bounds = {
            "$gte": message_id(channel, PER_CHANNEL - _PAGE + 1),
            "$lte": message_id(channel, PER_CHANNEL),
        }
        assert len(list(self._log.find({"_id": bounds}))) == _PAGE

    def _bare_archived(self) -> None:
        """One search by ids: what the server needs at least, whatever month they are in."""
        channel, end = self._chance.choice(self._planted.read), self._archived_end()
        names = [message_id(channel, seq) for seq in range(end - _PAGE, end)]
        hits = self._client.search(index=self._alias, query={"ids": {"values": names}}, size=_PAGE).body[
            "hits"
        ]
        assert len(hits["hits"]) == _PAGE

    def _bare_search(self, words: str) -> None:
        """The words among all messages, without anybody's stays, a count or an order."""
        text = " ".join(" ".join(phrase.texts) for phrase in phrases_of(words))
        query = {"match_phrase": {"text": text}}
        self._client.search(index=self._alias, query=query, size=21, source=False, track_total_hits=False)
