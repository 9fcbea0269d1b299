"""Whether what a gateway depends on answers, and why not.

It is asked in the background, so whoever wants to know is answered at once, whatever hangs. A dependency is
taken for lost only after it has been silent for its grace: a restart of a writer or a slow second of the
database shall not turn a gateway away from its load balancer.
"""

import time
from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from imapp import metrics
from imapp.errors import ArchiveUnavailable, BrokerUnavailable, StoreUnavailable
from imapp.logs import get_log

_INTERVAL_S: Final = 1.0

log = get_log("health")


class Probe(NamedTuple):
    """How to ask a dependency: `ask` gives what is wrong, in words that strangers may read, or None.

    Without one that is not `needed` a process serves all the same, and says that it is missing.
    """

    name: str
    ask: Callable[[], str | None]
    grace_s: float
    needed: bool = True


class Dependency:
    """What is known of one dependency. `run` belongs to one greenlet; everything else never waits."""

    def __init__(self, probe: Probe, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = probe.name
        self.needed = probe.needed
        self._probe = probe
        self._clock = clock
        self._began_at = clock()
        self._good_at: float | None = None
        self._reason = "not asked yet"
        self._lost = False

    def problem(self) -> str | None:
        """Why it counts as lost; None if it has answered lately."""
        if self._good_at is None:
            return self._reason
        silent_s = self._clock() - self._good_at
        if silent_s <= self._probe.grace_s:
            return None
        return f"{self._reason} for {silent_s:.0f} s"

    def ask(self) -> None:
        """Ask once and remember the answer."""
        self._reason = "no answer"  # which is all there is to say of one that hangs from here on
        try:
            problem = self._probe.ask()
        except (StoreUnavailable, ArchiveUnavailable, BrokerUnavailable) as error:
            if not self._lost:
                log.warning("dependency_silent", dependency=self.name, error=str(error)[:300])
            return
        if problem is None:
            self._good_at = self._clock()
        else:
            self._reason = problem

    def note(self) -> None:
        """Count how it stands, and log it when that has changed."""
        problem = self.problem()
        metrics.dependency_up[self.name] = int(problem is None)
        if (problem is not None) is self._lost or (problem is not None and self._has_just_begun()):
            return
        self._lost = problem is not None
        if problem is None:
            log.info("dependency_back", dependency=self.name)
        else:
            log.warning("dependency_lost", dependency=self.name, reason=problem)

    def _has_just_begun(self) -> bool:
        """Whether there was no time yet to hear of it: nothing is lost that has not been found."""
        return self._good_at is None and self._clock() - self._began_at <= self._probe.grace_s

    def run(self) -> None:
        """Ask for ever."""
        while True:
            self.ask()
            time.sleep(_INTERVAL_S)


class HealthService:
    """All dependencies of a gateway."""

    def __init__(self, probes: Collection[Probe]) -> None:
        self.dependencies = [Dependency(probe) for probe in probes]

    @property
    def loops(self) -> list[Callable[[], None]]:
        """What must run in greenlets of their own for as long as the process lives."""
        return [*(dependency.run for dependency in self.dependencies), self._watch]

    def problems(self) -> dict[str, str | None]:
        """By name, why a dependency counts as lost, or None. Never waits."""
        return {dependency.name: dependency.problem() for dependency in self.dependencies}

    def can_serve(self) -> bool:
        """Whether none of those that are needed counts as lost. Never waits."""
        return all(one.problem() is None for one in self.dependencies if one.needed)

    def _watch(self) -> None:
        while True:
            for dependency in self.dependencies:
                dependency.note()
            time.sleep(_INTERVAL_S)
