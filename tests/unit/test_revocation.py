"""Who is cut from a gateway, and when: a store that answers late or not at all only makes it later."""

from collections.abc import Collection
from typing import Any

import pytest

from imapp.errors import StoreUnavailable
from imapp.gateway.registry import Registry
from imapp.gateway.revocation import Revoker
from tests.unit.fakes.listeners import FakeSubscriber


class People:
    """Knows who was disabled, and writes down what it was asked."""

    def __init__(self) -> None:
        self.disabled: set[str] = set()
        self.down = False
        self.windows: list[float] = []
        self.checked: list[list[str]] = []

    def no_longer_active(self, *, changed_within_s: float, among: Collection[str]) -> set[str]:
        if self.down:
            raise StoreUnavailable("no answer")
        self.windows.append(changed_within_s)
        self.checked.append(list(among))
        return set(self.disabled)


class Office:
    """A gateway's people, and the clock on its wall."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.people = People()
        self.now = 1_000.0
        users: Any = self.people
        self.revoker = Revoker(users, self.registry, clock=lambda: self.now)

    def connect(self, user_id: str) -> FakeSubscriber:
        subscriber = FakeSubscriber(user_id)
        self.registry.add(subscriber)
        return subscriber


@pytest.fixture
def office() -> Office:
    return Office()


def test_all_connections_of_who_is_disabled_are_cut_and_nobody_elses(office: Office) -> None:
    phone, laptop, other = office.connect("an"), office.connect("an"), office.connect("bo")
    office.people.disabled = {"an", "somebody who is not here"}

    office.revoker.look()

    assert (phone.is_cut, laptop.is_cut, other.is_cut) == (True, True, False)


def test_each_look_goes_back_to_before_the_last_one(office: Office) -> None:
    for _ in range(3):
        office.now += 0.4
        office.revoker.look()

    assert office.people.windows == pytest.approx([10.4, 10.4, 10.4])


def test_after_a_store_that_was_away_the_look_goes_back_to_when_it_was_there(office: Office) -> None:
    connection = office.connect("an")
    office.people.down, office.people.disabled = True, {"an"}
    for _ in range(5):
        office.now += 60
        office.revoker.look()
    assert not connection.is_cut

    office.people.down = False
    office.revoker.look()

    assert office.people.windows == [310.0]
    assert connection.is_cut


def test_everybody_who_is_here_is_checked_in_turn_a_few_at_a_time(office: Office) -> None:
    everybody = {f"user-{number}" for number in range(250)}
    for user in everybody:
        office.connect(user)

    for _ in range(3):
        office.revoker.look()

    assert [len(checked) for checked in office.people.checked] == [100, 100, 50]
    assert {user for checked in office.people.checked for user in checked} == everybody
