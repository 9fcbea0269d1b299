"""A command between whoever asked and the batch that carries it."""

import time
from typing import Any, Final, Protocol

import msgspec

from imapp import metrics
from imapp.domain.ids import message_id
from imapp.gateway.limits import weight_of
from imapp.logs import trace
from schemas.commands import AnyCommand
from schemas.tasks import Result

_ENCODER: Final = msgspec.msgpack.Encoder()


class Waiter(Protocol):
    """Who waits for the answer to a command."""

    subscriber: Any
    """The connection on which the answer stands in place of the event; None over REST."""

    def resolve(self, result: Result) -> None:
        """Take the answer; never waits."""


class Pending:
    """A command on its way."""

    __slots__ = ("command", "order_key", "payload", "since", "waiter", "weight")

    def __init__(self, command: AnyCommand, waiter: Waiter, order_key: str) -> None:
        self.command = command
        self.payload = _ENCODER.encode(command)
        self.waiter = waiter
        self.order_key = order_key
        self.weight = weight_of(command)
        self.since = time.monotonic()

    def answer(self, result: Result) -> None:
        """Give it its answer, the first and only one; never waits."""
        if not result.code:
            metrics.send_ack.observe(time.monotonic() - self.since)
        if trace.on:
            self._trace(result)
        self.waiter.resolve(result)

    def _trace(self, result: Result) -> None:
        trace(
            "command_answered",
            client_message_id=self.command.client_message_id,
            user=self.command.actor,
            channel_id=result.channel_id,
            message_id=message_id(result.channel_id, result.seq) if result.seq else None,
            code=result.code or "ok",
            ms=round((time.monotonic() - self.since) * 1000, 1),
        )
