"""The repair of fast writes goes on for as long as its process lives."""

import threading
from collections.abc import Iterable
from typing import Any, cast

import pytest

from imapp.services.writing import heads
from imapp.services.writing.heads import HeadKeeper
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberStore
from tests.support.entries import log_entry
from tests.support.waiting import PATIENCE_S


class FailingOnce:
    """Heads of a store that fails once, in a way that nobody has thought of."""

    def __init__(self) -> None:
        self.failed = False
        self.mended = threading.Event()

    def mend_heads(self, newest: Iterable[Any], own: Iterable[Any]) -> None:
        del newest, own
        if not self.failed:
            self.failed = True
            raise ValueError("never seen before")
        self.mended.set()
        threading.Event().wait()  # the thread rests, and ends with the process


class InOrder:
    """Both stores in one, which says what is done in which order."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def move_own_marks(self, _marks: Iterable[Any]) -> None:
        self.steps.append("marks")

    def move_heads(self, *_: Any) -> None:
        self.steps.append("heads")

    def mend_heads(self, *_: Any) -> None:
        self.steps.append("heads")


class NoMarks:
    """Members whose marks are all right."""

    def move_own_marks(self, marks: Iterable[Any]) -> None:
        del marks


def test_an_error_that_nobody_thought_of_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "_AGAIN_S", 0.01)
    channels = FailingOnce()

    HeadKeeper(cast("ChannelStore", channels), cast("MemberStore", NoMarks())).keep()

    assert channels.mended.wait(PATIENCE_S)


def test_heads_come_last_so_that_a_lost_mark_shows_in_them() -> None:
    store = InOrder()
    keeper = HeadKeeper(cast("ChannelStore", store), cast("MemberStore", store))

    keeper.move([log_entry("c" * 24, 1)], direct=())
    keeper.move_again()

    assert store.steps == ["marks", "heads"] * 2
