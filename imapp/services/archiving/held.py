"""Channels that can't be indexed while others can, such as one that changes what a red index holds."""

import time
from collections.abc import Callable
from typing import Final

from imapp import metrics

MOST_HELD: Final = 1_000
"""Channels that are held apart; of more the oldest is tried with the others again."""
_FIRST_REST_S: Final = 5.0
_LONGEST_REST_S: Final = 300.0  # a try may cost half a minute, which all others wait


class HeldChannels:
    """They are tried one by one, after all others; the pauses between tries that fail grow to five minutes.

    Each process knows its own; one that starts anew finds them again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[str, None] = {}  # who was tried last comes last
        self._rest_s = _FIRST_REST_S
        self._rests_until = 0.0

    def __contains__(self, channel_id: str) -> bool:
        return channel_id in self._held

    @property
    def rest(self) -> bool:
        """Whether none is to be tried now."""
        return not self._held or self._clock() < self._rests_until

    def first(self) -> str:
        """The one to be tried first."""
        return next(iter(self._held))

    def hold(self, channel_id: str) -> None:
        """It has failed alone: it and those that are held too have to wait."""
        self._rest_s = min(2 * self._rest_s, _LONGEST_REST_S) if channel_id in self else _FIRST_REST_S
        self._rests_until = self._clock() + self._rest_s
        self.release(channel_id)
        if len(self._held) == MOST_HELD:
            self.release(self.first())
        self._held[channel_id] = None
        metrics.indexing_held.value = len(self._held)

    def release(self, channel_id: str) -> None:
        """It can be indexed, or it need not be."""
        self._held.pop(channel_id, None)
        metrics.indexing_held.value = len(self._held)
