"""Which shards a writer that stands in gives back."""

from workers.standby import HeldShards


def held(patience_s: float = 60.0, *, tasks: dict[str, list[float]]) -> HeldShards:
    """After tasks of these shards at these times."""
    shards = HeldShards(patience_s)
    for at, name in sorted((at, name) for name, times in tasks.items() for at in times):
        shards.note(name, at)
    return shards


def every_second(first: int, last: int) -> list[float]:
    return [float(at) for at in range(first, last + 1)]


def test_none_before_the_patience_is_over() -> None:
    assert held(tasks={"messages.1": every_second(0, 59)}).overdue(59.0) == []


def test_one_that_was_served_for_as_long_as_that() -> None:
    shards = held(tasks={"messages.1": every_second(0, 60), "messages.2": every_second(50, 60)})
    assert shards.overdue(60.0) == ["messages.1"]


def test_none_that_gives_no_tasks_any_more() -> None:
    assert held(tasks={"messages.1": every_second(0, 60)}).overdue(120.0) == []


def test_the_time_begins_anew_after_a_pause() -> None:
    shards = held(tasks={"messages.1": [*every_second(0, 50), *every_second(100, 110)]})
    assert shards.overdue(110.0) == []


def test_none_once_they_are_given_back() -> None:
    shards = held(tasks={"messages.1": every_second(0, 70)})
    shards.clear()
    assert shards.overdue(71.0) == []
