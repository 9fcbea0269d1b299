"""Entries in Elasticsearch, by message id: written in batches, read as they are now, removed."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from imapp.domain.ids import message_id
from imapp.errors import ArchiveBusy, ArchiveRefused, ArchiveUnavailable
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.documents import indexed_form
from imapp.stores.archive.indices import Indices
from imapp.stores.canonical import content_hash, restored
from imapp.stores.mongo import Document

_BULK: Final = 500
_BULK_CHARS: Final = 5_000_000  # of entries in one request, far below the server's 100 MB
_READ: Final = 1_000  # ids in one question
_FAILED: Final = 300
_NO_INDEX: Final = "index_not_found_exception"
_CONFLICT: Final = 409  # there is the same or a later form of it
_GONE: Final = 404
_REFUSED: Final = 400
_BUSY: Final = (429, 502, 503, 504)
_PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0)  # before what the server was too busy for is sent again

Prepared = tuple[Document, bytes]
"""An entry as MongoDB has it, and its form in the index as JSON."""

Lookup = tuple[str, str]
"""Index and message id."""


class Copy(Struct, frozen=True):
    """An entry as the archive holds it, and the content hash that was stored with it."""

    entry: str
    """What MongoDB had stored, as canonical text."""
    content_hash: str

    @property
    def document(self) -> Document:
        """What MongoDB had stored."""
        return restored(self.entry)


class ArchiveEntries:
    """All entries that were indexed. A later revision replaces an earlier one, never the other way round."""

    def __init__(
        self, client: ArchiveClient, indices: Indices, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._indices = indices
        self._sleep = sleep

    def write(self, documents: Iterable[Document]) -> dict[str, str]:
        """Store entries as MongoDB has them; why those that were not taken were not, by message id.

        Raises:
            ArchiveUnavailable: unknown which of them are stored. Writing them again is harmless.
        """
        return self._write(documents, self._indices.of)

    def copy(self, documents: Iterable[Document], generation: int) -> dict[str, str]:
        """The same, into one building alone.

        Raises:
            ArchiveUnavailable: as above.
        """
        return self._write(documents, lambda document: [self._indices.place(document, generation)])

    def lacking(self, documents: Sequence[Document], generation: int) -> list[str]:
        """The ids of those of these entries that are not in a building just so, or in a later form.

        Raises:
            ArchiveUnavailable: they can't be read.
        """
        found = self._copies(documents, generation)
        return [one["_id"] for one in documents if not _holds(found.get(one["_id"]), one)]

    def read(self, message_ids: Iterable[str]) -> dict[str, Copy]:
        """The entries that are there, by message id, as they are now, searchable yet or not.

        Raises:
            ArchiveUnavailable: they can't be read.
        """
        found: dict[str, Copy] = {}
        for chunk in _slices(list(message_ids), _READ):
            places = self._places(chunk)
            found |= self._get([(index, name) for name, index in places.items()])
            # What was written in the last second can't be searched for yet, so its month is not known.
            missing = [name for name in chunk if name not in found]
            found |= self._get([(index, name) for index in self._indices.read() for name in missing])
        return found

    def copies(self, documents: Sequence[Document]) -> dict[str, Copy]:
        """What is there of these entries, by message id, as it is now, in the building that is read.

        It is cheaper than `read`: where an entry lies, its time says.

        Raises:
            ArchiveUnavailable: they can't be read.
        """
        return self._copies(documents, self._indices.current)

    def read_anywhere(self, message_ids: Sequence[str]) -> dict[str, Copy]:
        """The entries that are in any building, by message id, not only in the one that is read.

        Raises:
            ArchiveUnavailable: they can't be read.
        """
        return self._get([(index, name) for index in self._indices.all() for name in message_ids])

    def page(self, channel_id: str, low: int, high: int) -> list[Document]:
        """The entries of a channel with low <= seq <= high that are there, by seq.

        Raises:
            ArchiveUnavailable: they can't be read.
        """
        names = [message_id(channel_id, seq) for seq in range(low, high + 1)]
        found = self.read(names)
        return [found[name].document for name in names if name in found]

    def check(self) -> None:
        """See that Elasticsearch answers, whatever its indices say.

        Raises:
            ArchiveUnavailable: it does not.
        """
        self._client.ping()

    def remove(self, message_ids: Iterable[str]) -> None:
        """See that these are not there, in any building.

        Raises:
            ArchiveUnavailable: unknown whether they still are.
        """
        for chunk in _slices(list(message_ids), _READ):
            operations = [
                {"delete": {"_index": index, "_id": name}} for index in self._indices.all() for name in chunk
            ]
            outcomes = self._bulk(operations, 1)
            if left := [name for (_, name), status, _ in outcomes if status >= _FAILED and status != _GONE]:
                raise ArchiveUnavailable(f"{len(left)} of {len(chunk)} entries were not removed")

    # ---- inside

    def _write(
        self, documents: Iterable[Document], places: Callable[[Document], list[str]]
    ) -> dict[str, str]:
        refused: dict[str, str] = {}
        for chunk in _chunks(documents, refused):
            refused |= self._write_chunk(chunk, places)
        return refused

    def _write_chunk(
        self, chunk: Sequence[Prepared], places: Callable[[Document], list[str]]
    ) -> dict[str, str]:
        waiting = {
            (index, document["_id"]): (_operation(index, document), form)
            for document, form in chunk
            for index in places(document)
        }
        refused: dict[str, str] = {}
        for pause_s in (0.0, *_PAUSES_S):
            self._sleep(pause_s)
            # A building that was given up meanwhile gets nothing any more.
            waiting = {place: pair for place, pair in waiting.items() if self._indices.is_written(place[0])}
            self._indices.create(index for index, _ in waiting)
            for place, status, reason in self._taken(waiting):
                if status in _BUSY or status == _GONE:
                    continue
                del waiting[place]
                if status >= _FAILED and status != _CONFLICT:
                    refused[place[1]] = reason
            if not waiting:
                return refused
            self._indices.forget()
        raise ArchiveUnavailable(f"too busy for {len(waiting)} of {len(chunk)} entries")

    def _taken(self, operations: Mapping[Lookup, tuple[bytes, bytes]]) -> list[tuple[Lookup, int, str]]:
        """What became of each write; of those nothing for which the server is too busy.

        A request that it refuses for what is in it, as a whole, is halved until that one stands alone. What
        then takes no other request either speaks of itself, as a proxy may.

        Raises:
            ArchiveRefused: it would refuse everything.
        """
        try:
            return self._bulk([line for pair in operations.values() for line in pair], 2)
        except ArchiveBusy:
            return []
        except ArchiveRefused as error:
            if len(operations) == 1:
                self._check_takes(next(iter(operations)))
                return [(place, _REFUSED, str(error)) for place in operations]
        items = list(operations.items())
        half = len(items) // 2
        return [*self._taken(dict(items[:half])), *self._taken(dict(items[half:]))]

    def _check_takes(self, place: Lookup) -> None:
        """See that a request that changes nothing is taken."""
        index, name = place
        self._bulk([{"delete": {"_index": index, "_id": f"no-{name}"}}], 1)

    def _bulk(self, operations: Sequence[Any], lines: int) -> list[tuple[Lookup, int, str]]:
        """What became of each operation of so many lines: where it went, its status, its kind of error.

        A line is a document, or one that is encoded already, which the driver's types do not mention.
        """
        if not operations:
            return []
        with self._client.writing() as client:
            answer = client.bulk(operations=operations, filter_path=_BULK_PARTS).body
        items = [next(iter(item.values())) for item in answer.get("items", ())]
        if len(items) * lines != len(operations):
            raise ArchiveUnavailable("the answer to a bulk request is not whole")
        return [((item["_index"], item["_id"]), item["status"], _kind(item.get("error"))) for item in items]

    def _copies(self, documents: Sequence[Document], generation: int) -> dict[str, Copy]:
        return self._get([(self._indices.place(one, generation), one["_id"]) for one in documents])

    def _places(self, message_ids: Sequence[str]) -> dict[str, str]:
        """The index of each entry that can be searched for."""
        with self._client.reading() as client:
            hits = client.search(
                index=self._indices.alias,
                ignore_unavailable=True,
                allow_no_indices=True,
                # While it recovers some indices can't be searched, which is not the same as to find nothing.
                allow_partial_search_results=False,
                query={"ids": {"values": list(message_ids)}},
                size=len(message_ids),
                source=False,
                track_total_hits=False,
            ).body["hits"]["hits"]
        return {hit["_id"]: hit["_index"] for hit in hits}

    def _get(self, lookups: Sequence[Lookup]) -> dict[str, Copy]:
        found: dict[str, Copy] = {}
        for chunk in _slices(lookups, _READ):
            docs = [{"_index": index, "_id": name} for index, name in chunk]
            with self._client.reading() as client:
                rows = client.mget(docs=docs, source_includes=["entry", "hash"]).body["docs"]
                _check_looked_at(rows)
            for row in rows:
                if row.get("found"):
                    source = row["_source"]
                    found[row["_id"]] = Copy(source["entry"], source["hash"])
        return found


_BULK_PARTS: Final = [
    f"items.*.{part}" for part in ("_index", "_id", "status", "error.type", "error.caused_by.type")
]


def _check_looked_at(rows: Iterable[Mapping[str, Any]]) -> None:
    """See that each was looked for, found or not: while Elasticsearch recovers, some can't be.

    Raises:
        ArchiveUnavailable: unknown whether they are there.
    """
    kinds = {_kind(row["error"]) for row in rows if "error" in row} - {_NO_INDEX}
    if kinds:
        raise ArchiveUnavailable(f"not all could be looked for: {', '.join(sorted(kinds))}")


def _holds(copy: Copy | None, document: Document) -> bool:
    if copy is None:
        return False
    held = copy.document
    later: bool = held["rev"] > document["rev"]
    return later or copy.content_hash == content_hash(document) == content_hash(held)


def _operation(index: str, document: Document) -> bytes:
    place = {"_index": index, "_id": document["_id"], "version": document["rev"]}
    # The driver's own encoder is 10 times slower.
    return msgspec.json.encode({"index": {**place, "version_type": "external_gte"}})


def _chunks(documents: Iterable[Document], refused: dict[str, str]) -> Iterator[list[Prepared]]:
    """Parts that fit into a request; what is no entry is refused here, where it harms no other."""
    chunk: list[Prepared] = []
    size = 0
    for document in documents:
        try:
            form = indexed_form(document)
            encoded = msgspec.json.encode(form)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is in this one alone
            refused[document["_id"]] = type(error).__name__
            continue
        length = len(form["entry"])
        if chunk and (len(chunk) == _BULK or size + length > _BULK_CHARS):
            yield chunk
            chunk, size = [], 0
        chunk.append((document, encoded))
        size += length
    if chunk:
        yield chunk


def _kind(error: Mapping[str, Any] | None) -> str:
    """What went wrong, without what somebody wrote."""
    if not error:
        return ""
    cause = (error.get("caused_by") or {}).get("type")
    return f"{error.get('type')} ({cause})" if cause else str(error.get("type"))


def _slices(items: Sequence[Any], length: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), length):
        yield items[start : start + length]
