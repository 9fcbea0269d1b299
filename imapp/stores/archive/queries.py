"""The queries of search, built from typed values: what somebody typed is only ever a term to be compared."""

from collections.abc import Iterable
from typing import Any, Final

from imapp.domain.entries import MESSAGES
from imapp.domain.search.scope import Scope
from imapp.domain.search.wanted import Wanted
from imapp.domain.search.words import Phrase
from imapp.domain.spans import Span

Query = dict[str, Any]

_MESSAGES: Final = sorted(MESSAGES)


def matching(wanted: Wanted, scope: Scope, *, without: Iterable[str], scored: bool) -> Query:
    """What finds these messages within a scope, but none with one of the ids.

    With `scored` the score is how many of the words are there just as they were typed.
    """
    conditions = [_types(wanted), {"term": {"recalled": False}}, _within(scope), *_filters(wanted)]
    words = [_words(phrase, scored=scored) for phrase in wanted.phrases]
    query: Query = {"filter": conditions if scored else [*words, *conditions]}
    if scored:
        query["must"] = words
    if ids := list(without):
        query["must_not"] = [{"ids": {"values": ids}}]
    return {"bool": query}


def _types(wanted: Wanted) -> Query:
    return {"terms": {"type": _MESSAGES if wanted.type is None else [wanted.type]}}


def _filters(wanted: Wanted) -> Iterable[Query]:
    if wanted.sender is not None:
        yield {"term": {"sender": wanted.sender}}
    since, until = wanted.since_ms, wanted.until_ms
    bounds = {name: value for name, value in (("gte", since), ("lt", until)) if value is not None}
    if bounds:
        yield {"range": {"server_time": {**bounds, "format": "epoch_millis"}}}


def _within(scope: Scope) -> Query:
    whole = [{"terms": {"channel_id": list(scope.whole)}}] if scope.whole else []
    return _any(whole + [_part(channel_id, spans) for channel_id, spans in scope.parts])


def _part(channel_id: str, spans: Iterable[Span]) -> Query:
    return {
        "bool": {"filter": [{"term": {"channel_id": channel_id}}, _any([_range(span) for span in spans])]}
    }


def _range(span: Span) -> Query:
    start, end = span
    return {"range": {"seq": {"gte": start} if end is None else {"gte": start, "lte": end}}}


def _words(phrase: Phrase, *, scored: bool) -> Query:
    text = " ".join(phrase.texts)
    if phrase.is_prefix:
        begins = {"prefix": {"text": {"value": text}}}
        return _any([_constant(_exact(phrase, text), 1), _constant(begins, 0)]) if scored else begins
    return _constant(_exact(phrase, text), 1) if scored else _exact(phrase, text)


def _exact(phrase: Phrase, text: str) -> Query:
    if len(phrase.texts) == 1:
        return {"term": {"text": {"value": text}}}
    return {"match_phrase": {"text": {"query": text}}}


def _constant(query: Query, score: int) -> Query:
    return {"constant_score": {"filter": query, "boost": score}}


def _any(queries: list[Query]) -> Query:
    return queries[0] if len(queries) == 1 else {"bool": {"should": queries, "minimum_should_match": 1}}
