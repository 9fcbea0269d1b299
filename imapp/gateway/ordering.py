"""Keeping the order of one connection in one channel across a refusal (I5).

A client may have more messages under way when one is refused. If those went through and the refused one
came again, they would be stored in another order than they were sent. So after a refusal the channel takes
from this connection only the refused command, until it has come again or the client has given it up.
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from schemas.errors import ErrorCode

_REMEMBERED_S: Final = 10.0


class _Gate(NamedTuple):
    """The command that must come first, how long it may take, and why it was refused."""

    client_message_id: str
    until: float
    code: ErrorCode


class OrderGate:
    """Which command must come first, per connection and channel."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Weak: a refusal may come after its connection has gone.
        self._first: WeakKeyDictionary[object, dict[str, _Gate]] = WeakKeyDictionary()

    def refused(
        self,
        connection: object,
        channel: str,
        client_message_id: str,
        *,
        code: ErrorCode = ErrorCode.BUSY,
        wait_s: float = 0.0,
    ) -> None:
        """A command was refused for a while; the first one refused is the one to come again first."""
        if connection is None:
            return
        now = self._clock()
        gates = {name: gate for name, gate in self._first.get(connection, {}).items() if gate.until >= now}
        gates.setdefault(channel, _Gate(client_message_id, now + wait_s + _REMEMBERED_S, code))
        self._first[connection] = gates

    def must_wait(self, connection: object, channel: str, client_message_id: str) -> ErrorCode | None:
        """Why another command must come first; None if none must. Opens the gate when that one comes."""
        if connection is None:  # REST: every request stands alone
            return None
        gates = self._first.get(connection)
        gate = gates.get(channel) if gates else None
        if gates is None or gate is None:
            return None
        if gate.client_message_id != client_message_id and self._clock() < gate.until:
            return gate.code
        del gates[channel]
        if not gates:
            del self._first[connection]
        return None

    def forget(self, connection: object) -> None:
        """A connection has gone."""
        if connection is None:
            return
        self._first.pop(connection, None)
