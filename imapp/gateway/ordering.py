"""Keeping the order of one connection in one channel across a refusal (I5).

A client may have more messages under way when one is refused. If those went through and the refused one
came again, they would be stored in another order than they were sent. So after a refusal the channel takes
from this connection only the refused command, until it has come again or the client has given it up.
"""

import time
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

_REMEMBERED_S: Final = 10.0


class OrderGate:
    """Which command must come first, per connection and channel."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Weak: a refusal may come after its connection has gone.
        self._first: WeakKeyDictionary[object, dict[str, tuple[str, float]]] = WeakKeyDictionary()

    def refused(self, connection: object, channel: str, client_message_id: str) -> None:
        """A command was refused; the first one refused is the one to come again first."""
        if connection is None:
            return
        now = self._clock()
        gates = {name: gate for name, gate in self._first.get(connection, {}).items() if gate[1] >= now}
        gates.setdefault(channel, (client_message_id, now + _REMEMBERED_S))
        self._first[connection] = gates

    def must_wait(self, connection: object, channel: str, client_message_id: str) -> bool:
        """Whether another command must come first. Opens the gate when that one comes."""
        if connection is None:  # REST: every request stands alone
            return False
        gates = self._first.get(connection)
        known = gates.get(channel) if gates else None
        if gates is None or known is None:
            return False
        first, until = known
        if first != client_message_id and self._clock() < until:
            return True
        del gates[channel]
        if not gates:
            del self._first[connection]
        return False

    def forget(self, connection: object) -> None:
        """A connection has gone."""
        if connection is None:
            return
        self._first.pop(connection, None)
