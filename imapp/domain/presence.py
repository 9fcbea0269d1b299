"""Who is online, worked out from what is stored: connections, the leases of their gateways, last endings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lease:
    """A gateway's lease: whether it lives by the database's clock, and when it was renewed last."""

    gateway: str
    alive: bool
    renewed_ms: int


@dataclass(frozen=True, slots=True)
class Seen:
    """When somebody's connection ended, and for how long after now he is still shown online (0: no more)."""

    at_ms: int
    fades_in_ms: int


@dataclass(frozen=True, slots=True)
class Presence:
    """How somebody is shown. `fades_in_ms` is above 0 for one who has gone, and may only be reloading a page.

    `last_seen_ms` is None for who is shown online, and for who was never here.
    """

    online: bool = False
    last_seen_ms: int | None = None
    fades_in_ms: int = 0

    def looks_like(self, other: "Presence") -> bool:
        """Whether nobody can see a difference."""
        return (self.online, self.last_seen_ms) == (other.online, other.last_seen_ms)


OFFLINE = Presence()
"""Who was never here; likewise who does not exist, or is disabled."""


def presence_of(gateways: Iterable[str], leases: Mapping[str, Lease], seen: Seen | None) -> Presence:
    """How somebody is shown whose connections are on these gateways.

    A connection counts while its gateway's lease lives. One on a dead gateway ended when that lease was last
    renewed, and has no grace: the rest of the lease was one. One without a lease was counted by who swept.
    """
    held = [leases[gateway] for gateway in gateways if gateway in leases]
    if any(lease.alive for lease in held):
        return Presence(online=True)
    if seen is not None and seen.fades_in_ms > 0:
        return Presence(online=True, fades_in_ms=seen.fades_in_ms)
    endings = [lease.renewed_ms for lease in held]
    endings += [seen.at_ms] if seen is not None else []
    return Presence(last_seen_ms=max(endings, default=None))
