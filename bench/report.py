"""The figures of all runs as a table for people and as a file for the next comparison."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from bench.lists import ListResult
from bench.scenarios import Result
from bench.timing import Waits
from tests.support.processes import ROOT

_COLUMNS: Final = {
    "sends/s": "sends_per_s",
    "deliveries/s": "deliveries_per_s",
    "p50 ms": "p50_ms",
    "p99 ms": "p99_ms",
    "sends/CPU s": "sends_per_server_cpu_s",
    "deliveries/gw CPU s": "deliveries_per_gateway_cpu_s",
}
_SERVERS: Final = ("gateway", "workers", "mongod", "rabbitmq")
_BUSY_GENERATOR: Final = 0.7  # of a core: above it the generator may be what is measured
_BUSY_MACHINE: Final = 0.1  # cores taken by others: above it the figures are theirs too
_LONG_S: Final = 60.0
STORE_FLOOR: Final = "entries stored (bare inserts of 256)"
LAST_RUN: Final = "the last run"
LONG_RUN: Final = "the last long run"
ARCHIVE_RUN: Final = "the archive's last run"
FILE: Final = ROOT / "docs" / "benchmarks.json"
PAGE: Final = ROOT / "docs" / "benchmarks.md"
_NAME_WIDTH: Final = 20
_WIDTH: Final = 12

Runs = Sequence[Result]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that one benchmark has found."""

    results: Runs
    lists: Sequence[ListResult]
    floors: Mapping[str, float]
    floor_waits: Mapping[str, Waits]
    machine: Mapping[str, Any]


def table(figures: Figures) -> str:
    """Medians over the rounds by scenario and system, each with its multiple of the yardstick."""
    results, floor = figures.results, figures.floors[STORE_FLOOR]
    lines = [machine_line(figures.machine), "", "floors, per second"]
    lines += [_floor_line(figures, name) for name in figures.floors]
    for title, systems in _grouped(results).items():
        idle = title.endswith("idle connections")
        lines += ["", title, *(_idle_table(systems) if idle else _load_table(systems, floor))]
    lines += _memory_lines(results)
    if figures.lists:
        lines += ["", f"the list of somebody with {figures.lists[0].conversations} conversations"]
        lines += [
            f"  {part.page:3} a page: p50 {part.p50_ms:.1f} ms, p99 {part.p99_ms:.1f} ms"
            for part in figures.lists
        ]
    lines += ["", *(f"{result.system}: {_verdict(result)}" for result in results if not result.outcome.clean)]
    return "\n".join(lines).rstrip()


def keep_runs(figures: Figures, part: str = "") -> None:
    """Put every run, with the machine and the floors, into the file of figures, or into a part of it."""
    runs = [
        {
            **msgspec.to_builtins(result),
            "title": result.scenario.title,
            "figures": result.figures(),
        }
        for result in figures.results
    ]
    for run in runs:
        run["outcome"].pop("details")
    found = {
        "machine": figures.machine,
        "floors_per_s": dict(figures.floors),
        "floor_waits": dict(figures.floor_waits),
        "lists": list(figures.lists),
        "x_yardstick": _ratios(figures.results),
        "runs": runs,
    }
    for name, value in {part: found}.items() if part else found.items():
        keep(name, value)


def _ratios(results: Runs) -> dict[str, dict[str, dict[str, float]]]:
    """By scenario and system: each figure as a multiple of the yardstick's."""
    return {
        title: {
            name: _multiples(runs, systems["yardstick"])
            for name, runs in systems.items()
            if name != "yardstick"
        }
        for title, systems in _grouped(results).items()
        if "yardstick" in systems
    }


def _multiples(runs: Runs, yardstick: Runs) -> dict[str, float]:
    base = _medians(yardstick)
    return {key: value / base[key] if base[key] else 0.0 for key, value in _medians(runs).items()}


def keep(name: str, figures: Any) -> None:
    """Put one part into the file of figures, in place of the last one of that name."""
    parts = msgspec.json.decode(FILE.read_bytes()) if FILE.exists() else {}
    parts[name] = _rounded(msgspec.to_builtins(figures))
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(parts), indent=1) + b"\n")


def put_into(page: Path, text: str, run: str) -> None:
    """Put a table in place of the last one of such a run on a page of the documentation."""
    begin, end = f"<!-- {run} -->", f"<!-- end of {run} -->"
    before, _, rest = page.read_text().partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n```\n{text}\n```\n{end}{after}")


