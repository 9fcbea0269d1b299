"""The store's floor: how fast MongoDB takes the same documents if nothing else is done."""

import threading
import time
from datetime import UTC, datetime
from typing import Any, Final

from pymongo import MongoClient, WriteConcern
from pymongo.collection import Collection

from bench.documents import text_document
from bench.scenarios import TEXT

_BATCH: Final = 256
_THREADS: Final = 2
_WARM_UP_S: Final = 1.0

Log = Collection[dict[str, Any]]


def store_floor(mongo_url: str, seconds: float) -> float:
    """Entries stored per second: clustered log, repeat index, batches of 256, w=majority, j, two threads."""
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_url)
    with client:
        client.drop_database("floor")
        log = client["floor"].create_collection(
            "messages", clusteredIndex={"key": {"_id": 1}, "unique": True}
        )
        log.create_index([("channel_id", 1), ("sender", 1), ("client_message_id", 1)], unique=True)
        durable = log.with_options(write_concern=WriteConcern(w="majority", j=True))
        rate = _measure(durable, seconds)
        client.drop_database("floor")
        return rate


def _measure(log: Log, seconds: float) -> float:
    counts = [0] * _THREADS
    begin = time.monotonic() + _WARM_UP_S
    end = begin + seconds
    threads = [
        threading.Thread(target=_insert, args=(log, thread, counts, (begin, end)))
        for thread in range(_THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def _insert(log: Log, thread: int, counts: list[int], counted: tuple[float, float]) -> None:
    begin, end = counted
    seq = 0
    while time.monotonic() < end:
        seq += 1
        log.insert_many([_document(thread, channel, seq) for channel in range(_BATCH)])
        if begin <= time.monotonic() < end:
            counts[thread] += _BATCH


def _document(thread: int, channel: int, seq: int) -> dict[str, Any]:
    """A document like those of the product's log, one of each channel of this thread."""
    channel_id = f"{thread:021d}{channel:03d}"
    return text_document(channel_id, seq, sender=f"an-{channel}", content=TEXT, at=datetime.now(UTC))
