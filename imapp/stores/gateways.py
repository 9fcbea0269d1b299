"""The leases of the gateways: collection `gateways`. Every time in it is the database's own.

So no two machines need equal clocks, and a gateway that was frozen can't think that its lease still lives.
"""

from typing import Any, Final

from pymongo import ReturnDocument

from imapp.domain.presence import Lease
from imapp.stores.mongo import Database, Document, fast, mapped_errors, to_ms

_NOW: Final = "$$NOW"
_ALIVE: Final[Document] = {"$gt": ["$lease_until", _NOW]}
# Who sweeps a dead gateway has this long to do it; then another takes over from where he stopped.
_SWEEP_MS: Final = 30_000


class GatewayStore:
    """Opens, renews, closes and judges leases."""

    def __init__(self, database: Database) -> None:
        self._gateways = fast(database["gateways"])

    def open(self, gateway: str, lease_s: float) -> None:
        """Begin a lease. Beginning it again renews it."""
        started: Document = {"started_at": {"$ifNull": ["$started_at", _NOW]}}
        with mapped_errors():
            self._gateways.update_one(
                {"_id": gateway}, [{"$set": {**started, **_renewed(lease_s)}}], upsert=True
            )

    def renew(self, gateway: str, lease_s: float) -> bool:
        """Prolong a lease; False if it is lost: it ran out, and somebody has begun to sweep."""
        with mapped_errors():
            renewed = self._gateways.update_one(
                {"_id": gateway, "closed": {"$exists": False}}, [{"$set": _renewed(lease_s)}]
            )
        return renewed.matched_count == 1

    def delete(self, gateway: str) -> None:
        """End a lease whose connections are deleted."""
        with mapped_errors():
            self._gateways.delete_one({"_id": gateway})

    def leases(self) -> dict[str, Lease]:
        """All leases by gateway, dead ones too until they are swept."""
        fields: Document = {"renewed_at": 1, "alive": _ALIVE}
        with mapped_errors():
            return {row["_id"]: _lease(row) for row in self._gateways.aggregate([{"$project": fields}])}

    def claim_dead(self) -> Lease | None:
        """A gateway whose lease ran out, for the caller alone to sweep; None if there is none.

        From then on the lease can't be renewed, so nobody sweeps what lives.
        """
        free: Document = {"$lt": [{"$ifNull": ["$swept_until", 0]}, _NOW]}
        claim: Document = {"closed": True, "swept_until": {"$add": [_NOW, _SWEEP_MS]}}
        with mapped_errors():
            row = self._gateways.find_one_and_update(
                {"$expr": {"$and": [{"$not": [_ALIVE]}, free]}},
                [{"$set": claim}],
                return_document=ReturnDocument.AFTER,
            )
        return _lease({**row, "alive": False}) if row else None


def _renewed(lease_s: float) -> Document:
    return {"renewed_at": _NOW, "lease_until": {"$add": [_NOW, round(lease_s * 1000)]}}


def _lease(row: dict[str, Any]) -> Lease:
    return Lease(row["_id"], row["alive"], to_ms(row["renewed_at"]))
