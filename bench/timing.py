"""How long something takes when it is done again and again."""

import time
from collections.abc import Callable, Sequence

from msgspec import Struct


class Waits(Struct, frozen=True):
    """How long one had to wait, of many times."""

    p50_ms: float
    p99_ms: float


def waits(act: Callable[[], object], *, rounds: int = 200, warm_up: int = 20) -> Waits:
    """How long it takes, one after the other; the first ones don't count."""
    for _ in range(warm_up):
        act()
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return waits_of(seconds)


def waits_of(seconds: Sequence[float]) -> Waits:
    """Of so many times."""
    ordered = sorted(seconds)
    return Waits(quantile_ms(ordered, 0.5), quantile_ms(ordered, 0.99))


def quantile_ms(ordered: Sequence[float], share: float) -> float:
    """In milliseconds, of seconds in their order; 0 for none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


def per_second(act: Callable[[], int], seconds: float, *, warm_up_s: float = 0.0) -> float:
    """How many of what `act` counts are done in a second, once it has been done for some time."""
    warm = time.perf_counter() + warm_up_s
    while time.perf_counter() < warm:
        act()
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        done += act()
    return done / (time.perf_counter() - began)
