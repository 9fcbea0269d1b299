"""What edited messages said before: collection `edits`, for administrators. A recall takes it away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING
from pymongo.client_session import ClientSession

from imapp.domain.decisions import Amendment
from imapp.domain.ids import message_id
from imapp.stores.mongo import Database, Document, mapped_errors, to_datetime, to_ms


@dataclass(frozen=True, slots=True)
class Version:
    """What a message said from one time to another. `edit_seq` is the seq of the edit that ended it."""

    edit_seq: int
    content: str
    mentions: list[str]
    from_ms: int
    until_ms: int


class EditStore:
    """Versions of messages; each ended with an edit, whose seq is in its key."""

    def __init__(self, database: Database) -> None:
        self._edits = database["edits"]

    def page(self, message_id: str, after_seq: int, limit: int) -> list[Version]:
        """Earlier versions of a message, oldest first: those ended by an edit after the given seq."""
        bounds = {"$gt": _key(message_id, after_seq), "$lt": _end(message_id)}
        with mapped_errors():
            rows = self._edits.find({"_id": bounds}).sort("_id", ASCENDING).limit(limit)
            return [_version(row) for row in rows]

    def keep(self, amendment: Amendment, session: ClientSession) -> None:
        """Keep what a message said before an edit, as part of a transaction."""
        before, after = amendment.before, amendment.after
        from_ms = before.edited_ms if before.edited_ms is not None else before.time_ms
        document: dict[str, Any] = {
            "_id": _key(before.message_id, after.rev),
            "content": before.content,
            "mentions": before.mentions,
            "from": to_datetime(from_ms),
            "until": to_datetime(after.edited_ms or from_ms),
        }
        with mapped_errors():
            self._edits.insert_one(document, session=session)

    def forget(self, channel_id: str, first: int, last: int) -> None:
        """Take away the versions of all messages of a channel with first <= seq <= last."""
        bounds = {"$gte": message_id(channel_id, first), "$lt": _end(message_id(channel_id, last))}
        with mapped_errors():
            self._edits.delete_many({"_id": bounds})

    def purge(self, message_id: str, session: ClientSession) -> Sequence[int]:
        """Take all versions of a message away, as part of a transaction; the seqs of its edits."""
        wanted = {"_id": {"$gt": _key(message_id, 0), "$lt": _end(message_id)}}
        with mapped_errors():
            seqs = [_edit_seq(row) for row in self._edits.find(wanted, {"_id": 1}, session=session)]
            if seqs:
                self._edits.delete_many(wanted, session=session)
        return seqs


def _key(message_id: str, edit_seq: int) -> str:
    return f"{message_id}.{edit_seq:012d}"


def _end(message_id: str) -> str:
    return f"{message_id}/"  # what sorts behind the dot


def _edit_seq(row: Document) -> int:
    return int(row["_id"].rpartition(".")[2])


def _version(row: Document) -> Version:
    return Version(_edit_seq(row), row["content"], row["mentions"], to_ms(row["from"]), to_ms(row["until"]))
