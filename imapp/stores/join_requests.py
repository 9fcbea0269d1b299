"""Who waits to be let into which group, and who was refused lately: collection `join_requests`."""

from collections.abc import Iterable

from pymongo import ASCENDING, DeleteOne, IndexModel, ReplaceOne
from pymongo.client_session import ClientSession

from imapp.domain.channel import JoinRequest
from imapp.domain.decisions import Accepted
from imapp.stores.mongo import Database, Document, mapped_errors, to_datetime, to_ms

INDEXES = [IndexModel([("channel_id", ASCENDING), ("user_id", ASCENDING)], unique=True, name="channel")]


class JoinRequestStore:
    """Reads requests by channel; writes them with the command that made or answered them."""

    def __init__(self, database: Database) -> None:
        self._requests = database["join_requests"]

    def of_channels(self, channel_ids: Iterable[str]) -> dict[str, dict[str, JoinRequest]]:
        """All that is known of these channels, by channel and user id."""
        found: dict[str, dict[str, JoinRequest]] = {}
        with mapped_errors():
            for row in self._requests.find({"channel_id": {"$in": list(channel_ids)}}):
                found.setdefault(row["channel_id"], {})[row["user_id"]] = _request(row)
        return found

    def find(self, channel_id: str, user_id: str) -> JoinRequest | None:
        """What is known of somebody's request."""
        with mapped_errors():
            row = self._requests.find_one({"_id": _key(channel_id, user_id)})
        return _request(row) if row else None

    def page(
        self, channel_id: str, *, refused: bool, since_ms: int, after: str, limit: int
    ) -> list[JoinRequest]:
        """Who waits or was refused, since a time or less long, by user id, those after the given one."""
        wanted = {
            "channel_id": channel_id,
            "user_id": {"$gt": after},
            "refused": refused,
            "at": {"$gt": to_datetime(since_ms)},
        }
        with mapped_errors():
            return [_request(row) for row in self._requests.find(wanted).sort("user_id", 1).limit(limit)]

    def store(self, accepted: Accepted, session: ClientSession) -> None:
        """Write the requests that a command makes, answers or forgets, as part of a transaction."""
        assert accepted.change is not None
        name = accepted.channel_id
        updates: list[ReplaceOne[Document] | DeleteOne] = [
            ReplaceOne({"_id": _key(name, request.user_id)}, _row(name, request), upsert=True)
            for request in accepted.change.requests
        ]
        updates += [DeleteOne({"_id": _key(name, user_id)}) for user_id in accepted.change.settled]
        if updates:
            with mapped_errors():
                self._requests.bulk_write(updates, ordered=False, session=session)


def _key(channel_id: str, user_id: str) -> str:
    return f"{channel_id}:{user_id}"


def _row(channel_id: str, request: JoinRequest) -> Document:
    return {
        "_id": _key(channel_id, request.user_id),
        "channel_id": channel_id,
        "user_id": request.user_id,
        "by": request.by,
        "reason": request.reason,
        "at": to_datetime(request.at_ms),
        "refused": request.refused,
    }


def _request(row: Document) -> JoinRequest:
    return JoinRequest(row["user_id"], row["by"], row["reason"], to_ms(row["at"]), row["refused"])
