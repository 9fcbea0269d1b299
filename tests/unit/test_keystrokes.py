"""Typing: taken from members, not too often, told to the others, and never in large channels."""

from collections.abc import Iterable

import pytest

from imapp.gateway import keystrokes
from imapp.gateway.keystrokes import MAX_HEARERS, Keystrokes
from imapp.gateway.registry import Registry
from imapp.gateway.signals import Signals
from schemas.tasks import Typing
from tests.unit.fakes.listeners import FakeSubscriber, events

LUNCH = "0" * 24


class KeptSignals(Signals):
    """Signals that are only written down."""

    def __init__(self) -> None:
        self.taken: list[Typing] = []

    def typing(self, typing: Typing) -> None:
        self.taken.append(typing)

    def changed(self, user_ids: Iterable[str]) -> None:
        raise NotImplementedError


class Room:
    """People in a channel, and a clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.registry = Registry()
        self.signals = KeptSignals()
        self.silenced: set[str] = set()
        self.keystrokes = Keystrokes(
            self.registry, self.signals, lambda user_id, _: user_id not in self.silenced, lambda: self.now
        )

    def member(self, user_id: str, *, from_seq: int = 0) -> FakeSubscriber:
        """A device of a member, who may hear the channel from this seq on."""
        subscriber = FakeSubscriber(user_id)
        self.registry.add(subscriber)
        self.registry.enter(subscriber, LUNCH, from_seq)
        return subscriber

    def typed(self, subscriber: FakeSubscriber) -> bool:
        """Whether typing of this device goes out."""
        before = len(self.signals.taken)
        self.keystrokes.typed(subscriber, LUNCH, subscriber.user_id.capitalize())
        return len(self.signals.taken) > before


@pytest.fixture
def room() -> Room:
    return Room()


def test_it_is_taken_once_in_three_seconds_from_each_device(room: Room) -> None:
    phone, tablet = room.member("an"), room.member("an")
    taken = []

    for at in (100.0, 101.0, 102.9, 103.0, 105.9, 106.1):
        room.now = at
        taken.append(room.typed(phone))

    assert taken == [True, False, False, True, False, True]
    assert room.typed(tablet)


def test_what_was_told_just_before_the_old_is_forgotten_still_counts(room: Room) -> None:
    an, bo = room.member("an"), room.member("bo")

    assert room.typed(bo)
    room.now += 2.5
    assert room.typed(an)
    room.now += 1.0
    assert room.typed(bo)
    assert not room.typed(an)


def test_who_is_not_in_the_channel_is_not_taken(room: Room) -> None:
    room.member("an")

    assert not room.typed(FakeSubscriber("stranger"))


def test_members_of_a_channel_that_was_quiet_since_they_connected_are_taken_and_told(room: Room) -> None:
    an, bo = room.member("an", from_seq=1), room.member("bo", from_seq=7)

    assert room.typed(an)
    room.keystrokes.tell(room.signals.taken[0])
    assert len(bo.sent) == 1


def test_all_devices_of_the_others_are_told(room: Room) -> None:
    an, bo, bo2 = room.member("an"), room.member("bo"), room.member("bo")

    room.keystrokes.tell(Typing(channel_id=LUNCH, user_id="an", user_name="An"))

    event = {"type": "typing", "channel_id": LUNCH, "user_id": "an", "user_name": "An"}
    assert [events(b"".join(device.sent)) for device in (an, bo, bo2)] == [[], [event], [event]]


@pytest.mark.limit("connections of a channel that hear of typing, per gateway")
def test_in_a_large_channel_nothing_is_taken_and_nothing_told(room: Room) -> None:
    devices = [room.member(f"user{number}") for number in range(MAX_HEARERS + 1)]

    assert not room.typed(devices[0])
    room.keystrokes.tell(Typing(channel_id=LUNCH, user_id="an", user_name="An"))
    assert not any(device.sent for device in devices)


@pytest.mark.limit("who typed lately, in a gateway")
def test_when_too_many_typed_lately_more_is_dropped(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keystrokes, "_MAX_REMEMBERED", 2)
    devices = [room.member(f"user{number}") for number in range(3)]

    assert [room.typed(device) for device in devices] == [True, True, False]


def test_a_channel_that_nobody_here_hears_is_passed_over(room: Room) -> None:
    room.keystrokes.tell(Typing(channel_id=LUNCH, user_id="an", user_name="An"))


def test_it_is_not_taken_from_who_may_not_write_and_is_not_asked_more_often(room: Room) -> None:
    an = room.member("an")
    room.silenced.add("an")
    assert not room.typed(an)

    room.silenced.clear()
    room.now += 1.0
    assert not room.typed(an), "so a flood of frames is not a flood of questions"
    room.now += 2.0
    assert room.typed(an)
