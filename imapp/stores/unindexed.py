"""Entries that Elasticsearch refused: collection `unindexed`. Their channels go on without them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo import ASCENDING, UpdateOne

from imapp.domain.ids import message_id, split_message_id
from imapp.stores.mongo import Database, Document, mapped_errors

_RANGES: Final = 200  # looked at in one command


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

    def park(self, reasons: Mapping[str, str], recalled: Collection[str] = ()) -> None:
        """Set these aside, by message id; doing it again changes nothing but the reason.

        Of those that are recalled the index may have an earlier form, which says what was taken back.
        """
        updates = [
            UpdateOne(
                {"_id": name},
                {
                    "$set": {"reason": why} | ({"recalled": True} if name in recalled else {}),
                    "$currentDate": {"at": True},
                },
                upsert=True,
            )
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

    def recalled(self) -> list[str]:
        """The ids of those that are recalled."""
        with mapped_errors():
            return [row["_id"] for row in self._rows.find({"recalled": True}, {"_id": 1})]

    def count(self) -> int:
        """How many wait."""
        with mapped_errors():
            return self._rows.estimated_document_count()

    def first_within(self, ranges: Sequence[tuple[str, int, int]]) -> list[tuple[str, int]]:
        """The first of each range (channel id, first, last seq) that has any: channel ids and seqs."""
        with mapped_errors():
            # Nearly always there are none at all, however many ranges.
            if self._rows.find_one({}, {"_id": 1}) is None:
                return []
            chunks = (ranges[start : start + _RANGES] for start in range(0, len(ranges), _RANGES))
            return [split_message_id(row["_id"]) for chunk in chunks for row in self._firsts(chunk)]

    def _firsts(self, ranges: Sequence[tuple[str, int, int]]) -> Iterable[Document]:
        first, *others = [_first(*wanted) for wanted in ranges]
        joined = [{"$unionWith": {"coll": self._rows.name, "pipeline": pipeline}} for pipeline in others]
        return self._rows.aggregate([*first, *joined])

    def page(self, after: str, limit: int) -> list[Refused]:
        """So many of them by message id, those after the given one."""
        with mapped_errors():
            rows = self._rows.find({"_id": {"$gt": after}}).sort("_id", ASCENDING).limit(limit)
            return [_refused(row) for row in rows]


def _first(channel_id: str, first: int, last: int) -> list[Document]:
    within = {"$gte": message_id(channel_id, first), "$lte": message_id(channel_id, last)}
    return [{"$match": {"_id": within}}, {"$sort": {"_id": ASCENDING}}, {"$limit": 1}]


def _refused(row: Document) -> Refused:
    return Refused(row["_id"], row["reason"], row["at"])
