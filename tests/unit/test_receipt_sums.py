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
