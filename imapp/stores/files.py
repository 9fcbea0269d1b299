"""What is known of each file, and what refers to it: `files` and `file_references`.

Messages do, and whoever has it for a picture: a group, a person. A file is `uploading`, then `ready`, then
`removing`. `due` is when it may be collected and is absent while anything refers to it; the number of what
does is in the file itself, so that a claim and a release or the collector always meet at this one document,
and one of two transactions is aborted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.client_session import ClientSession

from imapp.domain.files import FileFacts
from imapp.domain.ids import message_id, split_message_id
from imapp.errors import LogConflict
from imapp.stores.mongo import MAJORITY, Database, Document, mapped_errors, to_datetime, to_ms, transaction

INDEXES: Final = [
    IndexModel([("due", ASCENDING)], name="due", sparse=True),
    IndexModel([("owner", ASCENDING), ("size", ASCENDING)], name="owner"),
]
REFERENCE_INDEXES: Final = [
    IndexModel([("file_id", ASCENDING), ("_id", ASCENDING)], name="file"),
    IndexModel([("message_id", ASCENDING)], name="message"),
    IndexModel([("pictured", ASCENDING)], name="pictured", sparse=True),
]

_UPLOADING: Final = "uploading"
_READY: Final = "ready"
_REMOVING: Final = "removing"
# Between its first and its last byte in the store; what takes longer has died with its process.
_STORING_S: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """A file as it is kept. `given` is the sha256 of what was sent up, `sha256` of what is stored."""

    file_id: str
    blob: str
    """Under which its bytes are kept: another one for each attempt to store them."""
    owner: str
    name: str
    media_type: str
    size: int
    given: str
    sha256: str
    width: int | None
    height: int | None
    thumbnails: dict[str, int]
    """Bytes of each, by its name."""
    created_ms: int
    state: str = _UPLOADING
    claimed: bool = False
    """Whether anything has ever referred to it: from then on it is no longer its owner's alone."""

    @property
    def is_ready(self) -> bool:
        """Whether it is stored whole and not about to go."""
        return self.state == _READY

    @property
    def facts(self) -> FileFacts:
        """What the core decides by."""
        return FileFacts(
            file_id=self.file_id,
            owner=self.owner,
            name=self.name,
            media_type=self.media_type,
            size=self.size,
            width=self.width,
            height=self.height,
        )


