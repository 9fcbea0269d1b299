"""Who hears a channel, when what the store says and what the stream says meet in any order (I3)."""

import pytest

from imapp.gateway.registry import Registry

LUNCH = "lunch"


class Device:
    """A connection that is only counted."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.connection_id = f"{user_id}'s"
        self.channels: set[str] = set()

    def enqueue(self, frame: bytes, _count: int = 1, /) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        raise NotImplementedError

    def cut(self, reason: str = "disabled", /) -> None:
        raise NotImplementedError


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def bo(registry: Registry) -> Device:
    device = Device("bo")
    registry.add(device)
    return device


def hears(registry: Registry, device: Device, seq: int) -> bool:
    """Whether the device would get the entry at `seq`, the next of the stream."""
    local = registry.channel(LUNCH)
    if local is None:
        return False
    heard = device in local.hearers(seq)
    local.last_seq = seq
    return heard


def test_a_member_hears_his_channel(registry: Registry, bo: Device) -> None:
    registry.enter(bo, LUNCH, 1)
    registry.settle(bo)
    assert hears(registry, bo, 7)


def test_who_joined_late_hears_nothing_that_the_stream_still_brings_from_before(
    registry: Registry, bo: Device
) -> None:
    registry.enter(bo, LUNCH, 12)
    assert [hears(registry, bo, seq) for seq in (10, 11, 12, 13)] == [False, False, True, True]


def test_a_joining_in_the_stream_lets_all_his_devices_in(registry: Registry, bo: Device) -> None:
    registry.add(other := Device("bo"))
    registry.join(LUNCH, "bo", 5)
    assert hears(registry, bo, 5)
    assert hears(registry, other, 6)


def test_a_leaving_that_passes_while_memberships_are_read_is_not_undone_by_them(
    registry: Registry, bo: Device
) -> None:
    registry.leave(LUNCH, "bo")
    registry.enter(bo, LUNCH, 1)
    registry.settle(bo)
    assert not hears(registry, bo, 3)


def test_who_left_and_came_back_while_they_were_read_hears_it(registry: Registry, bo: Device) -> None:
    registry.leave(LUNCH, "bo")
    registry.join(LUNCH, "bo", 4)
    registry.enter(bo, LUNCH, 1)
    registry.settle(bo)
    assert hears(registry, bo, 4)


def test_a_device_that_has_gone_is_not_entered_any_more(registry: Registry, bo: Device) -> None:
    registry.remove(bo)
    registry.enter(bo, LUNCH, 1)
    assert registry.channel(LUNCH) is None
    assert registry.users() == []


def test_a_channel_that_nobody_hears_is_forgotten(registry: Registry, bo: Device) -> None:
    registry.enter(bo, LUNCH, 1)
    registry.leave(LUNCH, "bo")
    assert registry.channel(LUNCH) is None
    assert bo.channels == set()
