"""Sums of big groups: one that can't be read does not keep the others from being told."""

from typing import Any, cast

import pytest

from imapp.errors import StoreUnavailable
from imapp.services.receipts.events import ReceiptSums


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
