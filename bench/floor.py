"""The store's floor: how fast MongoDB takes the same documents if nothing else is done."""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pymongo import MongoClient, WriteConcern
from pymongo.collection import Collection

from bench.documents import text_document
from bench.scenarios import TEXT

_BATCH: Final = 256
_THREADS: Final = 2
_SINGLY: Final = (1, 8, 64)  # threads that insert one document after the other
_SINGLY_S: Final = 2.0
_WARM_UP_S: Final = 1.0

Log = Collection[dict[str, Any]]


def single_floors(mongo_url: str) -> Mapping[str, float]:
    """Entries stored per second one by one, by the number of threads."""
    return {
        f"entries stored (one by one, {threads} threads)": store_floor(
            mongo_url, _SINGLY_S, threads=threads, batch=1
        )
        for threads in _SINGLY
    }


def store_floor(mongo_url: str, seconds: float, *, threads: int = _THREADS, batch: int = _BATCH) -> float:
    """Entries stored per second: clustered log, repeat index, w=majority, j."""
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_url)
    with client:
        client.drop_database("floor")
        log = client["floor"].create_collection(
            "messages", clusteredIndex={"key": {"_id": 1}, "unique": True}
        )
        log.create_index([("channel_id", 1), ("sender", 1), ("client_message_id", 1)], unique=True)
        durable = log.with_options(write_concern=WriteConcern(w="majority", j=True))
        rate = _measure(durable, seconds, threads, batch)
        client.drop_database("floor")
        return rate


def _measure(log: Log, seconds: float, threads: int, batch: int) -> float:
    counts = [0] * threads
    begin = time.monotonic() + _WARM_UP_S
    end = begin + seconds
    inserting = [
        threading.Thread(target=_insert, args=(log, number, counts, (begin, end)), kwargs={"batch": batch})
        for number in range(threads)
    ]
    for thread in inserting:
        thread.start()
    for thread in inserting:
        thread.join()
    return sum(counts) / seconds


def _insert(log: Log, thread: int, counts: list[int], counted: tuple[float, float], *, batch: int) -> None:
    begin, end = counted
    seq = 0
    while time.monotonic() < end:
        seq += 1
        log.insert_many([_document(thread, channel, seq) for channel in range(batch)])
        if begin <= time.monotonic() < end:
            counts[thread] += batch


def _document(thread: int, channel: int, seq: int) -> dict[str, Any]:
    """A document like those of the product's log, one of each channel of this thread."""
    channel_id = f"{thread:021d}{channel:03d}"
    return text_document(channel_id, seq, sender=f"an-{channel}", content=TEXT, at=datetime.now(UTC))
