"""Who of my direct chats is online, and who is typing: what a client holds of the others, and asks for."""

from collections.abc import Iterable
from typing import Final

from schemas.common import MAX_WATCHED, TYPING_INTERVAL_S
from schemas.frames import TypingEvent
from schemas.presence import UserPresence

SHOWN_S: Final = 5.0  # longer than the others take to say it again

Place = tuple[str, str]
"""A channel and a person in it."""


class Company:
    """Presence of whom I have direct chats with, and typing everywhere. It is gone with the connection."""

    def __init__(self) -> None:
        self._peers: dict[str, None] = {}
        self._watched: list[str] = []
        self._online: set[str] = set()
        self._typing: dict[Place, float] = {}
        self._told: dict[str, float] = {}

    # ---- who is online

    def meet(self, user_id: str) -> None:
        """I have a direct chat with somebody: watch him."""
        self._peers.setdefault(user_id)

    def missing(self) -> list[str] | None:
        """Whom to watch, if the server does not know it yet; with too many, those met last."""
        wanted = list(self._peers)[-MAX_WATCHED:]
        return None if wanted == self._watched else wanted

    def watching(self, user_ids: list[str]) -> None:
        """The server was told whom to watch, or does not take it."""
        self._watched = user_ids

    def apply(self, people: Iterable[UserPresence]) -> None:
        """Take what the server says of some people."""
        for person in people:
            if person.online:
                self._online.add(person.user_id)
            else:
                self._online.discard(person.user_id)

    def is_online(self, user_id: str | None) -> bool:
        """Whether somebody is known to be online."""
        return user_id in self._online

    # ---- who is typing

    def types(self, event: TypingEvent, now: float) -> None:
        """Somebody types."""
        self._typing = {place: until for place, until in self._typing.items() if until > now}
        self._typing[event.channel_id, event.user_id] = now + SHOWN_S

    def said(self, channel_id: str, user_id: str) -> None:
        """His message is here: he has done with typing."""
        self._typing.pop((channel_id, user_id), None)

    def typists(self, channel_id: str, now: float) -> list[str]:
        """Who types in a channel, by user id."""
        return [
            user for (channel, user), until in self._typing.items() if channel == channel_id and until > now
        ]

    def may_tell(self, channel_id: str, now: float) -> bool:
        """Whether to tell now that I type; it counts as told then."""
        if now < self._told.get(channel_id, now - TYPING_INTERVAL_S) + TYPING_INTERVAL_S:
            return False
        self._told[channel_id] = now
        return True

    def deadline(self, now: float) -> float | None:
        """When somebody is not shown as typing any more."""
        return min((until for until in self._typing.values() if until > now), default=None)

    def disconnected(self) -> None:
        """Nothing will be told any more, and whom to watch must be said again."""
        self._watched = []
        self._online.clear()
        self._typing.clear()
        self._told.clear()
