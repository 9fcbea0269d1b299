"""Sums of big groups: one that can't be read does not keep the others from being told; none says too much."""

from typing import Any, cast

import msgspec
import pytest

from imapp.domain.channel import Member
from imapp.domain.receipts import Receipt
from imapp.errors import StoreUnavailable
from imapp.services.receipts.events import ReceiptSums
from schemas.common import Role
from schemas.frames import ReceiptsEvent
from schemas.receipts import PushStatus
from tests.support.entries import log_entry


class Logs:
    """Empty logs, one of which takes too long to read."""

    def __init__(self, slow: str) -> None:
        self.slow = slow
        self.read: list[str] = []

    def page(self, channel_id: str, *_: int, **__: Any) -> list[Any]:
        if channel_id == self.slow:
            raise StoreUnavailable("too slow")
        self.read.append(channel_id)
        return []


class Silent:
    """An outlet that is told nothing of interest."""

    def notify(self, notices: Any) -> None:
        del notices


@pytest.mark.parametrize("slow", ["a", "b", "c"])
def test_the_others_are_told_the_next_time(slow: str) -> None:
    logs = Logs(slow)
    nothing = cast("Any", None)
    sums = ReceiptSums(
        members=nothing, log=cast("Any", logs), ledger=nothing, sharing=nothing, outlet=cast("Any", Silent())
    )
    sums.add(["a", "b", "c"])

    with pytest.raises(StoreUnavailable):
        sums.tell()
    sums.tell()

    assert sorted([*logs.read, slow]) == ["a", "b", "c"]


GROUP = "g" * 24


class Group:
    """A message of An's, which Bo has read and Chen has received, and what is told of it."""

    def __init__(self, *, shares: bool) -> None:
        self.shares = shares
        self.frames: list[bytes] = []

    def page(self, *_: object, **__: object) -> list[Any]:
        return [log_entry(GROUP, 1)]

    def of_channels(self, _: object) -> dict[str, dict[str, Member]]:
        return {GROUP: {name: Member(name, Role.MEMBER, ((1, None),)) for name in ("an", "bo", "chen")}}

    def covering(self, *_: object) -> list[Receipt]:
        return [Receipt("bo", PushStatus.READ, 1, 5), Receipt("chen", PushStatus.RECEIVED, 1, 6)]

    def sees(self, user_id: str) -> bool:
        assert user_id == "an"
        return self.shares

    def notify(self, notices: Any) -> None:
        self.frames += [notice.frame for notice in notices]


@pytest.mark.parametrize(("shares", "read"), [(True, 1), (False, 0)])
def test_who_hides_what_he_reads_hears_only_that_it_was_received(shares: bool, read: int) -> None:
    group: Any = Group(shares=shares)
    sums = ReceiptSums(members=group, log=group, ledger=group, sharing=group, outlet=group)
    sums.add([GROUP])

    sums.tell()

    (frame,) = group.frames
    told = msgspec.json.decode(frame[frame.index(b"{") :], type=ReceiptsEvent)
    assert (told.total, told.received + told.read, told.read) == (2, 2, read)


SEVEN = [f"u{number}" for number in range(7)]


class Crowd(Group):
    """Seven people who have each said something in turn, twice; the last one has left."""

    def __init__(self) -> None:
        super().__init__(shares=True)
        self.told: list[tuple[str, int]] = []

    def page(self, *_: object, **__: object) -> list[Any]:
        return [log_entry(GROUP, seq, sender=SEVEN[(seq - 1) % 7]) for seq in range(1, 15)]

    def of_channels(self, _: object) -> dict[str, dict[str, Member]]:
        stays = {**dict.fromkeys(SEVEN, ((1, None),)), "u6": ((1, 14),)}
        return {GROUP: {name: Member(name, Role.MEMBER, stay) for name, stay in stays.items()}}

    def covering(self, *_: object) -> list[Receipt]:
        return []

    def sees(self, _: str) -> bool:
        return True

    def notify(self, notices: Any) -> None:
        for notice in notices:
            event = msgspec.json.decode(notice.frame[notice.frame.index(b"{") :], type=ReceiptsEvent)
            self.told.append((notice.user_id, event.seq))


def test_the_latest_five_who_are_still_there_are_told_once_of_their_newest_message() -> None:
    crowd: Any = Crowd()
    sums = ReceiptSums(members=crowd, log=crowd, ledger=crowd, sharing=crowd, outlet=crowd)
    for _ in range(100):
        sums.add([GROUP])  # however many marks there were since the last time

    sums.tell()
    sums.tell()

    assert crowd.told == [("u1", 9), ("u2", 10), ("u3", 11), ("u4", 12), ("u5", 13)]
