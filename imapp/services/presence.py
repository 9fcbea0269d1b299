"""Who is online, for whoever asks, in a gateway or a worker; and the sweeping of gateways that died."""

from collections.abc import Collection

from imapp.domain.entries import wire_time
from imapp.domain.presence import Presence, presence_of
from imapp.logs import get_log
from imapp.stores.connections import ConnectionStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.last_seen import LastSeenStore
from imapp.stores.users import UserStore
from schemas.presence import PresenceList, UserPresence

log = get_log("presence")


class PresenceService:
    """Reads presence as it is now. Any thread may use it."""

    def __init__(
        self,
        *,
        gateways: GatewayStore,
        connections: ConnectionStore,
        last_seen: LastSeenStore,
        users: UserStore,
    ) -> None:
        self._gateways = gateways
        self._connections = connections
        self._last_seen = last_seen
        self._users = users

    def online(self, user_ids: Collection[str]) -> set[str]:
        """Those of these people who have a connection now, on a gateway that lives: it reaches them.

        Stricter than what others are shown: there is no grace period. A connection counts some tenths of a
        second after its hello, and until its gateway's lease runs out if that died.

        Raises:
            StoreUnavailable: it is not known.
        """
        held = self._connections.gateways_of(user_ids)
        if not held:
            return set()
        alive = {lease.gateway for lease in self._gateways.leases().values() if lease.alive}
        return {user_id for user_id, gateways in held.items() if gateways & alive}

    def presence(self, user_ids: Collection[str]) -> dict[str, Presence]:
        """How each of these people is shown, in this order. Who does not exist or is disabled is offline.

        Raises:
            StoreUnavailable: it is not known.
        """
        active = self._users.active(user_ids)
        # Endings after connections: they are stored before the connection's row is deleted.
        held = self._connections.gateways_of(active)
        leases = self._gateways.leases()
        seen = self._last_seen.find(active)
        return {
            user_id: presence_of(held.get(user_id, ()), leases, seen.get(user_id)) for user_id in user_ids
        }

    def listed(self, user_ids: Collection[str]) -> PresenceList:
        """How each of these people is shown, as clients see it; raises as `presence` does."""
        return PresenceList(users=[wire_presence(*shown) for shown in self.presence(user_ids).items()])

    def sweep(self) -> set[str]:
        """Delete what dead gateways left behind, note when their people were last seen; gives these people.

        Anybody may call it at any time. What one does not finish the next one does again.

        Raises:
            StoreUnavailable: the rest is for the next time.
        """
        people: set[str] = set()
        while (dead := self._gateways.claim_dead()) is not None:
            held = self._connections.users_on(dead.gateway)
            self._last_seen.lost(held, dead.renewed_ms)
            self._connections.delete_of(dead.gateway)
            self._gateways.delete(dead.gateway)
            log.warning("gateway_swept", gateway=dead.gateway, people=len(held))
            people.update(held)
        self._sweep_orphans()
        return people

    def _sweep_orphans(self) -> None:
        """Rows that a gateway wrote late, after it was swept: they count for nothing already."""
        named = self._connections.gateways()
        # In this order: a lease is opened before the first connection names it.
        for gateway in named - self._gateways.leases().keys():
            self._connections.delete_of(gateway)


def wire_presence(user_id: str, presence: Presence) -> UserPresence:
    """Somebody's presence as clients see it."""
    last_seen = None if presence.last_seen_ms is None else wire_time(presence.last_seen_ms)
    return UserPresence(user_id=user_id, online=presence.online, last_seen=last_seen)
