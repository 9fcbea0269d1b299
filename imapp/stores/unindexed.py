"""Entries that Elasticsearch refused: collection `unindexed`. Their channels go on without them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING, UpdateOne

from imapp.stores.mongo import Database, Document, mapped_errors


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that is not in the index, why, and since when."""

    message_id: str
    reason: str
    at: datetime


class UnindexedStore:
    """One row an entry, by message id."""

    def __init__(self, database: Database) -> None:
        self._rows = database["unindexed"]

    def park(self, reasons: Mapping[str, str]) -> None:
        """Set these aside, by message id; doing it again changes nothing but the reason."""
        updates = [
            UpdateOne({"_id": name}, {"$set": {"reason": why}, "$currentDate": {"at": True}}, upsert=True)
            for name, why in reasons.items()
        ]
        if updates:
            with mapped_errors():
                self._rows.bulk_write(updates, ordered=False)

    def release(self, message_ids: Collection[str]) -> None:
        """These are in the index."""
        with mapped_errors():
            # Nearly always there are none, which is cheaper to ask than a thousand ids to delete.
            if self._rows.find_one({}, {"_id": 1}) is not None:
                self._rows.delete_many({"_id": {"$in": list(message_ids)}})

    def count(self) -> int:
        """How many wait."""
        with mapped_errors():
            return self._rows.estimated_document_count()

    def page(self, after: str, limit: int) -> list[Refused]:
        """So many of them by message id, those after the given one."""
        with mapped_errors():
            rows = self._rows.find({"_id": {"$gt": after}}).sort("_id", ASCENDING).limit(limit)
            return [_refused(row) for row in rows]


def _refused(row: Document) -> Refused:
    return Refused(row["_id"], row["reason"], row["at"])
