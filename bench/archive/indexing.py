"""How fast a backlog is indexed, and how long it takes until what was just sent is found."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

from elasticsearch import Elasticsearch
from pymongo.database import Database

from bench.runs import run
from bench.scenarios import Result, Scenario
from bench.systems import Product
from bench.timing import Waits, waits_of
from devstack.services import Stack
from imapp.broker.topology import INDEX_TASK
from imapp.wiring.indexing import LOOK_AROUND
from schemas.search import MessageHits
from tests.support.people import make_users
from tests.support.rest import RestClient
from tests.support.tokens import make_token

LAG_RATE: Final = 1_000
NUMBERS: Final = {"properties": {"number": {"type": "integer"}}}
"""The mapping of an index for `IndexedBare`."""

_PAIRS: Final = 50
_SECONDS: Final = 20.0
_EVERY_S: Final = 0.1  # one of them is sent
_LOOK_S: Final = 0.5  # between two looks, which is how exact a lag is; a search costs as much as some sends
_LATEST_S: Final = 30.0
_WORD: Final = "lagprobe"


class Probe(Protocol):
    """Puts something into a system, and looks what of it can be found."""

    def put(self, number: int) -> None:
        """Put one in; return when the system has it."""

    def found(self) -> set[int]:
        """Which of the newest are found."""


class SentAndSearched:
    """A message to a person, and a search for it, over REST."""

    def __init__(self, url: str, database: Database[dict[str, Any]]) -> None:
        user, self._peer = make_users(database, "prober", "peer")
        self._sending = RestClient(url, make_token(user), user=user)
        self._searching = RestClient(url, make_token(user), user=user)

    def put(self, number: int) -> None:
        """Send it."""
        self._sending.send_to(self._peer, f"{_WORD} {number}")

    def found(self) -> set[int]:
        """Search for them."""
        page = self._searching.get("/search/messages", MessageHits, words=_WORD, limit=50)
        return {int(hit.entry.content.split()[1]) for hit in page.hits}


class IndexedBare:
    """A document, and the bare search for it."""

    def __init__(self, client: Elasticsearch, index: str) -> None:
        self._client, self._index = client, index

    def put(self, number: int) -> None:
        """Index it."""
        self._client.index(index=self._index, document={"number": number})

    def found(self) -> set[int]:
        """Look for the newest."""
        hits = self._client.search(index=self._index, size=50, sort=[{"number": "desc"}]).body["hits"]["hits"]
        return {hit["_source"]["number"] for hit in hits}


def backlog_rate(product: Product, database: Database[dict[str, Any]], messages: int) -> float:
    """Messages a second while the indexer catches up with all there are."""
    began = time.monotonic()
    behind = {"$expr": {"$lt": ["$indexed_seq", "$head.seq"]}}
    while database["channels"].count_documents(behind, limit=1):
        product.cluster.publish_task("archive", INDEX_TASK, LOOK_AROUND)
        time.sleep(1.0)
    return messages / (time.monotonic() - began)


def lag_under_load(product: Product, stack: Stack, probe: Probe) -> tuple[Waits, Result]:
    """How long it takes until what is sent can be found, while others send 1,000 a second."""
    scenario = Scenario(kind="pairs", size=_PAIRS, rate=LAG_RATE, seconds=_SECONDS)
    with looking_around(product), _probing(probe) as lags:
        result = run(product, scenario, stack)
    return waits_of(lags), result


def lag_alone(probe: Probe, seconds: float = 10.0) -> Waits:
    """The same with nobody else there."""
    with _probing(probe) as lags:
        time.sleep(seconds)
    return waits_of(lags)


@contextmanager
def looking_around(product: Product) -> Iterator[None]:
    """What `beat` does, for the length of the block."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(2.0):
            product.cluster.publish_task("archive", INDEX_TASK, LOOK_AROUND)

    with _thread(beat, ended):
        yield


@contextmanager
def _probing(probe: Probe) -> Iterator[Sequence[float]]:
    """Lags in seconds: probes are put for the length of the block, and all are waited for."""
    ended, put, lags = threading.Event(), dict[int, float](), list[float]()

    def put_on() -> None:
        number = 0
        while not ended.wait(_EVERY_S):
            number += 1
            began = time.monotonic()
            probe.put(number)
            put[number] = began

    def look() -> None:
        seen: set[int] = set()
        latest = 0.0
        while not ended.is_set() or (len(seen) < len(put) and time.monotonic() < latest):
            if not ended.is_set():
                latest = time.monotonic() + _LATEST_S
            new = (probe.found() & put.keys()) - seen
            lags.extend(time.monotonic() - put[number] for number in new)
            seen |= new
            time.sleep(_LOOK_S)
        lags.extend(_LATEST_S for _ in range(len(put) - len(seen)))  # those that never came

    with _thread(look, ended), _thread(put_on, ended):
        yield lags


@contextmanager
def _thread(act: Callable[[], None], ended: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