def machine_line(machine: Mapping[str, Any]) -> str:
    """Where and when something was measured."""
    named = [f"{machine['cores']} cores ({machine['processor']})", f"{machine['memory_gib']} GiB"]
    return f"{', '.join(named)}, commit {str(machine['commit'])[:9]}, {machine['at']}"


def _floor_line(figures: Figures, name: str) -> str:
    line = f"  {name:44}{figures.floors[name]:12,.0f}"
    waits = figures.floor_waits.get(name)
    return f"{line}   p50 {waits.p50_ms:.3f} ms, p99 {waits.p99_ms:.3f} ms" if waits else line


def _memory_lines(results: Runs) -> list[str]:
    """What the processes held at both ends of runs that are long enough to show growth."""
    lines = []
    for result in results:
        if result.scenario.seconds >= _LONG_S:
            what = f"MiB held when {result.system} began and {result.seconds:.0f} s later"
            lines += ["", f"{result.scenario.title}: {what}"]
            lines += [
                f"  {process:12}{begin / 1024:9.1f}{end / 1024:9.1f}"
                for process, (begin, end) in result.resident_kib.items()
            ]
    return lines


def _grouped(results: Sequence[Result]) -> Mapping[str, Mapping[str, Runs]]:
    groups: dict[str, dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        groups[result.scenario.title][result.system].append(result)
    return groups


def _load_table(systems: Mapping[str, Runs], floor: float) -> list[str]:
    heads = "".join(f"{name:>{max(_WIDTH, len(name) + 2)}}" for name in _COLUMNS)
    asides = f"rates, x floor, writes/send, CPU us/send: {' '.join(_SERVERS)}; CPU cores: generator others"
    lines = [f"  {'':{_NAME_WIDTH}}{heads}  {asides}"]
    for name, runs in systems.items():
        lines.append(f"  {name:{_NAME_WIDTH}}{_cells(_medians(runs), '{:,.1f}')}  {_asides(runs, floor)}")
    yardstick = systems.get("yardstick")
    for name, runs in systems.items() if yardstick else ():
        if yardstick and name != "yardstick":
            ratios = _multiples(runs, yardstick)
            lines.append(f"  {'x yardstick':{_NAME_WIDTH}}{_cells(ratios, '{:.2f} x')}  {name}")
    return lines


def _idle_table(systems: Mapping[str, Runs]) -> list[str]:
    def per_connection(result: Result) -> float:
        return result.memory_kib.get("gateway", 0.0) / result.scenario.size

    return [
        f"  {name:{_NAME_WIDTH}}{_median(runs, per_connection):10.1f} KiB RSS each"
        for name, runs in systems.items()
    ]


def _medians(runs: Runs) -> dict[str, float]:
    return {key: median(run.figures()[key] for run in runs) for key in _COLUMNS.values()}


def _median(runs: Runs, figure: Callable[[Result], float]) -> float:
    return median(map(figure, runs))


def _cells(figures: Mapping[str, float], form: str) -> str:
    return "".join(
        f"{form.format(figures[key]):>{max(_WIDTH, len(name) + 2)}}" for name, key in _COLUMNS.items()
    )


def _asides(runs: Runs, floor: float) -> str:
    rates = "/".join(f"{run.outcome.sends_per_s:,.0f}" for run in runs)
    share = _median(runs, lambda run: run.outcome.sends_per_s) / floor if floor else 0.0
    writes = _median(runs, lambda run: run.writes_per_send)
    costs = [_median(runs, partial(_cost_us, role)) for role in _SERVERS]
    generator, others = (_median(runs, partial(_cores, role)) for role in ("generator", "others"))
    spent = " ".join(f"{cost:.0f}" for cost in costs)
    text = f"{rates}  {share:.2f} x  {writes:.1f}  {spent}; {generator:.2f} {others:.2f}"
    text += "  (generator busy)" if generator > _BUSY_GENERATOR else ""
    return text + ("  (machine not quiet)" if others > _BUSY_MACHINE else "")


def _cores(role: str, result: Result) -> float:
    return result.cpu.get(role, 0.0)


def _cost_us(role: str, result: Result) -> float:
    """CPU time of a role for one send: on a noisy machine the figure to compare."""
    sends = result.outcome.sends_per_s
    return _cores(role, result) / sends * 1e6 if sends else 0.0


def _verdict(result: Result) -> str:
    outcome = result.outcome
    return f"{result.scenario.title}: disconnected {outcome.disconnected}, {outcome.details}"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value
