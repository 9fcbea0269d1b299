"""The course of a run: what is measured after what."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from elasticsearch import Elasticsearch

from bench.archive.figures import Figures, Rate, Wait
from bench.archive.floors import bare_index, bulk_and_read
from bench.archive.indexing import (
    LAG_RATE,
    NUMBERS,
    IndexedBare,
    SentAndSearched,
    backlog_rate,
    lag_alone,
    lag_under_load,
    looking_around,
)
from bench.archive.moving import move_rate, sends_with_and_without, verified
from bench.archive.planting import Planted, plant
from bench.archive.reading import Readers
from bench.machine import describe
from bench.systems import Product
from devstack.services import Stack
from imapp.stores.manifests import ManifestStore
from imapp.stores.mongo import Database, connect

_LAG_BAR_MS: Final = 3_000.0
_MOVE_BAR: Final = 2_000.0


@dataclass
class _Run:
    stack: Stack
    product: Product
    database: Database
    client: Elasticsearch
    planted: Planted
    began: float
    rates: list[Rate] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def say(self, what: str) -> None:
        """What was done, and when."""
        print(f"{time.monotonic() - self.began:7.0f} s  {what}", flush=True)


def measured(stack: Stack, messages: int) -> Figures:
    """Everything about so many messages, on a system of its own that is gone afterwards.

    Raises:
        AssertionError: something does not do what it is for.
    """
    began = time.monotonic()
    product = Product(stack, writers=1, archived=True)
    database = connect(product.mongo_url, pool_size=4)
    with Elasticsearch(stack.es_url, request_timeout=60) as client:
        try:
            database.client.drop_database(database.name)
            run = _Run(stack, product, database, client, plant(database, messages), began)
            run.say(f"{run.planted.messages:,} messages are planted")
            _measure(run)
            return _figures(run)
        finally:
            product.stop()
            database.client.close()


def _measure(run: _Run) -> None:
    taken, given = bulk_and_read(run.client, run.database)
    run.say(f"bare Elasticsearch takes {taken:,.0f} and gives back {given:,.0f} documents/s")
    run.product.start()
    _index(run, taken)
    with looking_around(run.product):
        run.waits.append(_lag(run))
        run.rates += _sends(run)
    _move(run, given)
    _read(run)
    run.problems += verified(run.product)
    run.say("verified")


def _index(run: _Run, floor: float) -> None:
    rate = backlog_rate(run.product, run.database, run.planted.messages)
    run.rates.append(Rate(name="messages indexed of a backlog", per_s=rate, floor_per_s=floor))
    run.say(f"the backlog is indexed, {rate:,.0f} messages/s")


def _lag(run: _Run) -> Wait:
    with bare_index(run.client, "bench-lag", NUMBERS) as index:
        floor = lag_alone(IndexedBare(run.client, index))
    probe = SentAndSearched(run.product.url, run.database)
    lag, sent = lag_under_load(run.product, run.stack, probe)
    run.problems += [] if sent.outcome.clean else [sent.outcome.details]
    run.say(f"what is sent is found within {lag.p99_ms:,.0f} ms, at {sent.outcome.sends_per_s:,.0f} sends/s")
    name = f"sent until found, at {LAG_RATE:,} sends/s offered ({sent.outcome.sends_per_s:,.0f} stored)"
    return Wait(name=name, waits=lag, floor=floor, bar_ms=_LAG_BAR_MS)


def _sends(run: _Run) -> Iterator[Rate]:
    without, meanwhile = sends_with_and_without(run.product, run.stack)
    for name, result in (("nothing moves", without), ("messages move at their usual pace", meanwhile)):
        if result is None:
            run.say("too few messages to tell what senders notice of a move")
            continue
        run.problems += [] if result.outcome.clean else [result.outcome.details]
        run.say(f"{result.outcome.sends_per_s:,.0f} sends/s while {name}")
        yield Rate(name=f"sends while {name}", per_s=result.outcome.sends_per_s)


def _move(run: _Run, floor: float) -> None:
    rate, moved = move_rate(run.product, run.database)
    run.rates.append(
        Rate(name="messages moved, unthrottled", per_s=rate, floor_per_s=floor, bar_per_s=_MOVE_BAR)
    )
    run.say(f"{moved:,} messages are moved, {rate:,.0f}/s")


def _read(run: _Run) -> None:
    alias = f"{run.product.cluster.namespace}-messages"
    bare = (run.client, alias, run.database["messages"])
    readers = Readers(run.product.url, run.planted, bare)
    for wait in chain(readers.history(), readers.searches()):
        run.say(f"{wait.name}: p99 {wait.waits.p99_ms:,.0f} ms")
        run.waits.append(wait)


def _figures(run: _Run) -> Figures:
    return Figures(
        messages=run.planted.messages,
        channels=len(run.planted.channels),
        archived=ManifestStore(run.database).totals().get("archived", 0),
        rates=run.rates,
        waits=run.waits,
        problems=run.problems,
        machine=describe(run.stack.mongo_url),
    )
