"""Which systems and scenarios a benchmark runs, and in which order."""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median

from bench.runs import run
from bench.scenarios import Result, Scenario
from bench.systems import Product, System, Yardstick
from devstack.services import Stack
from tests.support.endpoint import Endpoint

_PAIRS = ((200, 5), (200, 1), (50, 1), (10, 1), (1, 1))
_GROUPS = (200, 500)
_WRITES = (2, 10, 50, 200, 500)  # members of groups with a message a second: what does it cost MongoDB?
_SOAK_SHARE = 0.6
_TOP_ROUNDS = 3
_IDLE = 1000
_SETTLE = Scenario(kind="pairs", size=5, seconds=1.0, warm_up_s=0.5)


def arguments() -> argparse.ArgumentParser:
    """What may be asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Load the product and the yardstick by turns."
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="counted time of each run (10)")
    parser.add_argument("--rounds", type=int, default=2, help="how often each run is done (2)")
    parser.add_argument("--pairs", type=int, help="only this many pairs")
    parser.add_argument("--window", type=int, help="only this many unanswered sends of a connection")
    parser.add_argument("--group", type=int, help="only one group of this size")
    parser.add_argument("--idle", type=int, help="only this many idle connections")
    parser.add_argument("--rate", type=int, help="offer so many sends/s, in place of a window")
    parser.add_argument(
        "--soak", type=float, metavar="SECONDS", help="only a long run at 60 %% of the top rate"
    )
    parser.add_argument("--lists", type=int, help="only the lists of somebody with so many conversations")
    parser.add_argument("--only", choices=["product", "yardstick"], help="one of the systems")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.json")
    return parser


def is_whole(wanted: argparse.Namespace) -> bool:
    """Whether everything is to be run, and not one part."""
    parts = (wanted.pairs, wanted.window, wanted.group, wanted.idle, wanted.rate, wanted.soak, wanted.lists)
    return not any(parts)


def scenarios(wanted: argparse.Namespace) -> list[Scenario]:
    """All of them, or the one that was asked for."""
    seconds = wanted.seconds
    if wanted.idle:
        return [Scenario(kind="idle", size=wanted.idle, seconds=seconds)]
    if wanted.group:
        window, rate = wanted.window or 5, wanted.rate or 0
        return [Scenario(kind="group", size=wanted.group, window=window, rate=rate, seconds=seconds)]
    if wanted.rate:
        return [Scenario(kind="pairs", size=wanted.pairs or 200, rate=wanted.rate, seconds=seconds)]
    if wanted.pairs or wanted.window:
        chosen = (
            [(wanted.pairs or 200, wanted.window)]
            if wanted.window
            else [(wanted.pairs, 5), (wanted.pairs, 1)]
        )
        return [Scenario(kind="pairs", size=size, window=window, seconds=seconds) for size, window in chosen]
    return [
        Scenario(kind="idle", size=_IDLE, seconds=seconds / 2),  # first: the gateways are fresh
        *(Scenario(kind="pairs", size=size, window=window, seconds=seconds) for size, window in _PAIRS),
        *(Scenario(kind="group", size=size, window=5, seconds=seconds) for size in _GROUPS),
        *(
            Scenario(kind="group", size=size, rate=1, reads=reads, seconds=seconds)
            for reads in (False, True)
            for size in _WRITES
        ),
    ]


@contextmanager
def started(stack: Stack, only: str | None) -> Iterator[Sequence[System]]:
    """The systems, serving: the yardstick, the product, and the product with two writers."""
    with ExitStack() as keep:
        endpoint = keep.enter_context(Endpoint())
        systems = _systems(stack, only, endpoint.url)
        for system in systems:
            keep.callback(system.stop)
            system.start()
            run(system, _SETTLE, stack)  # what is made with the first connections is there from now on
        yield systems


def _systems(stack: Stack, only: str | None, told: str) -> list[System]:
    yardstick = [Yardstick(stack)] if only != "product" else []
    products = [Product(stack, writers=number, told=told) for number in (1, 2)] if only != "yardstick" else []
    return [*yardstick, *products]


def carry_out(systems: Sequence[System], wanted: argparse.Namespace, stack: Stack) -> Iterator[Result]:
    """Each result as it comes. Systems take turns, since a machine is not equally quiet all the time."""
    results: list[Result] = []
    if wanted.soak:
        yield from _soak(systems, wanted, stack)
        return
    for scenario in scenarios(wanted):
        for _ in range(1 if scenario.kind == "idle" or _counts_writes(scenario) else wanted.rounds):
            for system in systems:
                if _takes_part(system, scenario):
                    results.append(run(system, scenario, stack))
                    yield results[-1]
    if is_whole(wanted):
        paced = _half_of_top(results, wanted.seconds)
        for system in systems:
            yield run(system, paced, stack)


def _takes_part(system: System, scenario: Scenario) -> bool:
    """Two writers share no channel, so for one group they are one; nor does the yardstick keep receipts."""
    if _counts_writes(scenario):
        return system.name == "product"
    return scenario.kind == "pairs" or system.name in ("product", "yardstick")


def _counts_writes(scenario: Scenario) -> bool:
    return scenario.kind == "group" and scenario.rate > 0


def _soak(systems: Sequence[System], wanted: argparse.Namespace, stack: Stack) -> Iterator[Result]:
    """The product for a long time at a share of what it can do, to see whether anything grows."""
    product = next(system for system in systems if system.name == "product")
    size = wanted.pairs or _PAIRS[0][0]
    reached: list[float] = []
    for _ in range(_TOP_ROUNDS):
        top = run(product, Scenario(kind="pairs", size=size, window=5, seconds=wanted.seconds), stack)
        reached.append(top.outcome.sends_per_s)
        yield top
    # The lowest: what a machine reaches for some seconds it may not keep for minutes.
    rate = max(1, int(min(reached) * _SOAK_SHARE))
    yield run(product, Scenario(kind="pairs", size=size, rate=rate, seconds=wanted.soak), stack)


def _half_of_top(results: Sequence[Result], seconds: float) -> Scenario:
    """Half of the rate that the slowest system reached with most at once, offered evenly."""
    rates: dict[str, list[float]] = defaultdict(list)
    for result in results:
        if result.scenario.kind == "pairs" and (result.scenario.size, result.scenario.window) == _PAIRS[0]:
            rates[result.system].append(result.outcome.sends_per_s)
    top = min(map(median, rates.values()))
    return Scenario(kind="pairs", size=_PAIRS[0][0], rate=max(1, int(top / 2)), seconds=seconds)
