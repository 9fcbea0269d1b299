"""The connection to MongoDB, and the one place where driver errors become ours."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from bson.codec_options import TypeDecoder, TypeRegistry
from bson.int64 import Int64
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database as PyMongoDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from imapp import metrics
from imapp.errors import LogConflict, StoreUnavailable

Document = dict[str, Any]
Database = PyMongoDatabase[Document]
"""The database handle that wiring passes to the stores."""
Change = Any
"""What an update does to a document: operators, or a list of stages of a pipeline."""
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # to be subtracted from times without a zone
_MILLISECOND: Final = timedelta(milliseconds=1)
DUPLICATE_KEY: Final = 11000
_WRITE_CONFLICT: Final = 112  # of two transactions, the later one is aborted
_LAST_CHARACTER: Final = "\U0010ffff"  # sorts behind all that a name may hold
_FAST_CHUNK: Final = 1_000  # updates of one command, far below its limit of 48 MB

# An acknowledged entry survives the loss of any minority of nodes and of power. A write that isn't
# confirmed in 5 s has an unknown outcome, and is looked up before it is tried again.
DURABLE: Final = WriteConcern(w="majority", j=True, wtimeout=5_000)
# Acknowledged by the primary alone: for what is written again if it is lost.
FAST: Final = WriteConcern(w=1)
# What a repeat is answered from must never be rolled back; the log is read so.
MAJORITY: Final = ReadConcern("majority")
# Heads and members are read as they are now: a fast write is not majority-committed for some 100 ms, and
# whoever asks right after a frame must find what it told. They point at committed entries in any case.
LATEST: Final = ReadConcern("local")


class _PlainNumbers(TypeDecoder):
    """What exceeds 32 bits comes as a plain int: msgspec encodes no subclass of it."""

    bson_type = Int64

    def transform_bson(self, value: Int64) -> int:
        return int(value)


def connect(url: str, *, pool_size: int) -> Database:
    """The database that the URL names. Opens connections lazily; call it after fork.

    Raises:
        StoreUnavailable: the URL names no database.
    """
    client: MongoClient[Document] = MongoClient(
        url,
        tz_aware=True,
        # A time that Python does not have breaks its own document, not all that are read with it.
        datetime_conversion="DATETIME_AUTO",
        type_registry=TypeRegistry([_PlainNumbers()]),
        maxPoolSize=pool_size,
        waitQueueTimeoutMS=2_000,
        serverSelectionTimeoutMS=5_000,
        connectTimeoutMS=5_000,
        socketTimeoutMS=10_000,
        appname="imapp",
    )
    database = client.get_default_database(default="imapp")
    return database.with_options(write_concern=DURABLE, read_concern=LATEST)


def fast(collection: Collection[Document]) -> Collection[Document]:
    """The same collection, for writes that may be lost in a failover and are repaired."""
    return collection.with_options(write_concern=FAST)


def update_fast(collection: Collection[Document], updates: Sequence[tuple[Document, Change]]) -> None:
    """Run (filter, change) pairs that may be lost in a failover, because whoever wrote them repeats them.

    They are acknowledged by the primary alone, and not retried by the driver: with its bookkeeping of
    retries each update cost MongoDB half as much again, and the command itself costs half of `bulk_write`.
    A filter should be `_id` alone, which needs no query plan; `$max` keeps late ones from doing harm.

    Raises:
        StoreUnavailable: unknown which of them are done.
    """
    for start in range(0, len(updates), _FAST_CHUNK):
        chunk = [{"q": wanted, "u": change} for wanted, change in updates[start : start + _FAST_CHUNK]]
        with mapped_errors():
            answer = collection.database.command(
                {"update": collection.name, "updates": chunk, "ordered": False, "writeConcern": FAST.document}
            )
        if answer.get("writeErrors"):
            metrics.store_errors.value += 1
            raise StoreUnavailable(_bulk_problem(answer))


def insert_durably(collection: Collection[Document], documents: Sequence[Document]) -> None:
    """Insert documents in order, in one command that the driver does not repeat.

    Whoever inserts knows how to find out what is stored. `insert_many` takes the writer a third longer, and
    MongoDB keeps books for its retries. At most 48 MB, which a batch of 100 KB never reaches.

    Raises:
        LogConflict: a unique key is taken; what comes before it is stored.
        StoreUnavailable: unknown which of them are stored.
    """
    with mapped_errors():
        answer = collection.database.command(
            {
                "insert": collection.name,
                "documents": documents,
                "ordered": True,
                "writeConcern": DURABLE.document,
            }
        )
    failed = answer.get("writeErrors") or []
    if failed and failed[0].get("code") == DUPLICATE_KEY:
        raise LogConflict(_first_key(failed[0]))
    if failed or answer.get("writeConcernError"):
        metrics.store_errors.value += 1
        raise StoreUnavailable(_bulk_problem(answer))


@contextmanager
def mapped_errors() -> Iterator[None]:
    """Turn driver errors into ours.

    Raises:
        LogConflict: a unique key is taken, or another transaction is just writing the same.
        StoreUnavailable: anything else; the outcome of a write is unknown.
    """
    try:
        yield
    except DuplicateKeyError as error:
        raise LogConflict(_first_key(error.details)) from error
    except BulkWriteError as error:
        failed = (error.details or {}).get("writeErrors") or []
        if failed and failed[0].get("code") == DUPLICATE_KEY:
            raise LogConflict(_first_key(failed[0])) from None
        # Its text holds the documents, and what is chained is shown in logs: so it ends here.
        metrics.store_errors.value += 1
        raise StoreUnavailable(_bulk_problem(error.details or {})) from None
    except PyMongoError as error:
        if isinstance(error, OperationFailure) and error.code == _WRITE_CONFLICT:
            raise LogConflict("another transaction is writing the same") from error
        metrics.store_errors.value += 1
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error


@contextmanager
def transaction(client: MongoClient[Document]) -> Iterator[ClientSession]:
    """A session for one durable transaction on a snapshot: all that is done with it happens, or nothing.

    Raises:
        LogConflict: as of `mapped_errors`, or from within; nothing happened.
        StoreUnavailable: unknown whether it happened.
    """
    with mapped_errors(), client.start_session() as session:
        session.start_transaction(ReadConcern("snapshot"), DURABLE, max_commit_time_ms=5_000)
        try:
            yield session
            session.commit_transaction()
        finally:
            if session.in_transaction:
                session.abort_transaction()


@contextmanager
def duplicates_ignored() -> Iterator[None]:
    """For unordered inserts of what may be there already: those whose key is taken stay as they are."""
    try:
        yield
    except BulkWriteError as error:
        details = error.details or {}
        failed = details.get("writeErrors") or []
        only_known = all(problem.get("code") == DUPLICATE_KEY for problem in failed)
        if details.get("writeConcernErrors") or not only_known:
            raise


def starting_with(text: str) -> Document:
    """What a name has to be that starts so: a range, so that no text of anybody becomes a pattern."""
    return {"$gte": text, "$lt": text + _LAST_CHARACTER}


@lru_cache(maxsize=1_024)  # all entries of a batch have the same time
def to_datetime(time_ms: int) -> datetime:
    """Milliseconds since 1970 as MongoDB keeps them."""
    return datetime.fromtimestamp(time_ms / 1000, UTC)


def to_ms(value: datetime) -> int:
    """What MongoDB keeps as milliseconds since 1970; it gives all times in UTC."""
    return (value.replace(tzinfo=None) - _EPOCH) // _MILLISECOND


def _first_key(details: Any) -> str:
    return str((details or {}).get("keyValue", "unknown key"))


def _bulk_problem(details: Mapping[str, Any]) -> str:
    failed = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
    if concern := details.get("writeConcernError"):
        failed.append(concern)
    codes = sorted({str(one.get("codeName") or one.get("code")) for one in failed})
    return f"BulkWriteError: {len(failed)} failed ({', '.join(codes)})"
