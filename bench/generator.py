"""The load generator, a process of its own: `python -m bench.generator ORDER` tells by JSON lines."""

import asyncio
import gc
import sys
import time
from typing import Any

import msgspec
from pymongo import MongoClient

from bench.crowds import Crowd, make_crowd
from bench.dialects import DIALECTS
from bench.limits import raise_open_files
from bench.scenarios import Order, Outcome, Scenario, Signal
from bench.session import Load
from bench.timing import quantile_ms

_ANSWER_S = 120.0
_QUIET_S = 0.5
_TICK_S = 0.005
_RECEIVED_S = 0.5
_TURNS = 20


async def run(order: Order) -> Outcome:
    """Load the system as ordered; what came of it."""
    load = Load(DIALECTS[order.dialect], order.url)
    client: MongoClient[dict[str, Any]] = MongoClient(order.mongo_url, tz_aware=True)
    with client:
        crowd = make_crowd(order.scenario, load, client.get_default_database())
        await crowd.gather()
        gc.collect()
        gc.disable()  # the record only grows, and walking through it again and again takes seconds
        await _load(order.scenario, load, crowd)
        load.sending = False
        elapsed = order.scenario.seconds
        await _until_quiet(load)
        disconnected, unanswered = load.disconnected, load.unanswered
        report = await asyncio.to_thread(crowd.judge)
        crowd.leave()
    waits = sorted(load.latencies)
    return Outcome(
        sends_per_s=load.acked / elapsed,
        deliveries_per_s=load.delivered / elapsed,
        p50_ms=quantile_ms(waits, 0.5),
        p99_ms=quantile_ms(waits, 0.99),
        max_ms=quantile_ms(waits, 1.0),
        refused=load.refused,
        disconnected=disconnected,
        summary=report.summary(),
        details=f"{unanswered} unanswered when it was judged\n" * bool(unanswered) + report.details(),
        clean=report.clean and not disconnected and not unanswered,
    )


async def _load(scenario: Scenario, load: Load, crowd: Crowd) -> None:
    acknowledging = asyncio.create_task(_acknowledge(crowd, reads=scenario.reads))
    offering = asyncio.create_task(_offer(scenario.rate, crowd)) if scenario.rate else None
    if offering is None:
        crowd.begin(scenario.window)
    await asyncio.sleep(scenario.warm_up_s)
    load.counting = True
    _tell(Signal(phase="begin"))
    await asyncio.sleep(scenario.seconds)
    load.counting = False
    _tell(Signal(phase="end"))
    if offering is not None:
        offering.cancel()
    acknowledging.cancel()


async def _offer(rate: int, crowd: Crowd) -> None:
    """Send at a fixed rate, by turns; what is late is sent at once and counts from when it was due."""
    began, sent = time.perf_counter(), 0
    while True:
        due = 1 + int((time.perf_counter() - began) * rate)  # the first one at once
        for number in range(sent, due):
            crowd.senders[number % len(crowd.senders)].send(began + number / rate)
        sent = due
        await asyncio.sleep(_TICK_S)


async def _acknowledge(crowd: Crowd, *, reads: bool) -> None:
    """Everybody says twice a second what he has received, or read, by turns."""
    while True:
        for turn in range(_TURNS):
            for session in crowd.everybody[turn::_TURNS]:
                session.tell_received(reads=reads)
            await asyncio.sleep(_RECEIVED_S / _TURNS)


async def _until_quiet(load: Load) -> None:
    """Wait until all is answered and nothing more arrives."""
    deadline = time.monotonic() + _ANSWER_S
    while load.unanswered and time.monotonic() < deadline:  # noqa: ASYNC110  # no event a message is worth
        await asyncio.sleep(0.05)
    seen = -1
    while seen != len(load.steps) and time.monotonic() < deadline:
        seen = len(load.steps)
        await asyncio.sleep(_QUIET_S)


def _tell(signal: Signal) -> None:
    print(msgspec.json.encode(signal).decode(), flush=True)


def main() -> None:
    """Do one order."""
    raise_open_files()
    outcome = asyncio.run(run(msgspec.json.decode(sys.argv[1], type=Order)))
    _tell(Signal(phase="outcome", outcome=outcome))


if __name__ == "__main__":
    main()
