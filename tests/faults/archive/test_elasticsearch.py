"""Elasticsearch dies or hangs: senders go on, and afterwards the archive lacks nothing."""

import time
from collections.abc import Callable, Iterator
from typing import Final

import pytest
import requests

from devstack.services import Stack
from schemas.health import Readiness
from schemas.search import MessageHits
from tests.support.archive_holdings import is_indexed
from tests.support.archivist import Archivist
from tests.support.cluster import Cluster
from tests.support.link import RefusedError
from tests.support.load import Load
from tests.support.talk import INDEXED_S, Talk
from tests.support.waiting import eventually

_REFUSED_S: Final = 8.0
"""2 s are promised (`IM_SEARCH_TIMEOUT_S`) on a machine that has time; who hangs is given up after 10 s."""

_BACK_S: Final = 180.0  # `Elasticsearch.start_seconds`


@pytest.fixture
def impatient(hurt: Cluster) -> Iterator[None]:
    """Its readers wait as long as they do in production."""
    before = hurt.processes["gateway-0"].environment["IM_SEARCH_TIMEOUT_S"]
    hurt.restart("gateway-0", environment={"IM_SEARCH_TIMEOUT_S": "2"})
    yield
    hurt.restart("gateway-0", environment={"IM_SEARCH_TIMEOUT_S": before})


def test_senders_go_on_while_elasticsearch_is_killed_and_afterwards_the_backlog_drains(
    load: Load, talk: Talk, stack: Stack, archivist: Archivist
) -> None:
    """Guard: nothing of the archive is on the way of a message; `indexed_seq` moves after the index has it.

    Switch: `_marks.advance` before `_settle` in `Indexer._index_behind` passes over what was under way
    (unproved). Without `_check_looked_at` in `ArchiveEntries` an old page is `busy` while it recovers, often.
    """
    archivist.move()
    talk.say("today", "later today")
    talk.wait_indexed()
    with load:
        load.wait_going_on(len(load.everybody))
        with archivist.stopped_at("read"):  # goes on, and finds nobody who could prove anything
            stack.elasticsearch.kill()
        load.hurts_now()
        _check_refused_soon(talk)
        eventually(lambda: _is_degraded(talk), what="a gateway says what is missing")
        assert _newest(talk) == "later today"
        load.wait_recovered(promise="nobody who talks waits for Elasticsearch")
        assert not load.silences
        stack.elasticsearch.launch()
        eventually(lambda: _reads_old_page(talk), timeout=_BACK_S, what="old pages are read again")
        load.hurts_now()
        load.wait_recovered()
        load.hush()
        channels = [*load.pair_channels, *load.group_channels]
        eventually(lambda: is_indexed(load.cluster, channels), timeout=INDEXED_S, what="the backlog drains")
    eventually(lambda: _finds(talk, "text 3"), timeout=INDEXED_S, what="what is old is found")
    eventually(lambda: not _is_degraded(talk), what="a gateway says that all is well")
    archivist.move()
    assert talk.read() == talk.texts
    archivist.verify()


@pytest.mark.usefixtures("impatient")
def test_search_and_old_pages_are_refused_soon_while_elasticsearch_hangs(
    talk: Talk, stack: Stack, archivist: Archivist
) -> None:
    """Guard: readers wait 2 s (`IM_SEARCH_TIMEOUT_S`), and after three failures not at all (`ArchiveClient`).

    Switch: without `request_timeout` in `ArchiveClient` a reader hangs as long as the server does; without
    the breaker each goes on waiting his 2 s.
    """
    archivist.move()
    talk.say("today")
    stack.elasticsearch.freeze()
    _check_refused_soon(talk)
    eventually(lambda: _is_refused_at_once(talk), what="nobody is kept waiting any more")
    assert _newest(talk) == "today"
    talk.say("goes on")
    assert not talk.writer.silences
    assert not talk.writer.refusals

    stack.elasticsearch.thaw()
    eventually(lambda: _finds(talk, "text 3"), timeout=INDEXED_S, what="what is old is found again")
    assert talk.read() == talk.texts
    talk.scene.judge().raise_if_broken()


# ---- helpers


def _check_refused_soon(talk: Talk) -> None:
    """Search and the pages before the hot part say at once that they are away for the moment."""
    asks: list[Callable[[], object]] = [
        lambda: _search(talk, "text"),
        lambda: talk.rest.history(talk.channel, before=5),
    ]
    for ask in asks:
        began = time.monotonic()
        with pytest.raises(RefusedError) as refused:
            ask()
        assert refused.value.code == "search_unavailable"
        assert time.monotonic() - began < _REFUSED_S


def _is_refused_at_once(talk: Talk) -> bool:
    """Whether somebody is told so in less than the 2 s that Elasticsearch is waited for."""
    began = time.monotonic()
    with pytest.raises(RefusedError):
        _search(talk, "text")
    return time.monotonic() - began < 1.0


def _is_degraded(talk: Talk) -> bool:
    """Whether a gateway serves, and says that it does so without Elasticsearch."""
    health = talk.rest.get("/health/ready", Readiness)
    assert health.elasticsearch is not None
    return health.ready and health.degraded and not health.elasticsearch.ok


def _reads_old_page(talk: Talk) -> bool:
    """Whether the archive is there again; until it is, there is one way to say so."""
    try:
        page = talk.rest.history(talk.channel, before=5)
    except RefusedError as refused:
        if refused.code != "search_unavailable":
            raise
        return False
    except requests.Timeout:
        return False  # readers here wait for 30 s: it may listen long before it answers
    return [entry.content for entry in page.entries] == talk.texts[:4]


def _newest(talk: Talk) -> str:
    (entry,) = talk.rest.history(talk.channel, limit=1).entries
    return entry.content


def _search(talk: Talk, words: str) -> list[str]:
    page = talk.rest.get("/search/messages", MessageHits, words=words)
    return [hit.entry.content for hit in page.hits]


def _finds(talk: Talk, text: str) -> bool:
    try:
        return text in _search(talk, f'"{text}"')
    except RefusedError as refused:
        if refused.code != "search_unavailable":
            raise
        return False
