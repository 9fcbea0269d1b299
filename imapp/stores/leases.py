"""Who does a periodic job, and how far it has come: collection `leases`. Times are the database's own."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from imapp.stores.mongo import Database, Document, mapped_errors

_NOW: Final = "$$NOW"
_MOST_ASIDE: Final = 1_000
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Round:
    """When a round of a periodic job began and when it had been through everything."""

    began: datetime
    ended: datetime


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

    def begin_round(self, job: str) -> None:
        """Note that a round of this job begins now, at its first place."""
        with mapped_errors():
            self._leases.update_one(
                {"_id": job}, [{"$set": {"began": _NOW, "position": "", "aside": []}}], upsert=True
            )

    def end_round(self, job: str) -> None:
        """Note that the round that was begun has come to its end."""
        with mapped_errors():
            change = {"round": {"$ifNull": ["$began", _NOW]}, "ended": _NOW, "position": ""}
            self._leases.update_one({"_id": job}, [{"$set": change}, {"$unset": ["began", "aside"]}])

    def put_aside(self, job: str, matter: str) -> bool:
        """Note what the round comes back to before it ends; false if there are 1,000 already."""
        room: Document = {"_id": job, f"aside.{_MOST_ASIDE - 1}": {"$exists": False}}
        with mapped_errors():
            return self._leases.update_one(room, {"$addToSet": {"aside": matter}}).matched_count > 0

    def aside(self, job: str) -> list[str]:
        """What the round has put aside and not come back to."""
        with mapped_errors():
            row = self._leases.find_one({"_id": job}, {"aside": 1})
        return list(row.get("aside", ())) if row else []

    def take_back(self, job: str, matter: str) -> None:
        """Note that the round has come back to it."""
        with mapped_errors():
            self._leases.update_one({"_id": job}, {"$pull": {"aside": matter}})

    def last_round(self, job: str) -> Round | None:
        """The last round that came to its end, if any."""
        with mapped_errors():
            row = self._leases.find_one({"_id": job, "ended": {"$exists": True}})
        return Round(row["round"], row["ended"]) if row else None

    def position(self, job: str) -> str:
        """How far a job has come, "" before its first run."""
        with mapped_errors():
            row = self._leases.find_one({"_id": job})
        return str(row.get("position", "")) if row else ""

    def note(self, job: str, owner: str, position: str) -> None:
        """Note how far a job has come, if this owner still has it."""
        with mapped_errors():
            self._leases.update_one({"_id": job, "owner": owner}, {"$set": {"position": position}})

    def move(self, job: str, position: str) -> None:
        """Note how far a job has come."""
        with mapped_errors():
            self._leases.update_one({"_id": job}, {"$set": {"position": position}})
