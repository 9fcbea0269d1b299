"""How much one person, address or connection may ask of this gateway.

A token bucket per limit and key, kept as one number: when it will be full again. What is full needs no
memory, so idle keys cost nothing. Each gateway process counts for itself; the counts that must hold over all
of them are taken from the store (`imapp.services.identity.quotas`).
"""

import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self

from imapp.errors import RequestError
from schemas.commands import (
    AddMembers,
    AnswerJoinRequests,
    AnyCommand,
    CreateGroup,
    OpenDirect,
    PeopleCommand,
    SendMessage,
)
from schemas.errors import ErrorCode

_PRUNE_ABOVE: Final = 1_000
# A write that concerns many people is as much work for the store as this many of them are single writes.
_PEOPLE_PER_TOKEN: Final = 50


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second in the long run, and so many at once; 0 a second stands for no limit."""

    per_s: float
    burst: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `RATE/BURST`, or `0` for no limit, as in the settings."""
        per_s, _, burst = text.partition("/")
        return cls(float(per_s), int(burst or 0))


class Limit:
    """A token bucket for each key. Nothing here waits."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1 / rate.per_s if rate.per_s else 0.0
        self._burst = max(1, rate.burst)
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}
        self._prune_above = _PRUNE_ABOVE
        self.refused = 0

    def take(self, key: Hashable, cost: float = 1.0) -> float:
        """Take tokens; 0 if there were enough, else how many seconds until there are, and none is taken."""
        if not self._interval:
            return 0.0
        now = self._clock()
        full_at = self._full_at.get(key, now)
        # What costs more than fits into a bucket takes a whole one: it is rare, not forbidden.
        after = max(now, full_at) + min(cost, self._burst) * self._interval
        wait = after - now - self._burst * self._interval
        if wait > 1e-9:
            self.refused += 1
            return wait
        self._full_at[key] = after
        if len(self._full_at) > self._prune_above:
            self._prune(now)
        return 0.0

    def delay(self, key: Hashable) -> float:
        """In how many seconds there will be a token; 0 for now."""
        return max(0.0, self._full_at.get(key, 0.0) - self._clock() - (self._burst - 1) * self._interval)

    def check(self, key: Hashable, cost: float = 1.0) -> None:
        """Take tokens.

        Raises:
            RequestError: `rate_limited`, with when to come again.
        """
        wait = self.take(key, cost)
        if wait:
            raise RequestError(ErrorCode.RATE_LIMITED, retry_after=rounded(wait))

    def __len__(self) -> int:
        return len(self._full_at)

    def _prune(self, now: float) -> None:
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        self._prune_above = 2 * len(self._full_at) + _PRUNE_ABOVE


class Limits:
    """All limits of this gateway, by name; see `docs/limits.md`."""

    NAMES: Final = (
        *("sends", "writes", "creates", "uploads"),  # by person
        *("history", "sync", "lists", "searches", "marks", "nudges", "requests"),  # by person
        "frames",  # by connection
        *("connects", "failures"),  # by address
    )

    def __init__(self, rates: Mapping[str, Rate], clock: Callable[[], float] = time.monotonic) -> None:
        made = {name: Limit(rates.get(name, Rate(0, 0)), clock) for name in self.NAMES}
        self.sends, self.writes, self.creates = made["sends"], made["writes"], made["creates"]
        self.uploads, self.searches = made["uploads"], made["searches"]
        self.history, self.sync, self.lists = made["history"], made["sync"], made["lists"]
        self.marks, self.nudges = made["marks"], made["nudges"]
        self.requests, self.frames = made["requests"], made["frames"]
        self.connects, self.failures = made["connects"], made["failures"]

    def take_command(self, command: AnyCommand) -> float:
        """Take what a write costs its actor; 0, or how many seconds to wait."""
        if type(command) is SendMessage:
            return self.sends.take(command.actor)
        return self._of(command).take(command.actor, cost_of(command))

    @contextmanager
    def counting(self, command: PeopleCommand) -> Iterator[None]:
        """While it is counted whether a write may be; a refusal then costs as much as the write.

        Raises:
            RequestError: `rate_limited`: not even counting is allowed now.
        """
        limit = self._of(command)
        wait = limit.delay(command.actor)
        if wait:
            raise RequestError(ErrorCode.RATE_LIMITED, retry_after=rounded(wait))
        try:
            yield
        except RequestError:
            limit.take(command.actor, cost_of(command))
            raise

    @contextmanager
    def attempt(self, address: str) -> Iterator[None]:
        """Somebody at an address tries to prove who he is; a failure counts against the address.

        Raises:
            RequestError: `rate_limited`, if there were too many failures already.
        """
        # Looked at before, so that who guesses on does not even have his guess verified.
        wait = self.failures.delay(address)
        if wait:
            raise RequestError(ErrorCode.RATE_LIMITED, retry_after=rounded(wait))
        try:
            yield
        except RequestError as error:
            if error.code is ErrorCode.UNAUTHORIZED:
                self.failures.take(address)
            raise

    def _of(self, command: AnyCommand) -> Limit:
        """What a write other than a message counts for."""
        return self.creates if isinstance(command, CreateGroup | OpenDirect) else self.writes


def weight_of(command: AnyCommand) -> int:
    """How many plain sends a write is worth for its writer: one, and one for each person it concerns."""
    if isinstance(command, AddMembers | CreateGroup | AnswerJoinRequests):
        return 1 + len(command.user_ids)
    return 1


def cost_of(command: AnyCommand) -> float:
    """How many tokens of `writes` or `creates` a write takes."""
    return 1 + (weight_of(command) - 1) // _PEOPLE_PER_TOKEN


def rounded(wait: float) -> float:
    """Up to milliseconds, so that who waits exactly so long is not a moment early."""
    return int(wait * 1000 + 1) / 1000
