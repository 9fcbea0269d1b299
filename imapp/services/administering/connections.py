"""Somebody's connections, on all gateways."""

from imapp.domain.entries import wire_time
from imapp.errors import BrokerUnavailable, RequestError
from imapp.services.administering.asking import ANSWER_S, LivingGateways, plain
from imapp.stores.connections import ConnectionRow, ConnectionStore
from imapp.stores.users import UserStore
from schemas.admin import AdminConnection, AdminConnectionPage, AdminPageQuery, Kicked
from schemas.errors import ErrorCode
from schemas.tasks import Kick


class ConnectionAdmin:
    """Lists connections, and closes them."""

    def __init__(self, users: UserStore, connections: ConnectionStore, gateways: LivingGateways) -> None:
        self._users = users
        self._connections = connections
        self._gateways = gateways

    def of_user(self, user_id: str, query: AdminPageQuery) -> AdminConnectionPage:
        """Somebody's connections by id, on gateways that live.

        Raises:
            RequestError: `not_found`.
        """
        self.check_exists(user_id)
        rows = self._connections.of_user(
            user_id, self._gateways.leases(), query.cursor or "", query.limit + 1
        )
        page = [_wire(row) for row in rows[: query.limit]]
        return AdminConnectionPage(
            connections=page, cursor=rows[len(page) - 1].connection_id if len(rows) > len(page) else None
        )

    def kick(self, user_id: str, connection_id: str | None) -> Kicked:
        """Close somebody's connections, or one of them, on all gateways; he may connect again.

        Raises:
            RequestError: `not_found`: no such person; `busy`: the gateways may not have been asked.
        """
        self.check_exists(user_id)
        try:
            answers, silent = self._gateways.ask(Kick(user_id=user_id, connection_id=connection_id or ""))
        except BrokerUnavailable as error:
            raise RequestError(ErrorCode.BUSY, retry_after=ANSWER_S) from error
        return Kicked(
            closed=sorted(name for answer in answers for name in answer.closed),
            silent=silent,
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
        connection_id=plain(row.connection_id),
        user_id=row.user_id,
        gateway=plain(row.gateway),
        device=row.device,
        since=wire_time(row.since_ms),
    )
