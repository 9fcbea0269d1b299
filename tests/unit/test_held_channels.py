"""Which channels wait until all others are indexed, and how long."""

import pytest

from imapp.services.archiving import held
from imapp.services.archiving.held import HeldChannels


class Held:
    """Channels that are held, while time passes by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.channels = HeldChannels(lambda: self.now)

    def rests_s(self) -> int:
        """How many seconds pass until one is tried."""
        began = self.now
        while self.channels.rest:
            self.now += 1
        return round(self.now - began)


@pytest.fixture
def them() -> Held:
    return Held()


def test_none_is_tried_where_none_is_held(them: Held) -> None:
    assert them.channels.rest


def test_one_that_fails_again_lets_all_wait_longer_up_to_five_minutes(them: Held) -> None:
    rests = []
    for _ in range(8):
        them.channels.hold("one")
        rests.append(them.rests_s())
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300]


def test_a_new_one_is_tried_soon(them: Held) -> None:
    for _ in range(8):
        them.channels.hold("one")
    them.channels.hold("two")
    assert them.rests_s() == 5


def test_who_was_tried_last_comes_last(them: Held) -> None:
    them.channels.hold("one")
    them.channels.hold("two")
    assert them.channels.first() == "one"
    them.channels.hold("one")
    assert them.channels.first() == "two"


def test_one_that_was_released_is_as_any_other(them: Held) -> None:
    them.channels.hold("one")
    them.channels.release("one")
    assert "one" not in them.channels
    assert them.channels.rest


def test_of_too_many_the_oldest_is_held_no_more(them: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MOST_HELD", 2)
    for name in ("one", "two", "three"):
        them.channels.hold(name)
    assert [name in them.channels for name in ("one", "two", "three")] == [False, True, True]
