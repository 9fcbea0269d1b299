"""What bare Elasticsearch does on this machine, with the same documents and nothing around it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from elasticsearch import Elasticsearch
from pymongo.database import Database

from bench.timing import per_second
from imapp.stores.archive.documents import MAPPING, indexed_form

_BULK: Final = 500
_READ: Final = 1_000
_SAMPLE: Final = 20_000
_SECONDS: Final = 5.0
_WARM_UP_S: Final = 10.0  # a server that has just started compiles for as long
_SETTINGS: Final = {"number_of_shards": 1, "number_of_replicas": 0}

Line = dict[str, Any]


@contextmanager
def bare_index(client: Elasticsearch, name: str, mappings: Line) -> Iterator[str]:
    """An index for the length of the block."""
    client.indices.delete(index=name, ignore_unavailable=True)
    client.indices.create(index=name, settings=_SETTINGS, mappings=mappings)
    try:
        yield name
    finally:
        client.indices.delete(index=name)


def bulk_and_read(client: Elasticsearch, database: Database[Line]) -> tuple[float, float]:
    """Documents a second that it takes, 500 a request, and that it gives back by id, 1,000 a request."""
    sample = list(database["messages"].find(limit=_SAMPLE))
    with bare_index(client, "bench-floor", MAPPING) as index:
        prepared = [(row["_id"], indexed_form(row)) for row in sample]
        taken = per_second(_bulks(client, index, prepared), _SECONDS, warm_up_s=_WARM_UP_S)
        client.indices.refresh(index=index)
        given = per_second(
            _reads(client, index, [name for name, _ in prepared]), _SECONDS, warm_up_s=_WARM_UP_S
        )
    return taken, given


def _bulks(client: Elasticsearch, index: str, prepared: Sequence[tuple[str, Line]]) -> Any:
    turn = 0

    def bulk() -> int:
        nonlocal turn
        part = prepared[turn : turn + _BULK]
        turn = turn + _BULK if turn + _BULK < len(prepared) else 0
        lines: list[Line] = []
        for name, form in part:
            lines += [{"index": {"_index": index, "_id": name}}, form]
        assert not client.bulk(operations=lines).body["errors"]
        return len(part)

    return bulk


def _reads(client: Elasticsearch, index: str, names: Sequence[str]) -> Any:
    turn = 0

    def read() -> int:
        nonlocal turn
        part = names[turn : turn + _READ]
        turn = turn + _READ if turn + _READ < len(names) else 0
        return len(client.mget(index=index, ids=part, source_includes=["entry", "hash"]).body["docs"])

    return read
