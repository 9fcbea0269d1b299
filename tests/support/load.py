"""A crowd that keeps talking while a fault happens, and the judgement of what everybody saw."""

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self

from imapp.domain.ids import direct_key, shard_of
from tests.support.chatter import Busybody, Chatter, Host, direct_channel
from tests.support.cluster import Cluster
from tests.support.endpoint import Endpoint
from tests.support.history import Resynced
from tests.support.marks import Marks
from tests.support.marks_shown import MarksAudit, Participants
from tests.support.report import Finding, Report
from tests.support.scene import Scene
from tests.support.waiting import eventually

_BEGIN_S: Final = 60.0
_NAMED: Final = 5
RECOVERY_S: Final = 60.0
"""How long everybody may take to be whole again; ample, for a busy machine."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many talk, and how busily: each sends `window` texts at once every `pause_s` or so.

    Pairs write to each other; each group has an owner who asks two people of the pairs in and shows them
    out again, all the time, and edits what he says. In each group is somebody who is never connected.
    """

    pairs: int = 6
    groups: int = 4
    group_size: int = 6
    window: int = 3
    pause_s: float = 1.0


class Load:
    """The crowd on one cluster. Leaving the block without an error ends the talk and judges it."""

    def __init__(
        self, scene: Scene, crowd: Crowd, rng: random.Random, *, endpoint: Endpoint | None = None
    ) -> None:
        """`endpoint` is where the cluster tells those who are not connected."""
        self.scene = scene
        self.judges_marks = True
        """Whether receipts, unread numbers and pushes are judged as well: unless a fault may lose marks."""
        self.marks = Marks()
        self._endpoint = endpoint
        self._absent: list[str] = []
        self.recovered_s = 0.0
        """The longest that it took until everybody was whole again; `lately_s` after the last fault."""
        self.lately_s = 0.0
        self.report: Report | None = None
        """What the checker said; None until it has judged."""
        self._crowd = crowd
        self._rng = rng
        self.pairs: list[Chatter] = []
        self.groups: list[Chatter] = []
        self.hosts: list[Host] = []
        self.pair_channels: list[str] = []
        self.group_channels: list[str] = []
        self._hurt_at = 0.0

    @property
    def cluster(self) -> Cluster:
        """Whom it loads."""
        return self.scene.cluster

    @property
    def everybody(self) -> Sequence[Busybody]:
        """Who does something."""
        return [*self.pairs, *self.groups, *self.hosts]

    @property
    def acked(self) -> int:
        """How many writes are answered so far."""
        return sum(person.acked for person in self.everybody)

    @property
    def refusals(self) -> int:
        """How often somebody was told to come again."""
        return sum(person.refusals for person in self.everybody)

    @property
    def resyncs(self) -> int:
        """How often somebody was told that he may have missed something."""
        return sum(isinstance(step, Resynced) for step in self.scene.recorder.steps())

    @property
    def silences(self) -> int:
        """How often a gateway did not answer at all."""
        return sum(person.silences for person in self.everybody)

    def __enter__(self) -> Self:
        try:
            self._gather()
            for person, channel in zip(self.pairs, self.pair_channels * 2, strict=True):
                person.talk(channel)
            for number, person in enumerate(self.groups):
                person.talk(self.group_channels[number % len(self.group_channels)])
            for number, host in enumerate(self.hosts):
                guests = [self.pairs[(number + step) % len(self.pairs)].user for step in (0, 1)]
                host.receive(self.group_channels[number], guests)
            self.wait_whole("everybody has begun", timeout=_BEGIN_S)
        except BaseException:
            self._give_up()
            raise
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            self._stop()
            if kind is None:
                self._end()
        finally:
            self._give_up()

    # ---- while it runs

    def wait_moment(self) -> None:
        """Return at a random moment soon."""
        goal = self.acked + self._rng.randrange(2 * len(self.everybody))
        eventually(lambda: self.acked >= goal, timeout=_BEGIN_S, what="some more answers")

    def wait_time(self, seconds: float) -> None:
        """Let a fault last for a time."""
        time.sleep(seconds)

    def hurts_now(self) -> None:
        """The fault, or its end, is now: the time to recovery counts from here."""
        self._hurt_at = time.monotonic()

    def wait_recovered(self, within: float = RECOVERY_S, *, promise: str = "everybody is served") -> None:
        """Return when everybody has had an answer to something that he began after `hurts_now`.

        Raises:
            AssertionError: somebody has not, which breaks this promise; says who.
        """
        with suppress(AssertionError):  # who still waits then is for us to say
            self.wait_whole("everybody is whole again", timeout=within, since=self._hurt_at)
        waiting = [person for person in self.everybody if person.whole_since < self._hurt_at]
        assert not waiting, f"{promise}: but {len(waiting)} of {len(self.everybody)}: {_named(waiting)}"
        self.notes_recovery()

    def notes_recovery(self) -> None:
        """All is as it should be since now."""
        self.lately_s = time.monotonic() - self._hurt_at
        self.recovered_s = max(self.recovered_s, self.lately_s)

    def calm_s(self) -> float:
        """How long it takes, with nothing hurt, until everybody has begun something and has his answer."""
        began = time.monotonic()
        self.wait_whole("everybody has another answer", timeout=RECOVERY_S)
        return time.monotonic() - began

    def wait_going_on(self, more: int) -> None:
        """Return when so many more writes are answered."""
        goal = self.acked + more
        eventually(lambda: self.acked >= goal, timeout=RECOVERY_S, what=f"{more} more answers")

    def hush(self) -> None:
        """Everybody stops, once what he sent is answered; raises what went wrong."""
        self._stop()
        for person in self.everybody:
            person.hush()
            person.acknowledge_all()

    def wait_whole(self, what: str, *, timeout: float, since: float | None = None) -> None:
        """Return when everybody has begun something after a time, now by default, and it is answered."""
        since = time.monotonic() if since is None else since

        def is_whole() -> bool:
            for person in self.everybody:
                person.raise_failure()
            return all(person.whole_since >= since for person in self.everybody)

        eventually(is_whole, timeout=timeout, what=what)

    def say_result(self, name: str) -> None:
        """Print what the fault did to whom; nothing if nobody has judged it."""
        if self.report is not None:
            print(f"\n{name}: {self.report.summary()}, recovered within {self.recovered_s:.1f} s")

    # ---- inside

    def _gather(self) -> None:
        crowd = self._crowd
        pairs = self._paired(self.scene.people(*(f"p{number}" for number in range(2 * crowd.pairs))))
        members = self.scene.people(*(f"g{number}" for number in range(crowd.groups * crowd.group_size)))
        self.pairs = [self._chatter(user) for user in pairs]
        self.groups = [self._chatter(user) for user in members]
        for one, other in zip(self.pairs[: crowd.pairs], pairs[crowd.pairs :], strict=True):
            self.pair_channels.append(direct_channel(one.client, other))
        for number in range(crowd.groups):
            (owner,) = self.scene.people(f"host{number}")
            host = Host(self.scene, owner, rng=self._chance(), gateway=self._gateway(), pause_s=crowd.pause_s)
            self.hosts.append(host)
            self._absent += self.scene.people(f"away{number}")
            group = [*members[number :: crowd.groups], self._absent[-1]]
            made = host.client.write("create_group", name=f"group {number}", user_ids=group)
            self.group_channels.append(made.channel_id)
        for person in self.everybody:
            person.marks = self.marks

    def _end(self) -> None:
        try:
            self.hush()
        finally:  # a broken promise says more than that somebody still waits
            untrue = self._audit()
            self.report = self.scene.judge()
            self.report.untrue += untrue
            self.report.raise_if_broken()

    def _audit(self) -> list[Finding]:
        """What is shown of receipts, unread numbers and pushes otherwise than it was said."""
        if not self.judges_marks:
            return []
        people = Participants([person.user for person in self.everybody], self._absent, self._endpoint)
        channels = [*self.pair_channels, *self.group_channels]
        return MarksAudit(self.scene, self.marks, channels, people).findings(self._rng)

    def _paired(self, users: Sequence[str]) -> list[str]:
        """These people in such an order that the pairs of first and second half reach every shard."""
        ones, others = users[: len(users) // 2], users[len(users) // 2 :]
        for turn in range(len(others)):
            turned = [*others[turn:], *others[:turn]]
            keys = [direct_key(one, other) for one, other in zip(ones, turned, strict=True)]
            if len({shard_of(key, self.cluster.shards) for key in keys}) == self.cluster.shards:
                return [*ones, *turned]
        raise AssertionError("no order reaches every shard")

    def _chatter(self, user: str) -> Chatter:
        return Chatter(
            self.scene,
            user,
            rng=self._chance(),
            gateway=self._gateway(),
            window=self._crowd.window,
            pause_s=self._crowd.pause_s,
        )

    def _chance(self) -> random.Random:
        """Chance for one thread, which comes the same again with the same seed."""
        return random.Random(self._rng.random())

    def _gateway(self) -> int:
        return self._rng.randrange(len(self.cluster.gateway_urls))

    def _stop(self) -> None:
        for person in self.everybody:
            person.stop()

    def _give_up(self) -> None:
        for person in self.everybody:
            person.stop()
            person.give_up()


def _named(people: Sequence[Busybody]) -> str:
    """Some of these people, and how they fare."""
    told = [
        f"{person.user} at gateway-{person.gateway} (acked {person.acked}, told to come again "
        f"{person.refusals}, not answered {person.silences} times)"
        for person in people[:_NAMED]
    ]
    return "; ".join(told)
