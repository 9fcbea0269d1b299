"""Writes without an answer: repeated until they have one, none overtaking its channel's earlier ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from imapp.cli.chat.changes import Write
from schemas import frames

REPLY_LIMIT_S: Final = 10.0  # the server answers within 5 s, if only with `busy`


@dataclass(slots=True)
class Item:
    """One write and how far it is. `trouble` says why the last try failed, "" if none did."""

    request: Write
    lane: str
    sent_at: float | None = None
    not_before: float = 0.0
    tries: int = 0
    trouble: str = ""

    @property
    def due_at(self) -> float:
        """When it should be sent, for the first time or again."""
        return self.not_before if self.sent_at is None else self.sent_at + REPLY_LIMIT_S


class Outbox:
    """Unanswered writes by client_message_id, in the order in which they were given.

    Of each channel only the oldest is ever on its way. If two were, the server could refuse the first as
    `busy` and, a moment later, accept the second: stored order would not be sent order.
    """

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def __len__(self) -> int:
        return len(self._items)

    def put(self, request: Write) -> None:
        """Take a write."""
        self._items[request.client_message_id] = Item(request, _lane(request))

    def due(self, now: float) -> list[Item]:
        """What should be sent now."""
        return [item for item in self._heads() if item.due_at <= now]

    def sent(self, item: Item, now: float) -> None:
        """It was handed to the connection."""
        item.sent_at = now
        item.tries += 1

    def refused(self, item: Item, until: float, trouble: str) -> None:
        """It was not done for now; the same again at the given time."""
        item.sent_at, item.not_before, item.trouble = None, until, trouble

    def find(self, client_message_id: str) -> Item | None:
        """The unanswered write with this id."""
        return self._items.get(client_message_id)

    def take(self, client_message_id: str) -> Item | None:
        """The unanswered write with this id, which is answered now."""
        return self._items.pop(client_message_id, None)

    def disconnected(self) -> None:
        """Whatever was on its way may be lost."""
        for item in self._items.values():
            item.sent_at = None

    def texts(self, channel_id: str) -> list[tuple[str, str]]:
        """Unanswered messages to a channel with their trouble, oldest first."""
        return [
            (item.request.content, item.trouble)
            for item in self._items.values()
            if isinstance(item.request, frames.Send) and item.request.channel_id == channel_id
        ]

    def deadline(self) -> float | None:
        """When `due` is worth asking again."""
        return min((item.due_at for item in self._heads()), default=None)

    def _heads(self) -> Iterator[Item]:
        lanes: set[str] = set()
        for item in self._items.values():
            if item.lane not in lanes:
                lanes.add(item.lane)
                yield item


def _lane(request: Write) -> str:
    match request:
        case frames.Send(channel_id=None, to=str(user_id)) | frames.OpenDirect(to=user_id):
            return f"to {user_id}"
        case frames.CreateGroup():
            return request.client_message_id
        case frames.Nudge():
            return f"nudge {request.message_id}"
        case _:
            return request.channel_id or ""
