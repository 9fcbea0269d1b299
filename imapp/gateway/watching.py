"""Whose presence the connections of this gateway watch, and what they must be told. Pure: no store, no clock.

Several reads of the store may be under way at once. Each carries the time at which it began, and an older
one never replaces what a younger one has found.
"""

from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Final

from imapp.domain.presence import OFFLINE, Presence
from imapp.gateway.registry import Subscriber

REREAD_S: Final = 5.0
"""After so long a person is read again without a reason: so a lost notice and a dead gateway are noticed."""
MAX_TOLD: Final = 50_000
"""Person and connection pairs of one round; the others wait for the next, with the presence of then."""


class Watched:
    """Somebody whom a connection here watches: who does, and how he was shown last."""

    __slots__ = ("read_at", "shown", "user_id", "watchers")

    def __init__(self, user_id: str, now: float) -> None:
        self.user_id = user_id
        self.watchers: set[Subscriber] = set()
        self.shown: Presence | None = None  # not read yet
        self.read_at = now


class WatchBoard:
    """People by watcher and watchers by person. Nothing here waits."""

    def __init__(self) -> None:
        self._people: dict[str, Watched] = {}  # in order of their last read, the oldest first
        self._lists: dict[Subscriber, tuple[Watched, ...]] = {}
        self._stale: dict[str, None] = {}
        self._fading: dict[str, float] = {}
        self._news: dict[str, None] = {}

    @property
    def size(self) -> int:
        """How many people are watched."""
        return len(self._people)

    def watch(self, subscriber: Subscriber, user_ids: Iterable[str], now: float) -> None:
        """Let a connection watch these people, and nobody else."""
        before = self._lists.pop(subscriber, ())
        people = tuple(self._watched(user_id, now) for user_id in dict.fromkeys(user_ids))
        for watched in before:
            watched.watchers.discard(subscriber)
        for watched in people:
            watched.watchers.add(subscriber)
        if people:
            self._lists[subscriber] = people
        for watched in before:
            self._forget_if_alone(watched)

    def forget(self, subscriber: Subscriber) -> None:
        """A connection has gone."""
        self.watch(subscriber, (), 0.0)

    def changed(self, user_ids: Iterable[str]) -> None:
        """The presence of these people may have changed: those who are watched must be read again."""
        self._stale.update((user_id, None) for user_id in user_ids if user_id in self._people)

    def due(self, now: float, limit: int) -> list[str]:
        """Who must be read now: who may have changed, whose grace is over, who was not read for long."""
        for user_id in [user_id for user_id, at in self._fading.items() if at <= now]:
            del self._fading[user_id]
            self._stale[user_id] = None
        old = takewhile(lambda watched: watched.read_at <= now - REREAD_S, self._people.values())
        wanted = dict.fromkeys([*self._stale, *(watched.user_id for watched in old)])
        taken = list(wanted)[:limit]
        for user_id in taken:
            self._stale.pop(user_id, None)
        return taken

    def learn(self, found: Mapping[str, Presence], read_at: float) -> None:
        """Take what a read of the store, begun at that time, has found."""
        for user_id, presence in found.items():
            watched = self._people.get(user_id)
            if watched is None or watched.read_at > read_at:
                continue
            watched.read_at = read_at
            self._people[user_id] = self._people.pop(user_id)
            if presence.fades_in_ms:
                self._fading[user_id] = read_at + presence.fades_in_ms / 1000
            # Who is new here is in the answer to the watch that brought him.
            if watched.shown is not None and not watched.shown.looks_like(presence):
                self._news[user_id] = None
            watched.shown = presence

    def shown(self, user_ids: Iterable[str]) -> dict[str, Presence]:
        """How these people are shown; offline who has not been read, or is not watched any more."""
        people = ((user_id, self._people.get(user_id)) for user_id in user_ids)
        return {user_id: watched.shown or OFFLINE if watched else OFFLINE for user_id, watched in people}

    def take_news(self) -> dict[Subscriber, list[Watched]]:
        """Who is shown differently than before, for each connection that watches him."""
        news: dict[Subscriber, list[Watched]] = {}
        told = 0
        while self._news and told < MAX_TOLD:
            user_id = next(iter(self._news))
            del self._news[user_id]
            watched = self._people[user_id]
            for subscriber in watched.watchers:
                news.setdefault(subscriber, []).append(watched)
            told += len(watched.watchers)
        return news

    def _watched(self, user_id: str, now: float) -> Watched:
        watched = self._people.get(user_id)
        if watched is None:
            watched = self._people[user_id] = Watched(user_id, now)
        return watched

    def _forget_if_alone(self, watched: Watched) -> None:
        if watched.watchers or self._people.get(watched.user_id) is not watched:
            return
        for known in (self._people, self._stale, self._fading, self._news):
            known.pop(watched.user_id, None)
