"""What a worker that indexes keeps in mind while it can't, and when it tries again."""

from collections.abc import Iterable

import pytest

from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.services.archiving import index_runner
from imapp.services.archiving.index_runner import IndexRunner
from schemas.tasks import PushBatch, PushNudge

LOOK_AROUND = PushBatch(nudges=[])


class Parts:
    """An indexer, the sweep and the indices in one; they do what they are told to."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.failing: list[Exception] = []
        """What happens next, one a try."""
        self.unprepared: list[Exception] = []
        self.pages: list[list[str]] = []
        self.asked: list[set[str]] = []
        self.runner = IndexRunner((self, self, self), lambda: self.now)  # type: ignore[arg-type]  # all three

    def prepare(self, _owner: str) -> None:
        if self.unprepared:
            raise self.unprepared.pop()

    def next_page(self) -> list[str]:
        return self.pages.pop(0) if self.pages else []

    def index(self, channel_ids: Iterable[str]) -> None:
        self.asked.append(set(channel_ids))
        if self.failing:
            raise self.failing.pop()

    def nudge(self, *names: str) -> None:
        self.runner.index(PushBatch(nudges=[PushNudge(channel_id=name, at_ms=1) for name in names]))

    def look_around(self) -> None:
        self.runner.index(LOOK_AROUND)


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.mark.parametrize("failure", [ArchiveUnavailable("away"), StoreUnavailable("away")])
def test_what_failed_and_what_was_told_meanwhile_is_tried_right_after_the_pause(
    parts: Parts, failure: Exception
) -> None:
    parts.failing = [failure]
    parts.nudge("one", "two")
    parts.nudge("three")  # at once: it is not even tried
    assert parts.asked == [{"one", "two"}]

    parts.now += 2.1
    parts.look_around()

    assert parts.asked[1:] == [{"one", "two", "three"}]
    parts.look_around()
    assert len(parts.asked) == 2


def test_what_is_told_before_the_indices_are_ready_is_kept(parts: Parts) -> None:
    parts.unprepared = [ArchiveUnavailable("away")]
    parts.nudge("one")
    assert parts.asked == []

    parts.now += 2.1
    parts.nudge("two")

    assert parts.asked == [{"one", "two"}]


def test_a_page_of_the_sweep_that_failed_is_kept_as_well(parts: Parts) -> None:
    parts.pages, parts.failing = [["one"], ["two"]], [ArchiveUnavailable("away")]
    parts.look_around()

    parts.now += 2.1
    parts.look_around()

    assert parts.asked == [{"one"}, {"one"}, {"two"}]


def test_what_nobody_expected_is_left_to_the_sweep(parts: Parts) -> None:
    parts.failing = [ZeroDivisionError()]
    parts.nudge("one")
    parts.nudge("two")

    assert parts.asked == [{"one"}, {"two"}]


def test_not_more_than_so_many_are_kept(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_runner, "MOST_WAITING", 3)
    parts.failing = [ArchiveUnavailable("away")]
    parts.nudge("one", "two")
    parts.nudge("two", "three", "four")

    parts.now += 2.1
    parts.look_around()

    assert parts.asked[-1] == {"one", "two", "three"}
