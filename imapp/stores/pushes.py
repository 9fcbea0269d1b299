"""The push ledger: collection `pushes` [t_im_message_push, chat_message_read].

One document a flush: whoever was dispatched to, received or read something within it. So a message costs the
same for 2 members and for 500. In busy channels old documents are folded (`stores.folds`).
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern

from imapp.domain.receipts import Receipt
from imapp.stores.mongo import Database, Document, duplicates_ignored, mapped_errors, to_datetime, to_ms
from schemas.receipts import PUSH_STATUS_CODES, PushStatus

STATUSES: Final = {code: status for status, code in PUSH_STATUS_CODES.items()}
_DISPATCHED: Final = PUSH_STATUS_CODES[PushStatus.UNRECEIVED]
_RECEIPTS: Final = [PUSH_STATUS_CODES[PushStatus.RECEIVED], PUSH_STATUS_CODES[PushStatus.READ]]
# What was noted about a channel since the message and is not folded yet is looked through.
_LOOK_MS: Final = 5_000
_MOST_REACHING: Final = 500  # documents that are looked through for marks that say nothing new

INDEXES: Final = [
    IndexModel(
        [("channel_id", ASCENDING), ("status", ASCENDING), ("max_seq", ASCENDING), ("low", ASCENDING)],
        name="around",
    )
]
# While documents are folded, a reader must find either what they were or what they became.
_SNAPSHOT: Final = ReadConcern("snapshot")


@dataclass(frozen=True, slots=True)
class Flush:
    """Receipts of one channel and one status that are noted down together.

    `key` is the same whenever the same flush is noted again, and then nothing is written.
    """

    key: str
    channel_id: str
    status: PushStatus
    receipts: tuple[Receipt, ...]

    @property
    def document_id(self) -> str:
        """The key of the document that it becomes."""
        return f"{self.channel_id}.{PUSH_STATUS_CODES[self.status]}.{self.key}"


class PushLedger:
    """Notes down receipts and finds those that speak of an entry."""

    def __init__(self, database: Database, noted: Callable[[Iterable[str]], None] = lambda _: None) -> None:
        """`noted` hears of each document's channel."""
        self._noted = noted
        self._pushes = database["pushes"]
        self._whole = self._pushes.with_options(read_concern=_SNAPSHOT)

    def append(self, flushes: Iterable[Flush], session: ClientSession | None = None) -> None:
        """Note flushes down durably, in one command; those that are there already stay as they are.

        With a session it is part of a transaction, which one that is there already would end.

        Raises:
            StoreUnavailable: unknown which are noted; doing it again is safe.
        """
        documents = [_document(flush) for flush in flushes]
        if documents:
            with mapped_errors(), nullcontext() if session else duplicates_ignored():
                self._pushes.insert_many(documents, ordered=False, session=session)
            self._noted(document["channel_id"] for document in documents)

    def forget(self, channel_id: str, up_to_seq: int) -> None:
        """Forget what speaks of no entry beyond this seq."""
        wanted = {"channel_id": channel_id, "status": {"$in": list(STATUSES)}, "max_seq": {"$lte": up_to_seq}}
        with mapped_errors():
            self._pushes.delete_many(wanted)

    def dispatched(self, channel_id: str, seq: int) -> tuple[int, str] | None:
        """When (ms), and in which process, it was worked out who must hear of the entry at `seq`.

        None: not yet. The process is "" where it is not known.
        """
        wanted = {"channel_id": channel_id, "status": _DISPATCHED, "max_seq": {"$gte": seq}}
        with mapped_errors():
            # The ranges of a channel form a chain, so the first that reaches so far holds it.
            row = self._pushes.find_one(wanted, sort=[("max_seq", ASCENDING)])
        return (to_ms(row["at"]), row.get("process", "")) if row and row["min_seq"] <= seq else None

    def reaching(self, flushes: Sequence[Flush]) -> dict[tuple[str, str], list[Receipt]]:
        """What is noted of the same people that reaches as far, by channel id and receiver.

        Some of it is left out if it is very much. What these flushes themselves have noted does not count,
        so that a run that comes again finds what the first one found.
        """
        found: dict[tuple[str, str], list[Receipt]] = {}
        if flushes:
            with mapped_errors():
                for row in self._pushes.aggregate(_reaching(flushes)):
                    receipt = row_receipt(row["rows"], row["status"])
                    found.setdefault((row["channel_id"], receipt.receiver), []).append(receipt)
        return found

    def covering(self, channel_id: str, seq: int) -> list[Receipt]:
        """The earliest receipt of each receiver and status that covers the entry at `seq`.

        Raises:
            StoreUnavailable: too much was noted since to look through it in time.
        """
        with mapped_errors():
            rows = self._whole.aggregate(_covering(channel_id, seq), maxTimeMS=_LOOK_MS)
            return [
                Receipt(
                    row["_id"]["receiver"],
                    STATUSES[row["_id"]["status"]],
                    seq,
                    to_ms(row["first"]["at"]),
                    seq,
                    process=row["first"].get("process", ""),
                )
                for row in rows
            ]


