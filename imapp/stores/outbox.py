"""What is to be told outside, until it is: collection `push_outbox`. All times are the database's own.

Whoever takes a parcel has it for a while; if he dies, it is due again. So any number of workers may send.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.client_session import ClientSession

from imapp.stores.mongo import Database, Document, mapped_errors
from schemas.notifications import PushRecord

_NOW: Final = "$$NOW"
_WAITING: Final = "waiting"
_DEAD: Final = "dead"
# Before any clock's now.
_AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DEAD_KEPT_S: Final = 30 * 24 * 3600

NUDGES: Final = "nudge-"
"""How the part of a parcel's id behind the channel begins if it is a nudge: `<channel>.nudge-<seq>-<key>`."""

INDEXES: Final = [
    IndexModel([("state", ASCENDING), ("next_at", ASCENDING)], name="due"),
    IndexModel([("died_at", ASCENDING)], expireAfterSeconds=_DEAD_KEPT_S, name="age"),
]


@dataclass(frozen=True, slots=True)
class Parcel:
    """Records that go out together, under an id that is always the same for them.

    `sent` are how many of them are out, `failures` how often it has failed since then, `error` why it failed
    last.
    """

    parcel_id: str
    records: Sequence[PushRecord]
    sent: int = 0
    failures: int = 0
    error: str = field(default="", compare=False)


class Outbox:
    """Parcels, each in the hands of one worker at a time."""

    def __init__(self, database: Database) -> None:
        self._parcels = database["push_outbox"]

    def put(self, parcels: Iterable[Parcel], session: ClientSession) -> None:
        """Add parcels as part of a transaction; due at once."""
        documents = [_document(parcel) for parcel in parcels]
        if documents:
            with mapped_errors():
                self._parcels.insert_many(documents, session=session)

    def blank(self, channel_id: str, message_id: str, session: ClientSession) -> None:
        """Take the text of a message out of what waits, as part of a transaction."""
        # The ids of a channel's parcels begin with it and a dot, which a slash follows.
        wanted = {"_id": {"$gt": f"{channel_id}.", "$lt": f"{channel_id}/"}, "records.message_id": message_id}
        with mapped_errors():
            self._parcels.update_many(
                wanted,
                {"$set": {"records.$[record].preview": ""}},
                array_filters=[{"record.message_id": message_id}],
                session=session,
            )

    def take(self, for_s: float) -> Parcel | None:
        """A parcel that is due, for the caller alone and for so long; None if there is none."""
        with mapped_errors():
            row = self._parcels.find_one_and_update(
                {"state": _WAITING, "$expr": {"$lte": ["$next_at", _NOW]}},
                [{"$set": {"next_at": _in(for_s)}}],
                sort=[("next_at", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        return _parcel(row) if row else None

    def keep(self, parcel_id: str, *, sent: int, for_s: float) -> None:
        """Note that part of a parcel is out, and hold the rest for longer; its failures are forgotten."""
        self._change(parcel_id, {"sent": sent, "next_at": _in(for_s), "attempts": 0})

    def remove(self, parcel_id: str) -> None:
        """All of it is out."""
        with mapped_errors():
            self._parcels.delete_one({"_id": parcel_id})

    def postpone(self, parcel_id: str, *, by_s: float, error: str) -> None:
        """It has failed: try it again, but not before this time has passed."""
        self._change(parcel_id, {"next_at": _in(by_s), **_failed(error)})

    def bury(self, parcel_id: str, *, error: str) -> None:
        """Give it up. It stays for the operators for 30 days, without what people wrote."""
        blank = {"$mergeObjects": ["$$record", {"preview": ""}]}
        records = {"$map": {"input": "$records", "as": "record", "in": blank}}
        self._change(
            parcel_id,
            {"state": _DEAD, "died_at": _NOW, "records": records, **_failed(error)},
        )

    def dead(self, limit: int) -> list[Parcel]:
        """What was given up, the latest first."""
        with mapped_errors():
            rows = self._parcels.find({"state": _DEAD}).sort("died_at", -1).limit(limit)
            return [_parcel(row) for row in rows]

    def covering(self, channel_id: str, seq: int) -> list[Parcel]:
        """The parcels that speak of the entry at `seq` and are not out: they wait, or were given up."""
        bounds = {"$gte": f"{channel_id}.", "$lt": f"{channel_id}/"}  # the character after the dot
        with mapped_errors():
            rows = [row for row in self._parcels.find({"_id": bounds}) if _covers(row["_id"], seq)]
        return [_parcel(row) for row in rows]

    def count_dead(self) -> int:
        """How many were given up and are still kept."""
        with mapped_errors():
            return self._parcels.count_documents({"state": _DEAD})

    def revive(self) -> int:
        """Let everything that was given up be tried again from the start; gives how many."""
        change: Document = {
            "$set": {"state": _WAITING, "attempts": 0},
            "$unset": {"died_at": ""},
            "$currentDate": {"next_at": True},
        }
        with mapped_errors():
            return self._parcels.update_many({"state": _DEAD}, change).modified_count

    def _change(self, parcel_id: str, fields: Document) -> None:
        with mapped_errors():
            self._parcels.update_one({"_id": parcel_id, "state": _WAITING}, [{"$set": fields}])


def _covers(parcel_id: str, seq: int) -> bool:
    """Whether a parcel is about a range with this seq (`<channel>.<from>-<to>`), or a nudge about it."""
    name = parcel_id.partition(".")[2]
    if name.startswith(NUDGES):
        return name.removeprefix(NUDGES).partition("-")[0] == str(seq)
    first, _, last = name.partition("-")
    return first.isdigit() and last.isdigit() and int(first) <= seq <= int(last)


def _failed(error: str) -> Document:
    return {"error": {"$literal": error}, "attempts": {"$add": ["$attempts", 1]}}


def _in(seconds: float) -> Document:
    return {"$add": [_NOW, round(seconds * 1000)]}


def _document(parcel: Parcel) -> Document:
    records: list[Any] = [msgspec.to_builtins(record) for record in parcel.records]
    return {
        "_id": parcel.parcel_id,
        "state": _WAITING,
        "next_at": _AT_ONCE,
        "attempts": 0,
        "sent": 0,
        "error": "",
        "records": records,
    }


def _parcel(row: Document) -> Parcel:
    records = msgspec.convert(row["records"], list[PushRecord])
    return Parcel(row["_id"], records, row["sent"], row["attempts"], row["error"])
