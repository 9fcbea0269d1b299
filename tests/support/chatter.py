"""People who write all the time: one in his channel, another who adds people to a group and removes them."""

import random
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, Final

from schemas import frames
from tests.support.client import Client
from tests.support.marks import Marks
from tests.support.persistent import Persistent
from tests.support.scene import Scene

_LAST_ANSWER_S = 60.0
_CHANGES_MIND = 0.4  # of his turns
_TOO_LATE = "edit_window_passed"
_READS: Final = 0.3  # of what he acknowledges
_ASKS: Final = 0.3  # of his turns


class Busybody(Persistent, ABC):
    """Somebody who does the same thing again and again on a thread of his own, until `hush`.

    `pause_s` lies between two turns, and varies by a half. With `marks` he acknowledges after each turn what
    his device holds, as a good client does, and now and then he reads it; the book learns of it. What he
    leaves to chance comes from `rng`.
    """

    def __init__(  # what he is like, each by its name
        self,
        scene: Scene,
        user: str,
        *,
        rng: random.Random | None = None,
        gateway: int = 0,
        pause_s: float = 0.0,
        final: Collection[str] = (),
    ) -> None:
        super().__init__(scene, user, gateway=gateway, final=final)
        self.rng = rng or random.Random()
        self.pause_s = pause_s
        self.marks: Marks | None = None
        self._acknowledged: dict[tuple[str, str], int] = {}
        self._stopping = threading.Event()
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Go to work."""
        self._thread = threading.Thread(target=self._run, name=self.user, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing new."""
        self._stopping.set()

    def hush(self) -> None:
        """Stop, once everything sent is answered; raises what went wrong."""
        self.stop()
        assert self._thread is not None
        self._thread.join(_LAST_ANSWER_S)
        assert not self._thread.is_alive(), f"{self.user} still waits for an answer"
        self.raise_failure()

    def raise_failure(self) -> None:
        """Raise what went wrong on his thread so far, if anything did."""
        if self._failure is not None:
            raise self._failure

    @abstractmethod
    def take_turn(self) -> None:
        """Do it once; return when it is answered."""

    def acknowledge(self) -> None:
        """Say what this device has received, and perhaps that it was read; nobody waits for the answers."""
        client = self.client
        for channel in client.holdings.channels():
            place, last = (client.connection, channel), client.holdings.last(channel)
            if self.marks is not None and last > self._acknowledged.get(place, 0):
                self._acknowledged[place] = last
                self.marks.receives(self.user, channel, last)
                client.acknowledge(channel, last)
                if self.rng.random() < _READS:
                    self._read(self.marks, channel, last)

    def acknowledge_all(self) -> None:
        """Say once more what this device has received, now that nothing is hurt."""
        if self.marks is not None and self.client.is_open:
            for channel in self.client.holdings.channels():
                last = self.client.holdings.last(channel)
                self.marks.receives(self.user, channel, last, settled=True)
                self.client.acknowledge(channel, last)

    def _read(self, marks: Marks, channel: str, seq: int) -> None:
        marks.reads(self.user, channel, seq)
        reply = self.client.post("read", channel_id=channel, seq=seq)
        reply.add_done_callback(partial(marks.on_read, self.user, channel))

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self.take_turn()
                self.acknowledge()
                if self.pause_s:
                    self._stopping.wait(self.pause_s * self.rng.uniform(0.5, 1.5))
        except BaseException as failure:  # noqa: BLE001  # `hush` raises it where the test can see it
            self._failure = failure


class Chatter(Busybody):
    """Sends texts to one channel, a few under way at a time, each with one client id until it is answered."""

    def __init__(
        self,
        scene: Scene,
        user: str,
        *,
        rng: random.Random | None = None,
        gateway: int = 0,
        window: int = 4,
        pause_s: float = 0.0,
        final: Collection[str] = (),
    ) -> None:
        super().__init__(scene, user, rng=rng, gateway=gateway, pause_s=pause_s, final=final)
        self.window = window
        self._number = 0
        self._channel = ""
        self._watched = ""

    def talk(self, channel: str) -> None:
        """Begin to send, until `hush`."""
        self._channel = channel
        self.begin()

    def take_turn(self) -> None:
        """Send a window of texts."""
        numbers = range(self._number, self._number + self.window)
        self._number += self.window
        self.insist(
            {
                self.client.new_id(): (
                    "send",
                    {"channel_id": self._channel, "content": f"{self.user} {number}"},
                )
                for number in numbers
            }
        )
        self._ask_how_far()

    def _ask_how_far(self) -> None:
        """Ask now and then who has received and read the first of these messages."""
        if self.marks is not None and self.rng.random() < _ASKS:
            self._watched = self._watched or self.newest.get("message_id", "")
            reply = self.client.post("message_receipts", message_ids=[self._watched])
            reply.add_done_callback(self.marks.on_counts)


class Host(Busybody):
    """The owner of a group, who adds and removes the same people by turns, and edits what he says."""

    def __init__(
        self, scene: Scene, user: str, *, rng: random.Random, gateway: int = 0, pause_s: float = 0.0
    ) -> None:
        # By a clock that has jumped an hour, what he has just said is old.
        super().__init__(scene, user, rng=rng, gateway=gateway, pause_s=pause_s, final=[_TOO_LATE])
        self._channel = ""
        self._guests: Sequence[str] = ()
        self._present: list[str] = []

    def receive(self, channel: str, guests: Sequence[str]) -> None:
        """Begin, until `hush`; the guests are not in yet."""
        self._channel, self._guests = channel, guests
        self.begin()

    def take_turn(self) -> None:
        """Ask somebody in, show somebody out, or say something and then change it."""
        if self.rng.random() < _CHANGES_MIND:
            self._say_and_change()
        else:
            self._ask_in_or_out()

    def _say_and_change(self) -> None:
        self._insist_on("send", content=f"{self.user} thinks")
        self._insist_on("edit", message_id=self.newest["message_id"], content=f"{self.user} thinks again")

    def _ask_in_or_out(self) -> None:
        absent = [name for name in self._guests if name not in self._present]
        is_welcome = self.rng.choice([True, True, False])
        if absent and is_welcome:
            guest = self.rng.choice(absent)
            self._present.append(guest)
            self._insist_on("add_members", user_ids=[guest])
        elif self._present:
            guest = self._present.pop(0)
            self._insist_on("remove_member", user_id=guest)

    def _insist_on(self, kind: str, **fields: Any) -> None:
        self.insist({self.client.new_id(): (kind, {"channel_id": self._channel, **fields})})


def has_gone_on(chatters: list[Chatter], more: int) -> Callable[[], bool]:
    """Whether each of them has had so many more answers than now."""
    goals = {chatter: chatter.acked + more for chatter in chatters}
    return lambda: all(chatter.acked >= goal for chatter, goal in goals.items())


def direct_channel(one: Client, other: str) -> str:
    """The direct chat of two people, opened."""
    written: frames.WrittenReply = one.write("open_direct", to=other)
    return written.channel_id
