"""Commands that kill their writer: collections `attempts` and `parked`."""

from dataclasses import dataclass
from typing import Final

from pymongo import ReturnDocument

from imapp.stores.mongo import Database, Document, mapped_errors


@dataclass(frozen=True, slots=True)
class Attempt:
    """How often a batch was redelivered, and how often each command was begun alone without an end."""

    redeliveries: int
    begun: dict[int, int]
    parked: frozenset[int]


UNSEEN: Final = Attempt(0, {}, frozenset())
"""What is known of a batch that came for the first time."""


class AttemptStore:
    """Remembers, across the death of a writer, what it was doing."""

    def __init__(self, database: Database) -> None:
        self._attempts = database["attempts"]
        self._parked = database["parked"]

    def count(self, batch_id: str, *, redelivered: bool) -> Attempt:
        """What is known of a batch's earlier runs, with one more redelivery noted if this is one.

        A batch that its gateway sent again may only be late, so that alone makes it no suspect.
        """
        with mapped_errors():
            row = self._attempts.find_one_and_update(
                {"_id": batch_id},
                {"$inc": {"redeliveries": int(redelivered)}, "$currentDate": {"at": True}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        assert row is not None, "an upsert returns its document"
        begun = {int(index): count for index, count in row.get("begun", {}).items()}
        return Attempt(row["redeliveries"], begun, frozenset(row.get("parked", ())))

    def begin(self, batch_id: str, index: int) -> None:
        """Note, durably and beforehand, that a command begins to run alone."""
        self._note(batch_id, {"$inc": {f"begun.{index}": 1}})

    def end(self, batch_id: str, index: int) -> None:
        """Note that it did its writer no harm."""
        self._note(batch_id, {"$unset": {f"begun.{index}": ""}})

    def park(self, batch_id: str, index: int, command: bytes, reason: str) -> None:
        """Set a command aside for the operators. Parking it again changes nothing."""
        with mapped_errors():
            self._parked.update_one(
                {"_id": f"{batch_id}.{index}"},
                {"$setOnInsert": {"command": command, "reason": reason}, "$currentDate": {"at": True}},
                upsert=True,
            )
            self._attempts.update_one(
                {"_id": batch_id},
                {
                    "$addToSet": {"parked": index},
                    "$currentDate": {"at": True},
                },
                upsert=True,
            )

    def _note(self, batch_id: str, change: Document) -> None:
        with mapped_errors():
            self._attempts.update_one(
                {"_id": batch_id}, {**change, "$currentDate": {"at": True}}, upsert=True
            )

    def parked(self) -> int:
        """How many commands are set aside."""
        with mapped_errors():
            return self._parked.estimated_document_count()
