"""Elasticsearch is too busy for some, and refuses one for good: none is lost, and that one is named."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pytest
import requests

from devstack.services import Stack
from tests.support.archive_holdings import is_indexed
from tests.support.archivist import Archivist
from tests.support.cluster import Cluster
from tests.support.es_proxy import Answer, EsProxy, es_proxy
from tests.support.load import Load
from tests.support.talk import INDEXED_S, Talk
from tests.support.waiting import eventually

_BUSY: Final = '{"error":{"type":"es_rejected_execution_exception"},"status":429}'
_SEVERAL: Final = 4  # requests refused whole, and as many items
_BROKEN: Final = "what no index takes"


class _Refusals:
    """Refuses every third bulk request whole, every fourth item once, and one message whenever it comes."""

    def __init__(self, proxy: EsProxy) -> None:
        self.target = proxy.target
        self.requests = 0
        self.whole = 0
        self.items: set[tuple[str, int]] = set()

    def __call__(self, path: str, body: str) -> Answer | None:
        """What is answered in Elasticsearch's place, if anything."""
        if not path.startswith("/_bulk"):
            return None
        self.requests += 1
        if self.requests % 3 == 0:
            self.whole += 1
            return Answer(429, _BUSY)
        lines = body.splitlines()
        return Answer(
            200, json.dumps({"items": self._answers(path, list(zip(*[iter(lines)] * 2, strict=True)))})
        )

    @property
    def were_several(self) -> bool:
        """Whether it has refused enough to show something."""
        return self.whole >= _SEVERAL and len(self.items) >= _SEVERAL

    def _answers(self, path: str, items: Sequence[tuple[str, str]]) -> list[Any]:
        refused = {
            number: status for number, item in enumerate(items) if (status := self._status(number, item))
        }
        taken = [item for number, item in enumerate(items) if number not in refused]
        told = iter(self._carried_out(path, taken))
        return [
            _refusal(item, refused[number]) if number in refused else next(told)
            for number, item in enumerate(items)
        ]

    def _status(self, number: int, item: tuple[str, str]) -> int:
        if _BROKEN in item[1]:
            return 400
        place = json.loads(item[0])["index"]
        key = (place["_id"], place["version"])
        if number % 4 or key in self.items:
            return 0
        self.items.add(key)
        return 429

    def _carried_out(self, path: str, items: Sequence[tuple[str, str]]) -> list[Any]:
        if not items:
            return []
        body = "".join(f"{line}\n" for item in items for line in item).encode()
        headers = {"Content-Type": "application/x-ndjson"}
        answer = requests.post(self.target + path, data=body, headers=headers, timeout=30)
        return list(answer.json()["items"])


def _refusal(item: tuple[str, str], status: int) -> Any:
    place = json.loads(item[0])["index"]
    return {"index": {"_index": place["_index"], "_id": place["_id"], "status": status}}


@pytest.fixture
def proxy(hurt: Cluster, stack: Stack) -> Iterator[EsProxy]:
    """What stands between Elasticsearch and the worker that indexes."""
    with es_proxy(stack.es_url) as proxy:
        hurt.restart("archive", environment={"IM_ES_URL": proxy.url})
        yield proxy
        hurt.restart("archive", environment={"IM_ES_URL": stack.es_url})


def test_what_elasticsearch_is_too_busy_for_comes_again_and_what_it_refuses_is_set_aside(
    load: Load, talk: Talk, proxy: EsProxy, archivist: Archivist
) -> None:
    """Guard: the answer to each item of a bulk request is looked at (`ArchiveEntries._write_chunk`).

    Switch: an item that was answered 429 taken for stored is in no index, and `indexed_seq` passes over it
    (unproved).
    """
    refusals = proxy.meddle = _Refusals(proxy)
    with load:
        talk.say(_BROKEN, "and what comes after it")
        load.wait_going_on(2 * len(load.everybody))
        eventually(lambda: _goes_on(load, refusals), timeout=INDEXED_S, what="much is refused")
        talk.wait_indexed()
        assert "refused   1 message" in load.cluster.tool("archive", "status")
        load.hurts_now()
        load.wait_recovered(promise="nobody who talks waits for Elasticsearch")
        assert not load.silences
        load.hush()
        proxy.meddle = lambda _path, _body: None
        assert "1 are in the index now, 0 are not" in load.cluster.tool("archive", "retry")
    archivist.move()
    assert talk.read() == talk.texts
    archivist.verify()


def _goes_on(load: Load, refusals: _Refusals) -> bool:
    is_indexed(load.cluster, load.pair_channels)  # has somebody look, if he rests
    return refusals.were_several
