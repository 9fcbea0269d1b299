"""Somebody who sends at a rate that does not depend on the answers: an open loop."""

import heapq
import threading
import time
from concurrent.futures import Future
from functools import partial
from typing import Any, Final

from tests.support.link import RefusedError
from tests.support.persistent import ANSWER_S, Persistent
from tests.support.scene import Scene
from tests.support.waiting import eventually

_TICK_S: Final = 0.05


class Flooder(Persistent):
    """Sends texts to somebody at a rate. What was refused comes again first, in place of something new."""

    def __init__(self, scene: Scene, user: str, other: str) -> None:
        super().__init__(scene, user)
        self.insist({"open": ("open_direct", {"to": other})})
        self.sent = 0
        """How many attempts were made."""
        self.stored = 0
        self.refused_s: list[float] = []
        """How long each refusal took."""
        self._channel = str(self.newest["channel_id"])
        self._numbers = 0
        self._again: list[int] = []
        self._open = 0
        self._failures: list[BaseException] = []
        self._lock = threading.Lock()

    def flood(self, rate: float, seconds: float) -> None:
        """Send so many a second for so long; return when each attempt has its answer.

        Raises:
            AssertionError: some of them have none, or one was refused for another reason than `busy`.
        """
        began = time.monotonic()
        while (elapsed := time.monotonic() - began) < seconds:
            while self.sent < elapsed * rate:
                self._send(self._next())
            time.sleep(_TICK_S)
        eventually(lambda: not self._open, timeout=ANSWER_S, what=f"all that {self.user} sent is answered")
        assert not self._failures, self._failures[:3]

    def settle(self) -> None:
        """Have everything stored that was refused in the end."""
        numbers = sorted(self._again)
        self.insist({self._id(number): ("send", self._fields(number)) for number in numbers})

    def _next(self) -> int:
        with self._lock:
            if self._again:
                return heapq.heappop(self._again)
        self._numbers += 1
        return self._numbers

    def _send(self, number: int) -> None:
        self.sent += 1
        with self._lock:
            self._open += 1
        reply = self.client.post("send", client_message_id=self._id(number), **self._fields(number))
        reply.add_done_callback(partial(self._take, number, time.monotonic()))

    def _take(self, number: int, posted: float, reply: "Future[dict[str, Any]]") -> None:
        failure = reply.exception()
        with self._lock:
            self._open -= 1
            if failure is None:
                self.stored += 1
            elif isinstance(failure, RefusedError) and failure.code == "busy":
                self.refused_s.append(time.monotonic() - posted)
                heapq.heappush(self._again, number)
            else:
                self._failures.append(failure)

    def _id(self, number: int) -> str:
        return f"flood-{number}"

    def _fields(self, number: int) -> dict[str, Any]:
        return {"channel_id": self._channel, "content": f"{self.user} {number}"}
