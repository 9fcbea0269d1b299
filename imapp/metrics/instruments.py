"""The numbers themselves. They know nothing of Prometheus and hold no lock."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Self


class Number:
    """One number: raise `value` by one, or set it."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


class ByLabel(dict[str, int]):
    """One number for each value of a label; a value that was never seen is 0."""

    def __missing__(self, label: str) -> int:
        return 0


class Histogram:
    """How often a size fell between two bounds; `bounds` are inclusive upper ones, ascending."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float, times: int = 1) -> None:
        """Note a size, or the same size several times."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.sum += value * times

    def copy(self) -> Self:
        """What it holds now, to be read in peace."""
        copy = type(self)(self.bounds)
        copy.counts, copy.sum = list(self.counts), self.sum
        return copy


@dataclass(frozen=True, slots=True)
class Series:
    """A name, what it means, and which processes have it."""

    name: str
    text: str
    roles: frozenset[str]
    instrument: Number | ByLabel | Histogram
    label: str = ""

    @property
    def is_counter(self) -> bool:
        """Whether it only grows."""
        return self.name.endswith("_total")
