"""Keeping the order of one connection in one channel across a refusal (I5).

A client may have more messages under way when one is refused. If those went through and the refused one
came again, they would be stored in another order than they were sent. So after a refusal the channel takes
from this connection only the refused command, until it has come again or the client has given it up. What was
refused without an answer from the writer may be stored all the same: then the next one of those refused is
the first, since a client that is shown its message need not repeat it.
"""

import time
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

from schemas.errors import ErrorCode

REMEMBERED_S: Final = 10.0
_MAX_REFUSED: Final = 1_000  # behind more than these, the first must come again


class _Gate:
    """What was refused, in that order; how long the first of it may take to come again, and why it must."""

    __slots__ = ("_overflowed", "_refused", "code", "until")

    def __init__(self, until: float, code: ErrorCode) -> None:
        self.until = until
        self.code = code
        self._refused: dict[str, None] = {}
        self._overflowed = False

    @property
    def first(self) -> str:
        return next(iter(self._refused))

    def note(self, client_message_id: str) -> None:
        if len(self._refused) < _MAX_REFUSED:
            self._refused[client_message_id] = None
        else:
            self._overflowed = True

    def settle(self, client_message_id: str) -> bool:
        """One of them need not come again. Whether none need."""
        if not self._overflowed:
            self._refused.pop(client_message_id, None)
        return not self._refused


class OrderGate:
    """Which command must come first, per connection and channel."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Weak: a refusal may come after its connection has gone.
        self._gates: WeakKeyDictionary[object, dict[str, _Gate]] = WeakKeyDictionary()

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
        gates = {name: gate for name, gate in self._gates.get(connection, {}).items() if gate.until >= now}
        gates.setdefault(channel, _Gate(now + wait_s + REMEMBERED_S, code)).note(client_message_id)
        self._gates[connection] = gates

    def must_wait(self, connection: object, channel: str, client_message_id: str) -> ErrorCode | None:
        """Why another command must come first; None if none must. Opens the gate when that one comes."""
        gate = self._gate(connection, channel)
        if gate is None:
            return None
        if gate.first != client_message_id and self._clock() < gate.until:
            gate.note(client_message_id)
            return gate.code
        self._open(connection, channel)
        return None

    def stored(self, connection: object, channel: str, client_message_id: str) -> None:
        """A command that was refused has been stored, and its connection was shown it."""
        gate = self._gate(connection, channel)
        if gate is not None and gate.settle(client_message_id):
            self._open(connection, channel)

    def forget(self, connection: object) -> None:
        """A connection has gone."""
        if connection is not None:
            self._gates.pop(connection, None)

    def _gate(self, connection: object, channel: str) -> _Gate | None:
        if connection is None:  # REST: every request stands alone
            return None
        gates = self._gates.get(connection)
        return gates.get(channel) if gates else None

    def _open(self, connection: object, channel: str) -> None:
        gates = self._gates[connection]
        del gates[channel]
        if not gates:
            del self._gates[connection]
