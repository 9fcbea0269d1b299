"""Collections and indexes. Creating them again changes nothing."""

from typing import Any, Final

from pymongo import ASCENDING, IndexModel
from pymongo.errors import CollectionInvalid, OperationFailure

from imapp.stores import (
    audit,
    blobs,
    emojis,
    files,
    join_requests,
    manifests,
    outbox,
    pushed,
    pushes,
    reminders,
)
from imapp.stores.mongo import Database, mapped_errors

_ATTEMPTS_KEPT_S: Final = 24 * 3600
# A signature is good for 60 s before and after its time; clocks may differ, and forgetting takes a minute.
_NONCES_KEPT_S: Final = 600

_INDEXES: Final = {
    # The log's own key is its clustered _id. Every further index here costs a fifth of the send rate.
    "messages": [
        IndexModel(
            [("channel_id", ASCENDING), ("sender", ASCENDING), ("client_message_id", ASCENDING)],
            unique=True,
            name="repeat",
        )
    ],
    "members": [
        IndexModel([("user_id", ASCENDING), ("channel_id", ASCENDING)], unique=True, name="user"),
        IndexModel([("channel_id", ASCENDING), ("user_id", ASCENDING)], name="channel"),
    ],
    "channels": [
        IndexModel([("creator", ASCENDING)], name="creator"),
        # For administrators. Sending changes neither, so it costs nothing there.
        IndexModel([("name", ASCENDING), ("_id", ASCENDING)], name="name"),
        IndexModel([("status", ASCENDING), ("_id", ASCENDING)], name="status"),
    ],
    "holds": manifests.HOLD_INDEXES,
    "join_requests": join_requests.INDEXES,
    "connections": [
        IndexModel([("user", ASCENDING), ("gateway", ASCENDING)], name="user"),
        IndexModel([("gateway", ASCENDING), ("user", ASCENDING)], name="gateway"),
    ],
    "files": files.INDEXES,
    "file_references": files.REFERENCE_INDEXES,
    "blobs.chunks": blobs.INDEXES,
    "pushes": pushes.INDEXES,
    "audit": audit.INDEXES,
    "push_outbox": outbox.INDEXES,
    "pushed": pushed.INDEXES,
    "reminders": reminders.INDEXES,
    "emojis": emojis.INDEXES,
    "users": [
        IndexModel([("name", ASCENDING), ("_id", ASCENDING)], name="name"),
        # For who looks for people by parts of their names.
        IndexModel([("name_keys", ASCENDING), ("_id", ASCENDING)], name="name_keys"),
        # Each gateway asks twice a second who is no longer active: two ranges of it.
        IndexModel([("status", ASCENDING), ("updated_at", ASCENDING)], name="changed"),
    ],
    # Each search leaves these out.
    "unindexed": [
        IndexModel([("recalled", ASCENDING)], name="recalled", partialFilterExpression={"recalled": True})
    ],
    "nonces": [IndexModel([("at", ASCENDING)], expireAfterSeconds=_NONCES_KEPT_S, name="age")],
    "attempts": [IndexModel([("at", ASCENDING)], expireAfterSeconds=_ATTEMPTS_KEPT_S, name="age")],
}


def create_schema(database: Database) -> None:
    """Create what is missing.

    Raises:
        StoreUnavailable: MongoDB does not answer, or an index differs from what is wanted.
    """
    with mapped_errors():
        # The log is a clustered collection: a page of history is one range of its `_id`.
        _create(database, "messages", clusteredIndex={"key": {"_id": 1}, "unique": True})
        # Two transactions that both had to create it would be in each other's way.
        for name in ("push_heads", "push_folds", "edits", "manifests"):
            _create(database, name)
        for name, indexes in _INDEXES.items():
            database[name].create_indexes(indexes)


def missing_indexes(database: Database) -> list[str]:
    """Names (collection.index) of what `create_schema` would create."""
    with mapped_errors():
        return [
            f"{name}.{index.document['name']}"
            for name, indexes in _INDEXES.items()
            for index in indexes
            if index.document["name"] not in database[name].index_information()
        ]


def _create(database: Database, name: str, **options: Any) -> None:
    try:
        database.create_collection(name, **options)
    except CollectionInvalid:
        return
    except OperationFailure as error:
        if error.code != 48:  # NamespaceExists: another process was faster
            raise
