"""Who does a periodic job, and how far it has come: collection `leases`. Times are the database's own."""

from datetime import UTC, datetime
from typing import Final

from imapp.stores.mongo import Database, Document, mapped_errors

_NOW: Final = "$$NOW"
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LeaseStore:
    """One row a job."""

    def __init__(self, database: Database) -> None:
        self._leases = database["leases"]

    def take(self, job: str, for_s: float) -> bool:
        """Whether the job is the caller's to do now; nobody else gets it before this time has passed."""
        until: Document = {"$add": [_NOW, round(for_s * 1000)]}
        due: Document = {"_id": job, "$expr": {"$lte": ["$until", _NOW]}}
        with mapped_errors():
            if self._leases.update_one(due, [{"$set": {"until": until}}]).matched_count:
                return True
            # Nobody has ever done it: it is due from now on.
            self._leases.update_one({"_id": job}, {"$setOnInsert": {"until": _LONG_AGO}}, upsert=True)
        return False

    def hold(self, job: str, owner: str, for_s: float) -> bool:
        """Whether the owner has the job for so long from now: it was free, or his already."""
        until: Document = {"$add": [_NOW, round(for_s * 1000)]}
        free: Document = {
            "_id": job,
            "$expr": {"$or": [{"$eq": ["$owner", owner]}, {"$lte": ["$until", _NOW]}]},
        }
        with mapped_errors():
            self._leases.update_one({"_id": job}, {"$setOnInsert": {"until": _LONG_AGO}}, upsert=True)
            held = self._leases.update_one(free, [{"$set": {"until": until, "owner": owner}}])
        return held.matched_count > 0

    def let_go(self, job: str, owner: str) -> None:
        """Free a job that this owner has."""
        with mapped_errors():
            self._leases.update_one({"_id": job, "owner": owner}, {"$set": {"until": _LONG_AGO, "owner": ""}})

    def position(self, job: str) -> str:
        """How far a job has come, "" before its first run."""
        with mapped_errors():
            row = self._leases.find_one({"_id": job})
        return str(row.get("position", "")) if row else ""

    def move(self, job: str, position: str) -> None:
        """Note how far a job has come."""
        with mapped_errors():
            self._leases.update_one({"_id": job}, {"$set": {"position": position}})
