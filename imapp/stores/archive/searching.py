"""Finding messages in the index, in the order and by the pages that were asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from typing import Any, Final

from imapp.domain.search.scope import Scope
from imapp.domain.search.wanted import Place, Wanted
from imapp.errors import ArchiveUnavailable
from imapp.stores.archive import queries
from imapp.stores.archive.client import ArchiveClient

MOST_RANGES: Final = 500
"""Ranges of a scope in one query, of at most two clauses each; a server takes 1,024. More: more queries."""

NARROWED_ABOVE: Final = 50
"""With more ranges than these it pays to ask first in which channels the words are at all, and where."""

_NEWEST: Final = ({"server_time": "desc"}, {"channel_id": "desc"}, {"seq": "desc"})
_RELEVANT: Final = ({"_score": "desc"}, {"length": "asc"}, *_NEWEST)

Key = tuple[int, int, Place]
"""What hits are sorted by, the greatest first: score, length negated, place; by time, place alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """At most `limit` hits behind the key `after`; `counted` if their number in all is asked for too."""

    by_relevance: bool
    after: Key | None
    limit: int
    counted: bool


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A hit: where it stands in the order, and its entry as the archive keeps it."""

    key: Key
    entry: str


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits; `total` and `counts` by channel id, if they were asked for."""

    messages: list[FoundMessage]
    total: int = 0
    counts: dict[str, int] = field(default_factory=dict)


class MessageIndex:
    """Searches all messages; only within the scope it is given."""

    def __init__(self, client: ArchiveClient, alias: str) -> None:
        self._client = client
        self._alias = alias

    def check(self) -> None:
        """Nothing, if a search would be asked now; before anything is looked up for one.

        Raises:
            ArchiveUnavailable: it would not.
        """
        self._client.check_searches()

    def find(
        self,
        wanted: Wanted,
        scope: Scope,
        page: Page,
        *,
        without: Sequence[str] = (),
    ) -> Found:
        """A page of messages, none of those with the ids `without`.

        Raises:
            ArchiveUnavailable: no answer in time, or not from all shards.
        """
        if scope.ranges > NARROWED_ABOVE:
            scope = self._narrowed(wanted, scope)
        pieces = list(scope.cut(MOST_RANGES))
        if not pieces:
            return Found([])
        paging = _paging(page) | {"timeout": self._client.search_within}
        scored = page.by_relevance
        bodies = [
            {
                "query": queries.matching(wanted, piece, without=without, scored=scored),
                **paging,
                **(_counting(piece) if page.counted else {"track_total_hits": False}),
            }
            for piece in pieces
        ]
        return _merged([_found(answer, scored) for answer in self._ask(bodies)], page.limit)

    def _narrowed(self, wanted: Wanted, scope: Scope) -> Scope:
        """The scope without ranges where nothing matches.

        It only ever becomes smaller, so whatever is indexed between the two questions, nobody finds more.
        """
        names = Scope(tuple(name for name, _ in scope.parts), ())
        ends = {"first": {"min": {"field": "seq"}}, "last": {"max": {"field": "seq"}}}
        by_channel = {"terms": {"field": "channel_id", "size": names.channels}, "aggs": ends}
        query = queries.matching(wanted, names, without=(), scored=False)
        (answer,) = self._ask(
            [
                {
                    "query": query,
                    "size": 0,
                    "timeout": self._client.search_within,
                    "aggs": {"channels": by_channel},
                }
            ]
        )
        buckets = answer.get("aggregations", {}).get("channels", {}).get("buckets", ())
        return scope.narrowed(
            {
                bucket["key"]: (round(bucket["first"]["value"]), round(bucket["last"]["value"]))
                for bucket in buckets
            }
        )

    def _ask(self, bodies: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        # Before the first message there is no index, and so nothing to be found.
        header = {"index": self._alias, "ignore_unavailable": True, "allow_partial_search_results": False}
        searches = [part for body in bodies for part in (header, body)]
        with self._client.searching() as client:
            answers: list[dict[str, Any]] = client.msearch(searches=searches).body["responses"]
            if any("error" in answer for answer in answers):
                raise ArchiveUnavailable("a search failed")
        # The server is there and answers: what took too long is no reason to refuse other searches.
        if any(answer.get("timed_out") for answer in answers):
            raise ArchiveUnavailable("a search took too long")
        return answers


def _paging(page: Page) -> dict[str, Any]:
    paging: dict[str, Any] = {
        "sort": list(_RELEVANT if page.by_relevance else _NEWEST),
        "size": page.limit,
        "_source": ["entry"],
    }
    if page.after is not None:
        score, negated, place = page.after
        paging["search_after"] = [score, -negated, *place] if page.by_relevance else list(place)
    return paging


def _counting(piece: Scope) -> dict[str, Any]:
    # With room for every channel of the scope the counts are exact, over all indices.
    by_channel = {"terms": {"field": "channel_id", "size": piece.channels}}
    return {"track_total_hits": True, "aggs": {"channels": by_channel}}


def _found(answer: dict[str, Any], by_relevance: bool) -> Found:
    hits = answer["hits"]
    buckets = answer.get("aggregations", {}).get("channels", {}).get("buckets", ())
    return Found(
        messages=[
            FoundMessage(_key(hit["sort"], by_relevance), hit["_source"]["entry"]) for hit in hits["hits"]
        ],
        total=hits.get("total", {}).get("value", 0),
        counts={bucket["key"]: bucket["doc_count"] for bucket in buckets},
    )


def _key(sort: Sequence[Any], by_relevance: bool) -> Key:
    if not by_relevance:
        return 0, 0, Place(*sort)
    score, length, *place = sort
    return round(score), -length, Place(*place)


def _merged(parts: Sequence[Found], limit: int) -> Found:
    counts: dict[str, int] = {}
    for part in parts:
        for channel_id, count in part.counts.items():
            counts[channel_id] = counts.get(channel_id, 0) + count
    in_order = merge(*(part.messages for part in parts), key=lambda message: message.key, reverse=True)
    return Found(list(islice(in_order, limit)), sum(part.total for part in parts), counts)
