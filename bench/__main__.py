"""`python -m bench`: run the benchmark, print its figures, keep them if wanted."""

import sys

from bench.floor import store_floor
from bench.limits import raise_open_files
from bench.machine import describe
from bench.plan import arguments, carry_out, started
from bench.report import as_file, table
from bench.scenarios import Result
from devstack.services import running
from tests.support.processes import ROOT

_FLOOR_S = 5.0
_FILE = ROOT / "docs" / "benchmarks.json"


def main() -> int:
    """Do what the command line asks for; 1 if any message was not where it belongs."""
    wanted = arguments().parse_args()
    raise_open_files()
    results: list[Result] = []
    with running("bench") as stack:
        floors = [store_floor(stack.mongo_url, _FLOOR_S)]
        with started(stack, wanted.only) as systems:
            for result in carry_out(systems, wanted, stack):
                _say(result)
                results.append(result)
        floors.append(store_floor(stack.mongo_url, _FLOOR_S))
        machine = describe(stack.mongo_url)
    floor = sum(floors) / len(floors)
    print(f"\n{table(results, floor)}")
    if wanted.write:
        _FILE.write_bytes(as_file(results, floor, machine))
        print(f"\nwritten to {_FILE.relative_to(ROOT)}")
    return 0 if all(result.outcome.clean for result in results) else 1


def _say(result: Result) -> None:
    outcome = result.outcome
    rate = f"{outcome.sends_per_s:,.0f} sends/s, {outcome.deliveries_per_s:,.0f} deliveries/s"
    print(f"{result.system:20} {result.scenario.title:24} {rate}; {outcome.summary}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
