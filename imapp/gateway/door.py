"""Who comes in: how many connections an address and a person may have here, and how often they may try."""

from collections import Counter

from imapp.errors import RequestError
from imapp.gateway.addresses import Network, client_address
from imapp.gateway.limits import Limits
from imapp.logs import get_log
from schemas.errors import ErrorCode

# What makes room is time that nobody knows; a client that comes back so much later does no harm.
_CROWDED_RETRY_S = 10.0

log = get_log("door")


class Door:
    """The limits of this gateway and what they are counted by. Nothing here waits."""

    def __init__(
        self,
        limits: Limits,
        *,
        trusted_proxies: tuple[Network, ...] = (),
        max_of_user: int = 0,
        max_of_address: int = 0,
    ) -> None:
        self.limits = limits
        self.max_of_user = max_of_user
        self._trusted = trusted_proxies
        self._max_of_address = max_of_address
        self._inside: Counter[str] = Counter()
        self._has_warned = False

    def address(self, peer: str | None, forwarded_for: str | None) -> str:
        """The address that a request counts for; see `addresses.client_address`."""
        address = client_address(peer or "", forwarded_for or "", self._trusted)
        if forwarded_for and address == peer and not self._has_warned:
            self._has_warned = True
            log.warning(
                "forwarded_for_ignored", peer=peer, hint="is it a proxy? name it in IM_TRUSTED_PROXIES"
            )
        return address

    def knock(self, address: str) -> None:
        """Somebody wants a connection.

        Raises:
            RequestError: `rate_limited`: too many at once, or too many are open.
        """
        most = self._max_of_address
        if most and self._inside[address] >= most:
            raise RequestError(ErrorCode.RATE_LIMITED, retry_after=_CROWDED_RETRY_S, connections=most)
        self.limits.connects.check(address)

    def enter(self, address: str) -> None:
        """He has it."""
        self._inside[address] += 1

    def leave(self, address: str) -> None:
        """He has it no longer."""
        self._inside[address] -= 1
        if self._inside[address] <= 0:
            del self._inside[address]