def _document(flush: Flush) -> Document:
    code = PUSH_STATUS_CODES[flush.status]
    seqs = [receipt.up_to_seq for receipt in flush.receipts]
    return {
        "_id": flush.document_id,
        "channel_id": flush.channel_id,
        "status": code,
        "at": to_datetime(min(receipt.at_ms for receipt in flush.receipts)),
        "min_seq": min(seqs),
        "max_seq": max(seqs),
        "rows": [ledger_row(receipt) for receipt in flush.receipts],
        # One task is one gateway's, so it is said once; where documents are folded, by each row.
        "process": flush.receipts[0].process,
    }


def ledger_row(receipt: Receipt) -> Document:
    """A receipt as a document of the ledger holds it."""
    row: Document = {
        "receiver": receipt.receiver,
        "up_to_seq": receipt.up_to_seq,
        "at": to_datetime(receipt.at_ms),
    }
    return row if receipt.from_seq == 1 else {**row, "from_seq": receipt.from_seq}


def row_receipt(row: Document, code: int, process: str = "") -> Receipt:
    """The receipt in a row of a document with this status, taken by this gateway if the row names none."""
    status, from_seq = STATUSES[code], row.get("from_seq", 1)
    return Receipt(
        row["receiver"],
        status,
        row["up_to_seq"],
        to_ms(row["at"]),
        from_seq,
        process=row.get("process", process),
    )


def _reaching(flushes: Sequence[Flush]) -> list[Document]:
    least: dict[str, int] = {}
    for flush in flushes:
        lowest = min(receipt.up_to_seq for receipt in flush.receipts)
        least[flush.channel_id] = min(lowest, least.get(flush.channel_id, lowest))
    people = list({receipt.receiver for flush in flushes for receipt in flush.receipts})
    return [
        {
            "$match": {
                "$or": [_at_least(channel_id, seq) for channel_id, seq in least.items()],
                "_id": {"$nin": [flush.document_id for flush in flushes]},
                "rows.receiver": {"$in": people},
            }
        },
        {"$limit": _MOST_REACHING},
        {"$unwind": "$rows"},
        {"$match": {"rows.receiver": {"$in": people}}},
        {"$project": {"_id": 0, "channel_id": 1, "status": 1, "rows": 1}},
    ]


def _at_least(channel_id: str, seq: int) -> Document:
    return {"channel_id": channel_id, "status": {"$in": _RECEIPTS}, "max_seq": {"$gte": seq}}


def _covering(channel_id: str, seq: int) -> list[Document]:
    return [
        {
            "$match": {
                "channel_id": channel_id,
                "status": {"$in": _RECEIPTS},
                "max_seq": {"$gte": seq},
                # What is not folded begins anywhere.
                "low": {"$not": {"$gt": seq}},
            }
        },
        {"$unwind": "$rows"},
        # A row without from_seq begins at 1.
        {"$match": {"rows.up_to_seq": {"$gte": seq}, "rows.from_seq": {"$not": {"$gt": seq}}}},
        {
            "$group": {
                "_id": {"receiver": "$rows.receiver", "status": "$status"},
                # Documents are compared field by field, so this is the one with the earliest time.
                "first": {"$min": {"at": "$rows.at", "process": {"$ifNull": ["$rows.process", "$process"]}}},
            }
        },
    ]
