"""Who is disabled is cut from this gateway, whoever disabled him and however.

Each gateway looks by itself: there is no message that could be lost, and none that a tool, a sync job or a
person at the database would have to send.
"""

import time
from collections.abc import Callable
from typing import Final

import gevent

from imapp.errors import StoreUnavailable
from imapp.gateway.registry import Registry
from imapp.logs import get_log
from imapp.stores.users import UserStore

_TICK_S: Final = 0.4  # with the query and the Close frame, everybody is gone within a second
# A change may become visible after one with a later stamp, and a hello may take long to register.
_OVERLAP_S: Final = 10.0
# Who was disabled or deleted without a stamp is found by going through all who are here, a few at a time.
_CHECKED_AT_ONCE: Final = 100

log = get_log("revocation")


class Revoker:
    """Ends the connections of people who are no longer active. `run` belongs to one greenlet."""

    def __init__(
        self, users: UserStore, registry: Registry, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._users = users
        self._registry = registry
        self._clock = clock
        self._looked_at = clock()
        self._to_check: list[str] = []
        self._failing = False

    def run(self) -> None:
        """Look a few times a second, with one query each, for as long as this gateway lives."""
        while True:
            gevent.sleep(_TICK_S)
            self.look()

    def look(self) -> None:
        """Cut whoever is no longer active. While the store is away nobody is, and then all who should be."""
        now = self._clock()
        here = self._next_here()
        try:
            gone = self._users.no_longer_active(
                changed_within_s=now - self._looked_at + _OVERLAP_S, among=here
            )
        except StoreUnavailable as error:
            self._note_failure(error)
            return
        self._looked_at, self._failing = now, False
        for user_id in gone:
            self._cut(user_id)

    def _next_here(self) -> list[str]:
        if not self._to_check:
            self._to_check = self._registry.users()
        here = self._to_check[-_CHECKED_AT_ONCE:]
        del self._to_check[-_CHECKED_AT_ONCE:]
        return here

    def _cut(self, user_id: str) -> None:
        connections = self._registry.connections(user_id)
        for subscriber in connections:
            subscriber.cut()
        if connections:
            log.info("person_cut", user=user_id, connections=len(connections))

    def _note_failure(self, error: StoreUnavailable) -> None:
        if not self._failing:
            log.warning("people_not_checked", error=str(error)[:200])
        self._failing = True
