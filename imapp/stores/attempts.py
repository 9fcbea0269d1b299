"""Commands that kill their writer: collections `attempts` and `parked`."""

from dataclasses import dataclass

from pymongo import ReturnDocument

from imapp.stores.mongo import Database, mapped_errors


@dataclass(frozen=True, slots=True)
class Attempt:
    """How often a batch was redelivered, and which command was running alone when its writer died."""

    redeliveries: int
    running: int | None
    parked: frozenset[int]


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
        return Attempt(row["redeliveries"], row.get("running"), frozenset(row.get("parked", ())))

    def running(self, batch_id: str, index: int | None) -> None:
        """Note, durably and beforehand, which command runs alone now."""
        with mapped_errors():
            self._attempts.update_one(
                {"_id": batch_id},
                {"$set": {"running": index}, "$currentDate": {"at": True}},
                upsert=True,
            )

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
                    "$set": {"running": None},
                    "$currentDate": {"at": True},
                },
                upsert=True,
            )

    def parked(self) -> int:
        """How many commands are set aside."""
        with mapped_errors():
            return self._parked.estimated_document_count()
