"""Messages put straight into an index of their own, for tests of the search alone."""

import itertools
import os
from collections.abc import Iterable
from typing import Any, Final, Self

from elasticsearch import Elasticsearch

from imapp.domain.entries import NORMAL, RECALLED, LogEntry
from imapp.domain.search.messages import indexed_text
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.documents import MAPPING
from imapp.stores.archive.searching import MessageIndex

_numbers: Final = itertools.count(1)


class IndexedMessages:
    """Two indices behind an alias, and what was put there."""

    def __init__(self, url: str, *, create: bool = True) -> None:
        self._client = Elasticsearch(url, request_timeout=30)
        self._archive = ArchiveClient(url, read_s=10.0)
        self._alias = f"search-{os.getpid()}-{next(_numbers)}"
        self._names = [f"{self._alias}-{part}" for part in range(2)] if create else []
        self.index = MessageIndex(self._archive, self._alias)
        self.entries: list[LogEntry] = []

    def add(self, entries: Iterable[LogEntry]) -> None:
        """Index entries; afterwards they are found."""
        operations: list[dict[str, Any]] = []
        for entry in entries:
            name = self._names[entry.time_ms // 86_400_000 % 2]
            operations += [{"index": {"_index": name, "_id": entry.message_id}}, _document(entry)]
            self.entries.append(entry)
        answer = self._client.bulk(operations=operations, refresh=True)
        assert not answer["errors"], answer

    def __enter__(self) -> Self:
        for name in self._names:
            settings = {"number_of_shards": 1, "number_of_replicas": 0}
            self._client.indices.create(
                index=name, mappings=MAPPING, settings=settings, aliases={self._alias: {}}
            )
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._names:
            self._client.indices.delete(index=name)
        self._client.close()
        self._archive.close()


def message(
    channel_id: str,
    seq: int,
    content: str,
    *,
    sender: str = "an",
    kind: int = 1,
    time_ms: int = 1_790_000_000_000,
    recalled: bool = False,
) -> LogEntry:
    """An entry of a log; a file's name is its content too."""
    return LogEntry(
        channel_id=channel_id,
        seq=seq,
        sender=sender,
        sender_name=sender,
        sender_avatar="",
        client_message_id=f"m{seq}",
        body_hash=None,
        type=kind,
        content="" if recalled else content,
        extra={"name": "report.pdf"} if kind == 4 and not recalled else {},
        reply_to=None,
        mentions=[],
        status=RECALLED if recalled else NORMAL,
        countable=seq,
        rev=seq,
        time_ms=time_ms,
    )


def _document(entry: LogEntry) -> dict[str, Any]:
    text = indexed_text(entry)
    return {
        "channel_id": entry.channel_id,
        "seq": entry.seq,
        "sender": entry.sender,
        "type": entry.type,
        "server_time": entry.time_ms,
        "recalled": entry.status == RECALLED,
        "text": text,
        "length": len(text.split()),
        "entry": "{}",
    }
