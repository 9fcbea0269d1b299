"""One connection of the load: a good client, which repeats what was refused and writes everything down."""

import asyncio
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.dialects import Dialect, Frame, decode_frame
from bench.scenarios import TEXT
from tests.support.history import Answered, Closed, Entry, Opened, Resynced, Seen, Sent, Step

_LEAST_PAUSE_S = 0.1
_MOST_UNDER_WAY = 100  # the rest waits in the client


@dataclass(slots=True)
class Load:
    """What all connections of a run share: the record, and the counts of the time that is counted."""

    dialect: Dialect
    url: str
    name: str = field(default_factory=lambda: secrets.token_hex(3))
    steps: list[Step] = field(default_factory=list)
    sending: bool = True
    counting: bool = False
    acked: int = 0
    delivered: int = 0
    unanswered: int = 0
    refused: int = 0
    disconnected: int = 0
    latencies: list[float] = field(default_factory=list)


class _Write(NamedTuple):
    """A write that is not answered yet."""

    place: str
    frame: bytes
    body: str | None
    due: float


class Session(WSListener):
    """A user's connection."""

    def __init__(self, load: Load, user: str, channel: str = "") -> None:
        self.load = load
        self.user = user
        self.channel = channel
        self.joined: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: WSTransport
        self._number = 0
        self._unanswered: dict[str, _Write] = {}
        self._refused: list[str] = []
        self._outbox: deque[float] = deque()
        self._highest = 0
        self._told = 0

    async def open(self) -> None:
        """Connect; return when the server takes requests."""
        address = self.load.dialect.address(self.load.url, self.user, self.channel)
        self._transport, _ = await ws_connect(lambda: self, address)
        if self.load.dialect.greets:
            self._transport.send(WSMsgType.TEXT, self.load.dialect.hello(self.user))
            await asyncio.wait_for(self._greeted, 30)
        self.load.steps.append(Opened(self.user, self.user, self.user))

    def close(self) -> None:
        """End the connection."""
        self._transport.disconnect()

    # ---- sending

    def send(self, due: float | None = None) -> None:
        """Send the next message as soon as order allows it; its latency counts from when it was due."""
        self.load.unanswered += 1
        self._outbox.append(due or time.perf_counter())
        self._empty_outbox()

    def _empty_outbox(self) -> None:
        """Send what waits, unless too much is under way, or something was refused and has to come first."""
        if not self.load.sending:
            self.load.unanswered -= len(self._outbox)
            self._outbox.clear()
        while self._outbox and not self._refused and len(self._unanswered) < _MOST_UNDER_WAY:
            client_id = self._new_id()
            frame = self.load.dialect.send(client_id, channel=self.channel)
            self._begin(client_id, _Write(self.channel, frame, TEXT, self._outbox.popleft()))

    def send_first(self, to: str) -> None:
        """Send a message to a person, to learn the channel with him."""
        client_id = self._new_id()
        frame = self.load.dialect.send(client_id, to=to)
        self.load.unanswered += 1
        self._begin(client_id, _Write(f"to:{to}", frame, TEXT, time.perf_counter()))

    def create_group(self, user_ids: list[str]) -> None:
        """Ask for a group with these people."""
        client_id = self._new_id()
        frame = self.load.dialect.create_group(client_id, user_ids)
        self.load.unanswered += 1
        self._begin(client_id, _Write("create_group", frame, None, time.perf_counter()))

    def _new_id(self) -> str:
        self._number += 1
        return f"{self.load.name}-{self.user}-{self._number}"

    def _begin(self, client_id: str, write: _Write) -> None:
        self._unanswered[client_id] = write
        self._try(client_id, write)

    def _try(self, client_id: str, write: _Write) -> None:
        self.load.steps.append(Sent(self.user, client_id, self.user, write.place, client_id, write.body))
        self._transport.send(WSMsgType.TEXT, write.frame)

    def _retry(self) -> None:
        refused, self._refused = self._refused, []
        for client_id in refused:
            # Also what was shown since, because `busy` had left it open: the server waits for it.
            if client_id in self._unanswered:
                self._try(client_id, self._unanswered[client_id])
        self._empty_outbox()

    def tell_received(self, *, reads: bool = False) -> None:
        """Acknowledge what has come since the last time, as a good client does twice a second.

        With `reads` it was looked at as well.
        """
        if self._highest > self._told:
            self._told = self._highest
            for frame in self.load.dialect.marks(self.channel, self._told, reads=reads):
                self._transport.send(WSMsgType.TEXT, frame)

    # ---- receiving

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002
        """Take one frame from the server."""
        if frame.msg_type != WSMsgType.TEXT:
            return
        message = decode_frame(frame.get_payload_as_memoryview())
        if message.type == "message":
            self.on_message(message)
        elif message.id == "hello":
            self._greeted.set_result(None)
        elif message.type == "ok":
            self._on_ack(message.id, message)
        elif message.type == "error":
            self._on_refusal(message)
        elif message.type == "resync":
            self.load.steps.append(Resynced(self.user))

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002
        """Nothing more will come."""
        self.load.disconnected += 1
        self.load.steps.append(Closed(self.user))

    def on_message(self, message: Frame) -> None:
        """Take a message event: somebody else's, or one's own."""
        if not self.load.dialect.answers and message.client_message_id in self._unanswered:
            self._on_ack(message.client_message_id, message)
            return
        entry = Entry(
            message.channel_id, message.seq, message.sender, message.client_message_id, message.content
        )
        self.load.steps.append(Seen(self.user, entry))
        self._highest = max(self._highest, message.seq)
        self._join(message.channel_id)
        if self.load.counting:
            self.load.delivered += 1

    def _on_ack(self, client_id: str, message: Frame) -> None:
        load = self.load
        load.steps.append(Answered(self.user, client_id, message.channel_id, message.seq, message.message_id))
        write = self._unanswered.pop(client_id, None)
        if write is None:
            return  # refused, stored all the same and then repeated: each try has its answer
        waited = time.perf_counter() - write.due
        load.unanswered -= 1
        self._join(message.channel_id)
        if load.counting:
            load.acked += 1
            load.latencies.append(waited)
        self.on_acked()
        self._empty_outbox()

    def on_acked(self) -> None:
        """A send of ours is stored: closed loops send the next one."""

    def _on_refusal(self, message: Frame) -> None:
        self.load.refused += 1
        self.load.steps.append(Answered(self.user, message.id, code=message.code))
        if not self._refused:
            asyncio.get_running_loop().call_later(max(message.retry_after, _LEAST_PAUSE_S), self._retry)
        self._refused.append(message.id)

    def _join(self, channel: str) -> None:
        if not self.joined.done():
            self.channel = channel
            self.joined.set_result(channel)


class ClosedLoop(Session):
    """Sends the next message when one is answered, once `begin` has sent the first ones."""

    def __init__(self, load: Load, user: str, channel: str = "") -> None:
        super().__init__(load, user, channel)
        self._begun = False

    def begin(self, window: int) -> None:
        """Keep so many messages unanswered from now on."""
        self._begun = True
        for _ in range(window):
            self.send()

    def on_acked(self) -> None:
        """Send the next one."""
        if self._begun and self.load.sending:
            self.send()


class Onlooker(Session):
    """One of many members who only look: keeps the seqs it saw, and compares contents with the others."""

    def __init__(self, load: Load, user: str, contents: dict[int, Any], channel: str = "") -> None:
        super().__init__(load, user, channel)
        self.seqs: list[int] = []
        self.differing = 0
        self._contents = contents

    def on_message(self, message: Frame) -> None:
        """Count it."""
        seq, told = message.seq, (message.client_message_id, message.sender, message.content)
        self.seqs.append(seq)
        self._highest = max(self._highest, seq)
        if self._contents.setdefault(seq, told) != told:
            self.differing += 1
        self._join(message.channel_id)
        if self.load.counting:
            self.load.delivered += 1
