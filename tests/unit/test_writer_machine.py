"""Whatever people, faults and races do: the log stays dense, answers stay the same, and all hear of it."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from structlog.testing import capture_logs

from imapp.domain.permissions import Action, may
from tests.unit.fakes.commands import create
from tests.unit.fakes.effort import effort, unshrunk
from tests.unit.fakes.wishes import HARM, ORDER, Wish
from tests.unit.fakes.world import MAX_MEMBERS, OUTSIDER, PEOPLE, Fault, World

people = st.sampled_from(PEOPLE)
small = st.integers(0, 9)
KINDS = ("say", "tell", "open", "create", "add", "remove", "leave", "update", "recall", "edit")
AGAIN = ("again", "again elsewhere", "again changed")
wishes = st.builds(Wish, st.sampled_from(KINDS + AGAIN), people, people, small, small)
batches = st.lists(wishes, min_size=1, max_size=4)
OF_MEMBERS = ("say", "say", "edit", "recall", "add", "remove", "leave", "update")
orders = st.lists(  # of the first group
    st.builds(Wish, st.sampled_from(ORDER + OF_MEMBERS), people, people, st.just(1), small),
    min_size=3,
    max_size=8,
)
faults = st.builds(Fault, st.sampled_from(("fails", "dies")), st.integers(0, 15), st.booleans())


class Machine(RuleBasedStateMachine):
    """People, one writer at a time, and nothing goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = ExitStack()
        for module in ("groups", "direct"):
            self.patches.enter_context(patch(f"imapp.domain.{module}.DEFAULT_MAX_MEMBERS", MAX_MEMBERS))
        self.world = World()
        for name in PEOPLE:
            self.world.audience.connect(name, meanwhile=False)

    @rule(batch=batches)
    def ask(self, batch: list[Wish]) -> None:
        self.world.ask(batch)

    @rule(batch=batches)
    def ask_and_run(self, batch: list[Wish]) -> None:
        self.world.ask(batch)
        self.world.run_everything()

    @rule()
    def run(self) -> None:
        self.world.run(0)

    @rule(number=small)
    def ask_again(self, number: int) -> None:
        self.world.ask_again(number)

    @rule()
    def hear(self) -> None:
        self.world.audience.hear()

    @rule(name=people, meanwhile=st.booleans())
    def connect(self, name: str, meanwhile: bool) -> None:
        self.world.audience.connect(name, meanwhile=meanwhile)

    @rule(number=small)
    def disconnect(self, number: int) -> None:
        self.world.audience.disconnect(number)

    @invariant()
    def the_store_is_sound(self) -> None:
        self.world.check_store()

    def teardown(self) -> None:
        try:
            self.world.run_everything()
            # One more batch shows the gateway whether it has missed the one before.
            self.world.enqueue(self.world.bench.batch(create(OUTSIDER, OUTSIDER)))
            self.world.run_everything()
            self.world.audience.hear()
            self.world.check_store()
            self.world.check_repaired()
            self.world.audience.check_complete()
        finally:
            self.patches.close()


class OrderedMachine(Machine):
    """People of one group who change its order: roles, mutes, its settings and status, who comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.world.ask([Wish("create", "an", "bo", 0, 0)])
        self.world.run_everything()
        self.world.ask([Wish("add", "an", "chen", 1, 0), Wish("set", "an", "an", 1, 0)])
        self.world.run_everything()

    @rule(batch=orders)
    def order(self, batch: list[Wish]) -> None:
        self.world.ask(batch)
        self.world.run_everything()

    @rule(batch=orders, fault=faults)
    def order_into(self, batch: list[Wish], fault: Fault) -> None:
        self.world.ask(batch)
        self.world.run(0, fault)


class FaultyMachine(Machine):
    """The same, and one writer at a time fails or dies at any step."""

    @rule(fault=faults)
    def run_into(self, fault: Fault) -> None:
        self.world.run(0, fault)

    @rule(ack_lost=st.just(True))
    def run_without_ack(self, ack_lost: bool) -> None:
        self.world.run(0, ack_lost=ack_lost)


class LossyMachine(FaultyMachine):
    """The same, and the gateway loses messages."""

    @rule()
    def miss(self) -> None:
        self.world.audience.miss()


class HarmedMachine(LossyMachine):
    """The same, and some messages bring down whoever stores them."""

    @rule(kind=st.sampled_from(tuple(HARM)), batch=batches, actor=people, place=small)
    def ask_for_harm(self, kind: str, batch: list[Wish], actor: str, place: int) -> None:
        self.world.ask([*batch[:2], Wish(kind, actor, actor, place, 0), *batch[2:]])


class RacingMachine(FaultyMachine):
    """The same, and two writers with their own caches take turns, and get in each other's way at any step."""

    @rule(writer=st.integers(0, 1))
    def run_another(self, writer: int) -> None:
        self.world.run(writer)

    @rule(writer=st.integers(0, 1), in_steps=st.integers(0, 12), after=st.booleans())
    def run_taken_over(self, writer: int, in_steps: int, after: bool) -> None:
        self.world.run(writer, Fault("taken over", in_steps, after))


@pytest.fixture(autouse=True)
def few_channels_cached() -> Iterator[None]:
    """So that states come and go."""
    with patch("imapp.services.writing.channel_cache._MAX_CHANNELS", 2):
        yield


@pytest.fixture(autouse=True)
def few_recalls_remembered() -> Iterator[None]:
    """So that some are counted in the log."""
    with patch("imapp.domain.unread.KEPT_RECALLED", 1):
        yield


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of faults are logged; what matters of them is in the failure."""
    with capture_logs():
        yield


def run(machine: type[Machine]) -> None:
    run_state_machine_as_test(machine, settings=unshrunk(effort(60, steps=30)))


def run_order() -> None:
    run_state_machine_as_test(OrderedMachine, settings=unshrunk(effort(150, steps=15)))


def test_a_day_at_work() -> None:
    run(Machine)


def test_a_day_of_order() -> None:
    run_order()


def test_a_day_of_order_shows_that_a_mute_of_all_is_ignored() -> None:
    def lets_all_speak(action: Action, *standing: Any) -> bool:
        return action is Action.SEND_WHEN_MUTED or may(action, *standing)

    with (
        patch("imapp.domain.rules.may", lets_all_speak),
        pytest.raises(AssertionError, match=r"is muted and (wrote|edited|gave a name|named the group)"),
    ):
        run_order()


def test_a_day_of_faults() -> None:
    run(LossyMachine)


def test_a_day_of_poison() -> None:
    run(HarmedMachine)


def test_a_day_of_races() -> None:
    run(RacingMachine)
