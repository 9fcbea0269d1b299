"""Somebody who talks through every fault, as a good client does: retries, reconnects, catches up."""

import threading
import time
from collections.abc import Callable
from typing import Final

from schemas import frames
from tests.support.client import Client
from tests.support.link import DisconnectedError, RefusedError, Reply
from tests.support.scene import Scene
from tests.support.waiting import eventually

_RETRIED: Final = ("busy", "rate_limited")
_ANSWER_S: Final = 12.0
_PAUSE_S: Final = 0.1


class Chatter:
    """Sends texts to one channel, a few under way at a time, each with one client id until it is answered.

    It begins on one gateway and goes on with the next whenever its connection breaks.
    """

    def __init__(self, scene: Scene, user: str, *, gateway: int = 0, window: int = 4) -> None:
        self.user = user
        self.acked = 0
        self.client = scene.connect(user, gateway=gateway)
        self._scene = scene
        self._gateway = gateway
        self._window = window
        self._stopping = threading.Event()
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None

    def talk(self, channel: str) -> None:
        """Begin to send, until `hush`."""
        self._thread = threading.Thread(target=self._run, args=(channel,), daemon=True)
        self._thread.start()

    def hush(self) -> None:
        """Stop, once everything sent is answered; raises what went wrong."""
        self._stopping.set()
        assert self._thread is not None
        self._thread.join(60)
        assert not self._thread.is_alive(), f"{self.user} still waits for an answer"
        if self._failure is not None:
            raise self._failure

    def _run(self, channel: str) -> None:
        try:
            number = 0
            while not self._stopping.is_set():
                texts = {self.client.new_id(): f"{self.user} {number + part}" for part in range(self._window)}
                number += self._window
                self._send_all(channel, texts)
        except BaseException as failure:  # noqa: BLE001  # `hush` raises it where the test can see it
            self._failure = failure

    def _send_all(self, channel: str, texts: dict[str, str]) -> None:
        """Send these in order; after a refusal or a broken connection the unanswered ones again, in order."""
        while texts:
            replies = {name: self._post(channel, name, text) for name, text in texts.items()}
            for name, reply in replies.items():
                if self._is_stored(reply):
                    del texts[name]
                    self.acked += 1
            if texts:
                self._recover()

    def _post(self, channel: str, name: str, text: str) -> Reply:
        return self.client.post_text(channel, text, client_message_id=name)

    def _is_stored(self, reply: Reply) -> bool:
        try:
            reply.result(_ANSWER_S)
        except RefusedError as refusal:
            if refusal.code in _RETRIED:
                return False
            raise
        except DisconnectedError:
            return False
        return True

    def _recover(self) -> None:
        if self.client.is_open:
            time.sleep(_PAUSE_S)
            return
        self.client = eventually(self._reconnect, what=f"{self.user} is back")

    def _reconnect(self) -> Client | None:
        self._gateway = (self._gateway + 1) % len(self._scene.cluster.gateway_urls)
        try:
            client = self._scene.connect(self.user, gateway=self._gateway, reader=self.client.reader)
            client.catch_up()
        except (OSError, DisconnectedError, RefusedError):
            return None
        return client


def talk_until(chatters: list[Chatter], channels: list[str], done: Callable[[], bool]) -> None:
    """Let them talk, each in his channel, until the condition holds; return when all is answered."""
    for chatter, channel in zip(chatters, channels, strict=True):
        chatter.talk(channel)
    try:
        eventually(done, timeout=60)
    finally:
        for chatter in chatters:
            chatter.hush()


def has_gone_on(chatters: list[Chatter], more: int) -> Callable[[], bool]:
    """Whether each of them has had so many more answers than now."""
    goals = {chatter: chatter.acked + more for chatter in chatters}
    return lambda: all(chatter.acked >= goal for chatter, goal in goals.items())


def direct_channel(one: Client, other: str) -> str:
    """The direct chat of two people, opened."""
    written: frames.WrittenReply = one.write("open_direct", to=other)
    return written.channel_id
