"""Somebody's connections, on all gateways."""

import re
from collections.abc import Collection
from typing import Final, Protocol

from imapp.domain.entries import wire_time
from imapp.errors import BrokerUnavailable, RequestError
from imapp.stores.connections import ConnectionRow, ConnectionStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.users import UserStore
from schemas.admin import AdminConnection, AdminConnectionPage, AdminPageQuery, Kicked
from schemas.errors import ErrorCode
from schemas.tasks import FindPassages, InquiryAnswer, Kick

ANSWER_S: Final = 1.0
"""How long the gateways have to answer."""

_TERM: Final = re.compile(r"~[0-9]+(?=\.|\Z)")


class Asker(Protocol):
    """Asks all gateways; see `imapp.broker.asking`."""

    def ask(
        self, question: Kick | FindPassages, gateways: Collection[str], *, within_s: float
    ) -> list[InquiryAnswer]:
        """The answers that come in time; raises BrokerUnavailable."""


class ConnectionAdmin:
    """Lists connections, and closes them."""

    def __init__(
        self, users: UserStore, connections: ConnectionStore, gateways: GatewayStore, asker: Asker
    ) -> None:
        self._asker = asker
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
            connections=page, cursor=rows[len(page) - 1].connection_id if len(rows) > len(page) else None
        )

    def kick(self, user_id: str, connection_id: str | None) -> Kicked:
        """Close somebody's connections, or one of them, on all gateways; he may connect again.

        Raises:
            RequestError: `not_found`: no such person; `busy`: the gateways may not have been asked.
        """
        self.check_exists(user_id)
        alive = {plain(lease.gateway) for lease in self._gateways.leases().values() if lease.alive}
        question = Kick(user_id=user_id, connection_id=connection_id or "")
        try:
            answers = self._asker.ask(question, alive, within_s=ANSWER_S)
        except BrokerUnavailable as error:
            raise RequestError(ErrorCode.BUSY, retry_after=ANSWER_S) from error
        return Kicked(
            closed=sorted(name for answer in answers for name in answer.closed),
            silent=sorted(alive - {answer.gateway for answer in answers}),
        )

    def check_exists(self, user_id: str) -> None:
        """Nothing, if there is such a person.

        Raises:
            RequestError: `not_found`.
        """
        if not self._users.profiles([user_id]):
            raise RequestError(ErrorCode.NOT_FOUND)


def plain(name: str) -> str:
    """What a gateway or a connection calls itself; in the store its later leases have a number (`~2`)."""
    return _TERM.sub("", name)


def _wire(row: ConnectionRow) -> AdminConnection:
    return AdminConnection(
        connection_id=plain(row.connection_id),
        user_id=row.user_id,
        gateway=plain(row.gateway),
        device=row.device,
        since=wire_time(row.since_ms),
    )
