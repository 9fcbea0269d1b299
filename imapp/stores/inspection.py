"""Looking at the database as an operator does: server, clock, durability, indexes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pymongo import MongoClient, ReadPreference

from imapp.stores.mongo import DURABLE, Document, mapped_errors
from imapp.stores.schema import missing_indexes
from imapp.stores.unindexed import UnindexedStore

_ANSWER_MS: Final = 3_000


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What MongoDB says of itself; `ahead_s` is how far its clock is ahead of ours."""

    version: tuple[int, ...]
    replica_set: str | None
    has_primary: bool
    ahead_s: float


class StoreInspection:
    """Asks with short time-outs. All methods raise StoreUnavailable when MongoDB does not answer in time."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        client: MongoClient[Document] = MongoClient(
            url,
            tz_aware=True,
            serverSelectionTimeoutMS=_ANSWER_MS,
            connectTimeoutMS=_ANSWER_MS,
            socketTimeoutMS=_ANSWER_MS,
            appname="imapp doctor",
        )
        self._database = client.get_default_database(default="imapp")
        self._clock = clock

    def close(self) -> None:
        """Drop the connection; nothing may be asked afterwards."""
        self._database.client.close()

    def server(self) -> ServerFacts:
        """Version, replica set, primary, clock; from any node that answers."""
        with mapped_errors():
            admin = self._database.client.admin
            anybody = ReadPreference.PRIMARY_PREFERRED
            asked = self._clock()
            hello: dict[str, Any] = admin.command("hello", read_preference=anybody)
            middle = (asked + self._clock()) / 2
            build = admin.command("buildInfo", read_preference=anybody)
        return ServerFacts(
            version=tuple(build["versionArray"][:3]),
            replica_set=hello.get("setName"),
            has_primary=bool(hello.get("isWritablePrimary") or hello.get("primary")),
            ahead_s=hello["localTime"].timestamp() - middle,
        )

    def write_durably(self) -> None:
        """Leave a note that a majority of the nodes has to confirm."""
        meta = self._database["meta"].with_options(write_concern=DURABLE)
        with mapped_errors():
            meta.update_one({"_id": "doctor"}, {"$currentDate": {"at": True}}, upsert=True)

    def missing_indexes(self) -> list[str]:
        """Names (collection.index) of indexes that should be there."""
        return missing_indexes(self._database)

    def epoch(self) -> str | None:
        """The epoch of the store; None if no process has started on it."""
        with mapped_errors():
            row = self._database["meta"].find_one({"_id": "store"})
        return row["epoch"] if row else None

    def unindexed(self) -> int:
        """How many entries Elasticsearch has refused."""
        return UnindexedStore(self._database).count()

    def parked(self) -> int:
        """How many commands are set aside."""
        with mapped_errors():
            return self._database["parked"].estimated_document_count()
