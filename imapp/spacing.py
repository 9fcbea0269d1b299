"""What happens often for the same key happens at once, and then at intervals."""

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

_FORGET_ABOVE: Final = 1_000


class Spacing(Generic[Key]):
    """Remembers whose turn was lately. Times are those of any one clock, in seconds.

    It holds no more keys than took a turn within their pause, and at most a thousand besides.
    """

    def __init__(self) -> None:
        self._until: dict[Key, float] = {}
        self._forget_above = _FORGET_ABOVE

    def is_due(self, key: Key, now: float) -> bool:
        """Whether its last turn was long enough ago, or it has had none."""
        return self._until.get(key, now) <= now

    def took(self, key: Key, now: float, pause_s: float) -> None:
        """It has had its turn; the next is after a pause."""
        self._until[key] = now + pause_s
        if len(self._until) > self._forget_above:
            self._until = {each: until for each, until in self._until.items() if until > now}
            self._forget_above = 2 * len(self._until) + _FORGET_ABOVE
