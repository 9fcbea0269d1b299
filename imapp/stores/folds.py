"""The ledger of a busy channel made short: its documents folded, the oldest first. Collection `push_folds`.

What was folded lies in documents of neighbouring ranges, `low` says where the first begins. So who asks for
an old message reads the few documents around it instead of all that was noted since.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pymongo.client_session import ClientSession

from imapp.domain.folding import Reach, folded
from imapp.domain.receipts import Receipt
from imapp.stores.mongo import Database, Document, mapped_errors, to_datetime, to_ms, transaction
from imapp.stores.pushes import STATUSES, ledger_row, row_receipt
from schemas.receipts import PUSH_STATUS_CODES, PushStatus

_AT_ONCE: Final = 500  # documents; of 500 rows each in the largest groups
_ROWS: Final = 500  # in one document
_FOLDED: Final = (PUSH_STATUS_CODES[PushStatus.RECEIVED], PUSH_STATUS_CODES[PushStatus.READ])


class LedgerFolds:
    """Folds what the ledger holds. Several workers may: of two that meet, one gives up."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._pushes = database["pushes"]
        self._folds = database["push_folds"]

    def fold(self, channel_id: str, status: PushStatus, *, least: int) -> int:
        """Fold the documents of a channel and status; leaves them if they are fewer. Gives how many.

        Raises:
            LogConflict: another worker is folding them.
            StoreUnavailable: unknown whether they are folded.
        """
        with transaction(self._client) as session:
            return self._fold(channel_id, status, least, session)

    def reaches(self, channel_ids: Iterable[str]) -> dict[tuple[str, str], dict[PushStatus, Reach]]:
        """How far everybody is covered by what was folded, by channel id and receiver."""
        keys = {f"{name}.{code}": (name, STATUSES[code]) for name in channel_ids for code in _FOLDED}
        found: dict[tuple[str, str], dict[PushStatus, Reach]] = {}
        with mapped_errors():
            for row in self._folds.find({"_id": {"$in": list(keys)}}):
                channel_id, status = keys[row["_id"]]
                for receiver, reach in _reaches(row).items():
                    found.setdefault((channel_id, receiver), {})[status] = reach
        return found

    def _fold(self, channel_id: str, status: PushStatus, least: int, session: ClientSession) -> int:
        code = PUSH_STATUS_CODES[status]
        wanted = {"channel_id": channel_id, "status": code, "low": None}
        documents = list(self._pushes.find(wanted, session=session).sort("max_seq", 1).limit(_AT_ONCE))
        if len(documents) < least:
            return 0
        key = f"{channel_id}.{code}"
        before = _reaches(self._folds.find_one({"_id": key}, session=session))
        receipts = [
            row_receipt(row, code, document.get("process", ""))
            for document in documents
            for row in document["rows"]
        ]
        kept, moved = folded(receipts, before)
        self._pushes.delete_many({"_id": {"$in": [one["_id"] for one in documents]}}, session=session)
        if kept:
            chunks = [kept[start : start + _ROWS] for start in range(0, len(kept), _ROWS)]
            folds = [_document(channel_id, code, chunk) for chunk in chunks]
            self._pushes.insert_many(folds, session=session)
        state = {"rows": _rows(before | moved)}
        self._folds.replace_one({"_id": key}, state, upsert=True, session=session)
        return len(documents)


def _document(channel_id: str, code: int, receipts: Sequence[Receipt]) -> Document:
    ends = [receipt.up_to_seq for receipt in receipts]
    return {
        "_id": f"{channel_id}.{code}.folded-{secrets.token_hex(8)}",
        "channel_id": channel_id,
        "status": code,
        "at": to_datetime(min(receipt.at_ms for receipt in receipts)),
        "low": receipts[0].from_seq,
        "min_seq": min(ends),
        "max_seq": max(ends),
        "rows": [ledger_row(receipt) | _taken_by(receipt) for receipt in receipts],
    }


def _taken_by(receipt: Receipt) -> Document:
    return {"process": receipt.process} if receipt.process else {}


def _reaches(fold: Document | None) -> dict[str, Reach]:
    rows = fold["rows"] if fold else []
    return {row["receiver"]: Reach(row["up_to_seq"], to_ms(row["at"])) for row in rows}


def _rows(reaches: Mapping[str, Reach]) -> list[Document]:
    return [
        {"receiver": receiver, "up_to_seq": reach.up_to_seq, "at": to_datetime(reach.at_ms)}
        for receiver, reach in reaches.items()
        if reach.up_to_seq
    ]
