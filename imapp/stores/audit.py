"""What administrators do: collection `audit`. Written before and after; never changed, never deleted."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel

from imapp.stores.mongo import DURABLE, MAJORITY, Database, Document, mapped_errors, to_datetime, to_ms

_ENDED: Final = ".end"
"""What the key of an outcome has behind that of its intent."""

INDEXES: Final = [
    IndexModel([(field, ASCENDING), ("_id", DESCENDING)], name=field)
    for field in ("actor", "action", "targets")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What somebody is about to do."""

    actor: str
    action: str
    targets: Sequence[str]
    details: Mapping[str, Any]
    reason: str | None
    request_id: str
    address: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Record:
    """What somebody was about to do and, as far as it is known, what became of it."""

    audit_id: str
    intent: Intent
    outcome: str | None
    ended_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records: what is None does not matter. `before` is the id of the last one already seen."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    before: str | None = None


class AuditLog:
    """Appends and reads. There is nothing else: what is in it stays."""

    def __init__(self, database: Database) -> None:
        self._records = database["audit"].with_options(write_concern=DURABLE, read_concern=MAJORITY)

    def begin(self, intent: Intent) -> str:
        """Store what somebody is about to do; returns once a majority has it. Gives its id.

        Raises:
            StoreUnavailable: it may not be stored, so it must not be done.
        """
        # Ids ascend with time, so a page is a range of keys.
        audit_id = f"{_key_at(intent.at_ms)}{secrets.token_hex(8)}"
        document = {
            "_id": audit_id,
            "actor": intent.actor,
            "action": intent.action,
            "targets": list(intent.targets),
            "details": dict(intent.details),
            "reason": intent.reason,
            "request_id": intent.request_id,
            "address": intent.address,
            "at": to_datetime(intent.at_ms),
        }
        with mapped_errors():
            self._records.insert_one(document)
        return audit_id

    def end(self, audit_id: str, outcome: str, at_ms: int) -> None:
        """Store what became of it.

        Raises:
            StoreUnavailable: it may not be stored.
        """
        with mapped_errors():
            self._records.insert_one(
                {"_id": audit_id + _ENDED, "outcome": outcome, "ended_at": to_datetime(at_ms)}
            )

    def page(self, wanted: Wanted, limit: int) -> list[Record]:
        """The latest records that are wanted, latest first."""
        with mapped_errors():
            rows = list(self._records.find(_condition(wanted)).sort("_id", DESCENDING).limit(limit))
            keys = [row["_id"] + _ENDED for row in rows]
            ends = {row["_id"]: row for row in self._records.find({"_id": {"$in": keys}})}
        return [_record(row, ends.get(row["_id"] + _ENDED)) for row in rows]


def _key_at(at_ms: int) -> str:
    """The beginning of all ids of a millisecond."""
    return f"{at_ms:012x}"


def _condition(wanted: Wanted) -> Document:
    keys: Document = {}
    if wanted.since_ms is not None:
        keys["$gte"] = _key_at(wanted.since_ms)
    ends = [_key_at(wanted.until_ms)] if wanted.until_ms is not None else []
    if wanted.before is not None:
        ends.append(wanted.before)
    if ends:
        keys["$lt"] = min(ends)
    fields = {"actor": wanted.actor, "action": wanted.action, "targets": wanted.target}
    # Outcomes are documents of their own, and have no actor.
    condition: Document = {"actor": {"$exists": True}}
    condition |= {name: {"$eq": value} for name, value in fields.items() if value is not None}
    return condition | ({"_id": keys} if keys else {})


def _record(row: Document, end: Document | None) -> Record:
    intent = Intent(
        actor=row["actor"],
        action=row["action"],
        targets=row["targets"],
        details=row["details"],
        reason=row["reason"],
        request_id=row["request_id"],
        address=row["address"],
        at_ms=to_ms(row["at"]),
    )
    return Record(
        row["_id"], intent, end["outcome"] if end else None, to_ms(end["ended_at"]) if end else None
    )
