"""Entries that Elasticsearch refused: collection `unindexed`. Their channels go on without them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo import ASCENDING, DeleteOne, UpdateOne

from imapp.domain.entries import RECALLED
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

    def park(self, reasons: Mapping[str, str], refused: Iterable[Document] = ()) -> None:
        """Set these aside, by message id, with what is known of the forms of them that were refused.

        Of those that are recalled the index may have an earlier form, which says what was taken back.
        """
        forms = {form["_id"]: form for form in refused}
        updates = [
            UpdateOne({"_id": name}, _aside(why, forms.get(name, {})), upsert=True)
            for name, why in reasons.items()
        ]
        if updates:
            with mapped_errors():
                self._rows.bulk_write(updates, ordered=False)

    def release(self, message_ids: Collection[str]) -> None:
        """These are to be in the index no more."""
        with mapped_errors():
            # Nearly always there are none, which is cheaper to ask than a thousand ids to delete.
            if self._any():
                self._rows.delete_many({"_id": {"$in": list(message_ids)}})

    def release_taken(self, forms: Iterable[Document]) -> None:
        """The index has taken these forms. What was refused in a later form stays: who writes may be late."""
        with mapped_errors():
            if not self._any():
                return
            revs = {form["_id"]: form["rev"] for form in forms}
            found = self._rows.find({"_id": {"$in": list(revs)}}, {"_id": 1})
            names = [row["_id"] for row in found]
            deletes = [DeleteOne({"_id": name, "rev": {"$not": {"$gt": revs[name]}}}) for name in names]
            if deletes:
                self._rows.bulk_write(deletes, ordered=False)

    def release_seen(self, rows: Iterable[Refused]) -> None:
        """These are in the index. What was set aside once more since stays."""
        deletes = [DeleteOne({"_id": row.message_id, "at": row.at}) for row in rows]
        if deletes:
            with mapped_errors():
                self._rows.bulk_write(deletes, ordered=False)

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
            if not self._any():
                return []
            chunks = (ranges[start : start + _RANGES] for start in range(0, len(ranges), _RANGES))
            return [split_message_id(row["_id"]) for chunk in chunks for row in self._firsts(chunk)]

    def within(self, channel_id: str, first: int, last: int) -> set[str]:
        """The ids of those of a channel from this seq to that one."""
        bounds = {"$gte": message_id(channel_id, first), "$lte": message_id(channel_id, last)}
        with mapped_errors():
            return {row["_id"] for row in self._rows.find({"_id": bounds}, {"_id": 1})}

    def _any(self) -> bool:
        return self._rows.find_one({}, {"_id": 1}) is not None

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


def _aside(reason: str, form: Document) -> Document:
    change: Document = {"$set": {"reason": reason}, "$currentDate": {"at": True}}
    if form.get("status") == RECALLED:
        change["$set"]["recalled"] = True
    if isinstance(rev := form.get("rev"), int):
        change["$max"] = {"rev": rev}
    return change


def _refused(row: Document) -> Refused:
    return Refused(row["_id"], row["reason"], row["at"])
