"""Who is connected where: collection `connections`, one row from hello to the end and no write in between."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pymongo import DeleteOne, ReplaceOne

from imapp.stores.mongo import Database, Document, fast, mapped_errors, to_datetime, to_ms


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A connection that has said hello."""

    connection_id: str
    gateway: str
    user_id: str
    device: str
    since_ms: int


class ConnectionStore:
    """Writes connections in bulk; reads them by person and by gateway."""

    def __init__(self, database: Database) -> None:
        self._connections = fast(database["connections"])

    def change(self, came: Iterable[ConnectionRow], gone: Iterable[str]) -> None:
        """Put some and delete others, by connection id, in one write. Doing it again changes nothing."""
        changes: list[Any] = [
            ReplaceOne({"_id": row.connection_id}, _document(row), upsert=True) for row in came
        ]
        changes += [DeleteOne({"_id": connection_id}) for connection_id in gone]
        if changes:
            with mapped_errors():
                self._connections.bulk_write(changes, ordered=False)

    def of_user(self, user_id: str, gateways: Iterable[str], after: str, limit: int) -> list[ConnectionRow]:
        """Somebody's connections to these gateways by id, those after the given one."""
        wanted = {"user": user_id, "gateway": {"$in": list(gateways)}, "_id": {"$gt": after}}
        with mapped_errors():
            return [_row(row) for row in self._connections.find(wanted).sort("_id", 1).limit(limit)]

    def gateways_of(self, user_ids: Iterable[str]) -> dict[str, set[str]]:
        """On which gateways these people have connections, by user id."""
        found: dict[str, set[str]] = {}
        wanted = {"user": {"$in": list(user_ids)}}
        with mapped_errors():
            for row in self._connections.find(wanted, {"_id": 0, "user": 1, "gateway": 1}):
                found.setdefault(row["user"], set()).add(row["gateway"])
        return found

    def users_on(self, gateway: str) -> list[str]:
        """Everybody who has a connection on a gateway."""
        with mapped_errors():
            return [str(user) for user in self._connections.distinct("user", {"gateway": gateway})]

    def ids_on(self, gateway: str) -> list[str]:
        """The ids of all connections of a gateway."""
        with mapped_errors():
            return [row["_id"] for row in self._connections.find({"gateway": gateway}, {"_id": 1})]

    def gateways(self) -> set[str]:
        """Every gateway that is named by a connection."""
        with mapped_errors():
            return {str(gateway) for gateway in self._connections.distinct("gateway")}

    def delete_of(self, gateway: str) -> None:
        """Delete all connections of a gateway."""
        with mapped_errors():
            self._connections.delete_many({"gateway": gateway})


def _row(row: Document) -> ConnectionRow:
    return ConnectionRow(row["_id"], row["gateway"], row["user"], row["device"], to_ms(row["since"]))


def _document(row: ConnectionRow) -> Document:
    return {
        "gateway": row.gateway,
        "user": row.user_id,
        "device": row.device,
        "since": to_datetime(row.since_ms),
    }
