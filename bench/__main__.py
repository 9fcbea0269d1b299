"""`python -m bench`: run the benchmark, print its figures, keep them if wanted."""

import signal
import sys

from bench.floor import single_floors, store_floor
from bench.limits import raise_open_files
from bench.lists import ListResult, measure_lists
from bench.machine import describe
from bench.plan import arguments, carry_out, is_whole, started
from bench.probes import floors as measure_floors
from bench.report import FILE, LAST_RUN, LONG_RUN, PAGE, STORE_FLOOR, Figures, keep_runs, put_into, table
from bench.scenarios import Result
from devstack.services import running
from tests.support.processes import ROOT

_FLOOR_S = 5.0
_CONVERSATIONS = 500


def main() -> int:
    """Do what the command line asks for; 1 if any message was not where it belongs."""
    wanted = arguments().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what it started ends with it
    raise_open_files()
    results: list[Result] = []
    with running("bench") as stack:
        floors = [store_floor(stack.mongo_url, _FLOOR_S)]
        probes = measure_floors(stack)
        singly = single_floors(stack.mongo_url)
        lists: list[ListResult] = []
        with started(stack, wanted.only) as systems:
            for result in () if wanted.lists else carry_out(systems, wanted, stack):
                _say(result)
                results.append(result)
            if wanted.lists or is_whole(wanted):
                lists = measure_lists(systems[-1], wanted.lists or _CONVERSATIONS)
        floors.append(store_floor(stack.mongo_url, _FLOOR_S))
        machine = describe(stack.mongo_url)
    rates = {name: floor.per_second for name, floor in probes.items()}
    waits = {name: floor.waits for name, floor in probes.items()}
    stored = {**singly, STORE_FLOOR: sum(floors) / len(floors)}
    figures = Figures(results, lists, {**rates, **stored}, waits, machine)
    text = table(figures)
    print(f"\n{text}")
    if wanted.write:
        keep_runs(figures, "soak" if wanted.soak else "")
        put_into(PAGE, text, LONG_RUN if wanted.soak else LAST_RUN)
        print(f"\nwritten to {FILE.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}")
    return 0 if all(result.outcome.clean for result in results) else 1


def _say(result: Result) -> None:
    outcome = result.outcome
    rate = f"{outcome.sends_per_s:,.0f} sends/s, {outcome.deliveries_per_s:,.0f} deliveries/s"
    print(f"{result.system:20} {result.scenario.title:24} {rate}; {outcome.summary}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
