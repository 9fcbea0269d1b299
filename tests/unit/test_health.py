"""A dependency is lost after its grace, not before, and while it hangs nobody who asks has to wait."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from imapp.errors import StoreUnavailable
from imapp.services.operating.health import Dependency, HealthService, Probe


class Clock:
    """Seconds that pass when a test says so."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def dependency(clock: Clock, *answers: str | Exception | None) -> Dependency:
    """One that gives these answers, one after the other."""
    coming: Iterator[str | Exception | None] = iter(answers)

    def ask() -> str | None:
        answer = next(coming)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Dependency(Probe("writers", ask, grace_s=10), clock)


def test_what_was_never_asked_does_not_count_as_well(clock: Clock) -> None:
    assert dependency(clock).problem() == "not asked yet"


def test_what_answers_has_no_problem(clock: Clock) -> None:
    writers = dependency(clock, None)
    writers.ask()

    assert writers.problem() is None


def test_a_restart_within_the_grace_goes_unnoticed(clock: Clock) -> None:
    writers = dependency(clock, None, "no writer", None)
    writers.ask()
    clock.now += 9
    writers.ask()
    in_between = writers.problem()
    writers.ask()
    clock.now += 9

    assert (in_between, writers.problem()) == (None, None)


def test_after_the_grace_it_says_why_and_since_when(clock: Clock) -> None:
    writers = dependency(clock, None, "no writer for 1 of 2 shards")
    writers.ask()
    clock.now += 12
    writers.ask()

    assert writers.problem() == "no writer for 1 of 2 shards for 12 s"


def test_one_that_hangs_is_known_by_its_silence(clock: Clock) -> None:
    writers = dependency(clock, None)
    writers.ask()
    clock.now += 30

    assert writers.problem() is not None


def test_strangers_are_not_told_what_the_driver_says(clock: Clock) -> None:
    store = dependency(clock, None, StoreUnavailable("10.1.2.3:27017: connection refused"))
    store.ask()
    clock.now += 11
    store.ask()

    assert store.problem() == "no answer for 11 s"


def test_a_start_is_no_loss_until_the_grace_is_over(clock: Clock) -> None:
    writers = dependency(clock, "no writer", "no writer")
    with capture_logs() as logs:
        writers.ask()
        writers.note()
        assert logs == []

        clock.now += 11
        writers.ask()
        writers.note()
    assert [line["event"] for line in logs] == ["dependency_lost"]


@pytest.mark.parametrize(("needed", "serves"), [(True, False), (False, True)])
def test_only_what_is_needed_keeps_a_process_from_serving(needed: bool, serves: bool) -> None:
    health = HealthService([Probe("pushes", lambda: "nobody serves it", 10, needed=needed)])
    health.dependencies[0].ask()

    assert health.problems()["pushes"]
    assert health.can_serve() is serves