class FileStore:
    """One document a file, one a reference."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._files = database["files"]
        self._settled = self._files.with_options(read_concern=MAJORITY)
        self._references = database["file_references"]

    # ---- from the first byte to the last

    def begin(self, record: FileRecord) -> None:
        """Note that a file is being stored; nobody sees it yet.

        Raises:
            LogConflict: there is one with this id.
        """
        with mapped_errors():
            self._files.insert_one(_document(record, _in(_STORING_S)))

    def finish(self, record: FileRecord, kept_s: float) -> bool:
        """A file is stored whole and kept so long for a message to refer to it; False: it came too late.

        Raises:
            StoreUnavailable: it may be ready, or become so.
        """
        with mapped_errors():
            done = self._files.update_one(
                {**_attempt(record), "state": _UPLOADING},
                {"$set": {"state": _READY, "due": _in(kept_s)}},
            )
        return done.matched_count == 1

    def abandon(self, record: FileRecord, *, collected_in_s: float = 0) -> bool:
        """See that an attempt never becomes ready, and is collected then; False if it is ready, or may be.

        Raises:
            StoreUnavailable: unknown; it is collected, or it is ready.
        """
        with mapped_errors():
            done = self._files.update_one(
                {**_attempt(record), "state": _UPLOADING},
                {"$set": {"state": _REMOVING, "due": _in(collected_in_s)}},
            )
            if done.matched_count:
                return True
            # A state that could be rolled back is none to delete bytes by.
            left = self._settled.find_one(_attempt(record), {"state": 1})
        return left is None or left["state"] == _REMOVING

    # ---- reading

    def find(self, file_id: str) -> FileRecord | None:
        """A file in whatever state, None if there is none."""
        with mapped_errors():
            row = self._files.find_one({"_id": file_id})
        return _record(row) if row else None

    def find_settled(self, file_id: str) -> FileRecord | None:
        """A file in the last state that can't be rolled back any more."""
        with mapped_errors():
            row = self._settled.find_one({"_id": file_id})
        return _record(row) if row else None

    def facts(self, file_ids: Iterable[str]) -> dict[str, FileFacts]:
        """What is known of those of these files that are ready."""
        with mapped_errors():
            rows = [*self._settled.find({"_id": {"$in": list(file_ids)}, "state": _READY})]
        return {row["_id"]: _record(row).facts for row in rows}

    def used_by(self, owner: str) -> int:
        """How many bytes somebody has sent up that are still kept."""
        total = {"$group": {"_id": None, "size": {"$sum": "$size"}}}
        with mapped_errors():
            rows = [*self._files.aggregate([{"$match": {"owner": owner}}, total])]
        return int(rows[0]["size"]) if rows else 0

    def references(self, file_id: str, after: str, limit: int) -> list[str]:
        """What refers to a file, in order, those after the given one: message ids, and names of pictures."""
        wanted = {"file_id": file_id, "_id": {"$gt": f"{file_id}:{after}"}}
        with mapped_errors():
            rows = self._references.find(wanted, {"_id": 1}).sort("_id", ASCENDING).limit(limit)
            return [row["_id"].partition(":")[2] for row in rows]

    # ---- messages and pictures

    def claim(self, file_id: str, message_id: str, session: ClientSession) -> None:
        """A message of this transaction refers to a file, which stays from now on.

        Raises:
            LogConflict: it has just gone.
        """
        channel_id, _ = split_message_id(message_id)
        self._refer(file_id, message_id, {"message_id": message_id, "channel_id": channel_id}, session)

    def release(self, message_id: str, session: ClientSession) -> None:
        """A message of this transaction refers to its file no more; with the last reference the file goes."""
        self._let_go({"message_id": message_id}, session)

    def show(self, name: str, file_id: str | None, session: ClientSession) -> None:
        """From this transaction on, whoever has this name is shown by a file, or by none of ours.

        What it was shown by before goes, unless something else refers to it.

        Raises:
            LogConflict: it has just gone.
        """
        others: Document = {"pictured": name}
        if file_id is not None:
            others["file_id"] = {"$ne": file_id}
            if self._references.find_one({"_id": f"{file_id}:{name}"}, {"_id": 1}, session=session) is None:
                self._refer(file_id, name, {"pictured": name}, session)
        self._let_go(others, session)

    def _refer(self, file_id: str, name: str, fields: Document, session: ClientSession) -> None:
        refer: Document = {"$inc": {"references": 1}, "$set": {"claimed": True}, "$unset": {"due": ""}}
        if not self._files.update_one(
            {"_id": file_id, "state": _READY}, refer, session=session
        ).matched_count:
            raise LogConflict("the file has gone")
        self._references.insert_one(
            {"_id": f"{file_id}:{name}", "file_id": file_id, **fields}, session=session
        )

    def _let_go(self, wanted: Document, session: ClientSession) -> None:
        for row in [*self._references.find(wanted, session=session)]:
            if not self._references.delete_one({"_id": row["_id"]}, session=session).deleted_count:
                continue
            left = {"$subtract": ["$references", 1]}
            due = {"$cond": [{"$lte": ["$references", 0]}, "$$NOW", "$$REMOVE"]}
            self._files.update_one(
                {"_id": row["file_id"]},
                [{"$set": {"references": left}}, {"$set": {"due": due}}],
                session=session,
            )

    def release_range(self, channel_id: str, first: int, last: int) -> None:
        """No message of a channel with first <= seq <= last refers to its file any more.

        Raises:
            LogConflict: somebody refers to the same file at this moment; some are released.
        """
        bounds = {"$gte": message_id(channel_id, first), "$lte": message_id(channel_id, last)}
        with mapped_errors():
            names = self._references.distinct("message_id", {"message_id": bounds})
        for name in names:
            with transaction(self._client) as session:
                self.release(name, session)

    # ---- collecting

    def take_due(self) -> FileRecord | None:
        """A file that nothing refers to and whose time is over; from now on nothing can refer to it.

        It comes again after some minutes unless `forget` says that it is gone.
        """
        with mapped_errors():
            row = self._files.find_one_and_update(
                {"due": {"$lte": _in(0)}},
                {"$set": {"state": _REMOVING, "due": _in(_STORING_S)}},
                sort=[("due", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        return _record(row) if row else None

    def forget(self, record: FileRecord) -> None:
        """A file's bytes are gone."""
        with mapped_errors():
            self._files.delete_one({**_attempt(record), "state": _REMOVING})


def _attempt(record: FileRecord) -> Document:
    """One attempt to store a file: a repeat of the upload has the same id, and other bytes."""
    return {"_id": record.file_id, "blob": record.blob}


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def _document(record: FileRecord, due: datetime) -> Document:
    return {
        "_id": record.file_id,
        "blob": record.blob,
        "owner": record.owner,
        "name": record.name,
        "media_type": record.media_type,
        "size": record.size,
        "given": record.given,
        "sha256": record.sha256,
        "width": record.width,
        "height": record.height,
        "thumbnails": record.thumbnails,
        "created_at": to_datetime(record.created_ms),
        "state": record.state,
        "claimed": record.claimed,
        "references": 0,
        "due": due,
    }


def _record(row: Document) -> FileRecord:
    return FileRecord(
        file_id=row["_id"],
        blob=row["blob"],
        owner=row["owner"],
        name=row["name"],
        media_type=row["media_type"],
        size=row["size"],
        given=row["given"],
        sha256=row["sha256"],
        width=row["width"],
        height=row["height"],
        thumbnails=row["thumbnails"],
        created_ms=to_ms(row["created_at"]),
        state=row["state"],
        claimed=row["claimed"],
    )
