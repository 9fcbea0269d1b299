"""The figures of a run as a table for people."""

from typing import Final

from bench.archive.figures import Figures, Rate, Wait
from bench.report import machine_line

_NAME: Final = 80
_COLUMN: Final = 10


def table(figures: Figures) -> str:
    """Every figure beside its floor and its bar."""
    held = (
        f"{figures.messages:,} messages in {figures.channels:,} groups, {figures.archived:,} of them archived"
    )
    return "\n".join(
        [
            machine_line(figures.machine),
            held,
            "",
            _row("per second", "product", "bare", "bar"),
            *map(_rate, figures.rates),
            "",
            _row("waits in ms", "p50", "p99", "bare p50", "bare p99", "bar p99"),
            *map(_wait, figures.waits),
            "",
            "imapp archive verify: " + ("; ".join(figures.problems) or "all channels are whole"),
        ]
    )


def _rate(rate: Rate) -> str:
    return _row(rate.name, _cell(rate.per_s), _cell(rate.floor_per_s), _cell(rate.bar_per_s))


def _wait(wait: Wait) -> str:
    floor = (wait.floor.p50_ms, wait.floor.p99_ms) if wait.floor else (None, None)
    cells = (wait.waits.p50_ms, wait.waits.p99_ms, *floor, wait.bar_ms)
    return _row(wait.name, *(_cell(cell, ".1f") for cell in cells))


def _cell(figure: float | None, form: str = ",.0f") -> str:
    return "" if figure is None else format(figure, form)


def _row(name: str, *cells: str) -> str:
    return f"{name:{_NAME}}{''.join(f'{cell:>{_COLUMN}}' for cell in cells)}".rstrip()
