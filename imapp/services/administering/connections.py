"""Somebody's connections, on all gateways."""

from imapp.domain.entries import wire_time
from imapp.errors import RequestError
from imapp.stores.connections import ConnectionRow, ConnectionStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.users import UserStore
from schemas.admin import AdminConnection, AdminConnectionPage, AdminPageQuery
from schemas.errors import ErrorCode


class ConnectionAdmin:
    """Lists connections."""

    def __init__(self, users: UserStore, connections: ConnectionStore, gateways: GatewayStore) -> None:
        self._users = users
        self._connections = connections
        self._gateways = gateways

    def of_user(self, user_id: str, query: AdminPageQuery) -> AdminConnectionPage:
        """Somebody's connections by id, on gateways that live.

        Raises:
            RequestError: `not_found`.
        """
        self.check_exists(user_id)
        alive = [lease.gateway for lease in self._gateways.leases().values() if lease.alive]
        rows = self._connections.of_user(user_id, alive, query.cursor or "", query.limit + 1)
        page = [_wire(row) for row in rows[: query.limit]]
        return AdminConnectionPage(
            connections=page, cursor=page[-1].connection_id if len(rows) > len(page) else None
        )

    def check_exists(self, user_id: str) -> None:
        """Nothing, if there is such a person.

        Raises:
            RequestError: `not_found`.
        """
        if not self._users.profiles([user_id]):
            raise RequestError(ErrorCode.NOT_FOUND)


def _wire(row: ConnectionRow) -> AdminConnection:
    return AdminConnection(
        connection_id=row.connection_id,
        user_id=row.user_id,
        gateway=row.gateway,
        device=row.device,
        since=wire_time(row.since_ms),
    )
