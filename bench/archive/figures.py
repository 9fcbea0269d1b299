"""What one run has found."""

from typing import Any

from msgspec import Struct

from bench.timing import Waits


class Rate(Struct, kw_only=True):
    """So many a second; of the bare servers, if there is something to compare with; and what it should be."""

    name: str
    per_s: float
    floor_per_s: float | None = None
    bar_per_s: float | None = None


class Wait(Struct, kw_only=True):
    """How long one waits; likewise. The bar is for the 99th percentile."""

    name: str
    waits: Waits
    floor: Waits | None = None
    bar_ms: float | None = None


class Figures(Struct, kw_only=True):
    """A whole run."""

    messages: int
    channels: int
    archived: int
    rates: list[Rate]
    waits: list[Wait]
    problems: list[str]
    machine: dict[str, Any]
