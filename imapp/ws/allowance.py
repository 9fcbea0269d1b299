"""How many frames that carry no request a peer may send: a few at once, and a steady few each second."""

import time
from collections.abc import Callable
from typing import Final

FRAMES_AT_ONCE: Final = 500  # more than the largest message cut into pieces as small as a network packet's
FRAMES_PER_S: Final = 100.0  # at 20 us each this is 0.2 % of a core


class FrameAllowance:
    """A token bucket. Pings, pongs, pieces and empty messages cost the server more than the peer."""

    def __init__(
        self,
        at_once: int = FRAMES_AT_ONCE,
        per_s: float = FRAMES_PER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._per_s = per_s
        self._clock = clock
        self._left = float(at_once)
        self._counted = clock()

    def spend(self) -> bool:
        """Whether one more is allowed now; then it is counted."""
        now = self._clock()
        self._left = min(self._at_once, self._left + (now - self._counted) * self._per_s)
        self._counted = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
