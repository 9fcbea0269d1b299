"""When people were here last: collection `last_seen`, one row a person.

A collection of its own, because `users` belongs to the company's directory, which may replace its documents.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from pymongo import UpdateOne

from imapp.domain.presence import Seen
from imapp.stores.mongo import Database, Document, fast, mapped_errors, to_datetime, to_ms

_CHUNK: Final = 1_000


class LastSeenStore:
    """Writes endings in bulk, in any order and any number of times: the latest one stays."""

    def __init__(self, database: Database) -> None:
        self._seen = fast(database["last_seen"])

    def ended(self, ages_s: Iterable[tuple[str, float]], grace_s: float) -> None:
        """These people's connections ended so many seconds ago; they are shown online for the grace period.

        Ages, because only the database's clock is the same for all.
        """
        self._write((user_id, _ended(age_s, grace_s)) for user_id, age_s in ages_s)

    def lost(self, user_ids: Iterable[str], at_ms: int) -> None:
        """These people were seen last at a time of the database's clock, and not shown online after it."""
        change: Document = {"at": {"$max": ["$at", to_datetime(at_ms)]}}
        self._write((user_id, change) for user_id in user_ids)

    def find(self, user_ids: Iterable[str]) -> dict[str, Seen]:
        """What is known of these people, by user id."""
        left: Document = {"$subtract": ["$online_until", "$$NOW"]}  # null for who had no grace
        pipeline: list[Document] = [
            {"$match": {"_id": {"$in": list(user_ids)}}},
            {"$project": {"at": 1, "left": left}},
        ]
        with mapped_errors():
            return {
                row["_id"]: Seen(to_ms(row["at"]), max(0, row.get("left") or 0))
                for row in self._seen.aggregate(pipeline)
            }

    def _write(self, changes: Iterable[tuple[str, Document]]) -> None:
        updates = (
            UpdateOne({"_id": user_id}, [{"$set": change}], upsert=True) for user_id, change in changes
        )
        while chunk := list(islice(updates, _CHUNK)):
            with mapped_errors():
                self._seen.bulk_write(chunk, ordered=False)


def _ended(age_s: float, grace_s: float) -> Document:
    at: Document = {"$subtract": ["$$NOW", round(age_s * 1000)]}
    until: Document = {"$add": ["$$NOW", round((grace_s - age_s) * 1000)]}
    return {"at": {"$max": ["$at", at]}, "online_until": {"$max": ["$online_until", until]}}
