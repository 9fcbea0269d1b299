"""A device that has its way through every fault, as a good client does: retries, reconnects, catches up."""

import threading
import time
from collections.abc import Collection, Mapping
from typing import Any, Final

from websockets.exceptions import WebSocketException

from tests.support.client import Client
from tests.support.link import DisconnectedError, Frame, RefusedError, Reply
from tests.support.scene import Scene
from tests.support.waiting import eventually

ANSWER_S: Final = 12.0
"""A gateway that lives answers every write sooner, be it with `busy`; one that does not is given up."""

NOT_TAKEN: Final = (OSError, WebSocketException, DisconnectedError, RefusedError)
"""What a gateway that is away or busy makes of a connect: it is tried again."""

_RETRIED: Final = ("busy", "rate_limited")
_PAUSE_S: Final = 0.1
_RETURN_S: Final = 60.0

Write = tuple[str, Mapping[str, Any]]
"""The kind of a request and its fields without the client id."""


class Persistent:
    """A person's device, which begins on one gateway and goes on with the next when that one breaks.

    `silences` counts how often a gateway did not answer in time, `refusals` the answers to try again.
    """

    def __init__(self, scene: Scene, user: str, *, gateway: int = 0, final: Collection[str] = ()) -> None:
        """`final` are the refusals that end a write as well as an ack does."""
        self.user = user
        self.acked = 0
        self.silences = 0
        self.refusals = 0
        self.slowest_s = 0.0
        self.whole_since = 0.0
        """When the newest write was begun that is answered for good (monotonic)."""
        self.newest: Frame = {}
        """The newest answer that was no refusal."""
        self.client = scene.connect(user, gateway=gateway)
        self.gateway = self.first_gateway = gateway
        self._scene = scene
        self._final = final
        self._has_given_up = threading.Event()

    def insist(self, writes: Mapping[str, Write]) -> None:
        """Send these in order, all at once; the unanswered ones again until all are answered for good, or
        until he gives up.

        Raises:
            RefusedError: one was refused for another reason than that it should come again.
            AssertionError: no gateway took the device back.
        """
        began = time.monotonic()
        left = dict(writes)
        while left and not self._has_given_up.is_set():
            posted = time.monotonic()
            replies = {client_id: self._post(client_id, left[client_id]) for client_id in left}
            for client_id, reply in replies.items():
                if self._is_settled(reply, posted):
                    del left[client_id]
            if left:
                self._recover()
        if not left:
            self.whole_since = began

    def give_up(self) -> None:
        """Insist on nothing any more: a system that is broken for good would be asked for ever."""
        self._has_given_up.set()

    def _post(self, client_id: str, write: Write) -> Reply:
        kind, fields = write
        return self.client.post(kind, client_message_id=client_id, **fields)

    def _is_settled(self, reply: Reply, posted: float) -> bool:
        try:
            self.newest = reply.result(max(0.0, posted + ANSWER_S - time.monotonic()))
        except RefusedError as refusal:
            self.slowest_s = max(self.slowest_s, time.monotonic() - posted)
            if refusal.code in self._final:
                return True
            if refusal.code not in _RETRIED:
                raise
            self.refusals += 1
            return False
        except TimeoutError:
            if self.client.is_open:  # the first of several that go unanswered
                self.silences += 1
                self.client.abort()
            return False
        except DisconnectedError:
            return False
        self.slowest_s = max(self.slowest_s, time.monotonic() - posted)
        self.acked += 1
        return True

    def _recover(self) -> None:
        if self.client.is_open:
            time.sleep(_PAUSE_S)
            return
        self.client = eventually(self._reconnect, timeout=_RETURN_S, what=f"{self.user} is back")

    def _reconnect(self) -> Client | None:
        self.gateway = (self.gateway + 1) % len(self._scene.cluster.gateway_urls)
        try:
            client = self._scene.connect(self.user, gateway=self.gateway, reader=self.client.reader)
            client.holdings = self.client.holdings
            client.catch_up()
        except NOT_TAKEN:
            return None
        return client
