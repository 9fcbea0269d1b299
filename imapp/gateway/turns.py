"""Commands that wait for the next batch, person by person: everybody has a turn before anybody has another.

So whoever floods waits behind himself. The order among the commands of one person is kept, and with it the
order of each of his connections; the order among different people means nothing.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from imapp.gateway.pending import Pending

# So many plain sends go with one turn; more at once makes fewer turns, and each of them longer.
TURN: Final = 16


class _Line:
    """What one person waits for, and since when he has waited for this turn."""

    __slots__ = ("since", "waiting")

    def __init__(self, since: float) -> None:
        self.since = since
        self.waiting: deque[Pending] = deque()


class Turns:
    """A queue that takes turns. Nothing here waits."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # In the order of their turns.
        self._lines: OrderedDict[str, _Line] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, who: str, waiting: Pending) -> None:
        """Put something at the end of somebody's line."""
        line = self._lines.get(who)
        if line is None:
            line = self._lines[who] = _Line(waiting.since)
        line.waiting.append(waiting)
        self._length += 1

    def count(self, who: str) -> int:
        """How much somebody waits for."""
        line = self._lines.get(who)
        return len(line.waiting) if line is not None else 0

    def ahead_of(self, who: str) -> int:
        """How much goes before the next one of somebody, at most: all take turns with what he has waiting."""
        return min(self._length, len(self._lines) * (self.count(who) + 1))

    def longest_turn(self, who: str, now: float) -> float:
        """For how many seconds the next one has waited for his turn, or the first of this person's own."""
        if not self._lines:
            return 0.0
        own = self._lines.get(who)
        since = next(iter(self._lines.values())).since
        return now - (min(since, own.waiting[0].since) if own is not None else since)

    def take(self, max_weight: int, max_bytes: int) -> list[Pending]:
        """The next ones, in turns, at most so much of them; at least one, if any waits."""
        taken: list[Pending] = []
        weight = size = 0
        now = self._clock()
        while self._lines:
            who, line = next(iter(self._lines.items()))
            turn = 0
            while line.waiting and turn < TURN:
                first = line.waiting[0]
                weight += first.weight
                size += len(first.payload)
                if taken and (weight > max_weight or size > max_bytes):
                    return taken
                turn += first.weight
                taken.append(line.waiting.popleft())
                self._length -= 1
            if not line.waiting:
                del self._lines[who]
            else:
                line.since = now
                self._lines.move_to_end(who)
        return taken

    def take_older(self, than: float) -> list[Pending]:
        """Everything that came before a time (monotonic)."""
        old: list[Pending] = []
        for who, line in tuple(self._lines.items()):
            while line.waiting and line.waiting[0].since < than:
                old.append(line.waiting.popleft())
            self._drop_if_empty(who, line)
        self._length -= len(old)
        return old

    def take_out(self, who: str, subscriber: object, order_key: str) -> list[Pending]:
        """What somebody waits for on one connection and in one channel."""
        line = self._lines.get(who)
        if line is None:
            return []
        found = [w for w in line.waiting if w.waiter.subscriber is subscriber and w.order_key == order_key]
        if found:
            gone = set(map(id, found))
            line.waiting = deque(w for w in line.waiting if id(w) not in gone)
            self._length -= len(found)
            self._drop_if_empty(who, line)
        return found

    def _drop_if_empty(self, who: str, line: _Line) -> None:
        if not line.waiting:
            del self._lines[who]
