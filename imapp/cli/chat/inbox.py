"""What the socket and the person send to the thread that owns core and screen."""

import queue
from dataclasses import dataclass

from imapp.cli.chat.carrier import Carried
from imapp.cli.chat.library import Looked
from imapp.cli.chat.link import Report


@dataclass(frozen=True, slots=True)
class Line:
    """The person has written a line."""

    text: str


@dataclass(frozen=True, slots=True)
class Keystroke:
    """The person is writing a text: it says this now."""

    text: str


@dataclass(frozen=True, slots=True)
class EndOfInput:
    """No line will follow: leave when the ones before are done."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The person wants to go; with `drop` without waiting for what is not sent."""

    drop: bool = False


Item = Report | Carried | Looked | Line | Keystroke | EndOfInput | Leave


class Inbox:
    """Everything that happens, in the order in which it happened. Any thread may put."""

    def __init__(self) -> None:
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()

    def put(self, item: Item) -> None:
        """Leave an item."""
        self._items.put(item)

    def get(self, limit_s: float | None) -> Item | None:
        """The next item, None if there was none for so long."""
        try:
            return self._items.get(timeout=limit_s)
        except queue.Empty:
            return None
