"""How far each channel is in the index: `indexed_seq` of collection `channels`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pymongo import ASCENDING, UpdateOne

from imapp.stores.mongo import Database, Document, mapped_errors

_FIELDS: Final = {"head.seq": 1, "indexed_seq": 1}


@dataclass(frozen=True, slots=True)
class IndexMark:
    """The newest seq of a channel, and up to which every entry is in the index or set aside."""

    last_seq: int
    indexed_seq: int

    @property
    def is_behind(self) -> bool:
        """Whether something is left to index."""
        return self.indexed_seq < self.last_seq


class IndexMarks:
    """The watermarks of indexing. They only grow; moving one changes nothing that clients are told of."""

    def __init__(self, database: Database) -> None:
        self._channels = database["channels"]

    def of(self, channel_ids: Iterable[str]) -> dict[str, IndexMark]:
        """The marks of the channels that exist, by id."""
        with mapped_errors():
            rows = self._channels.find({"_id": {"$in": list(channel_ids)}}, _FIELDS)
            return {row["_id"]: _mark(row) for row in rows}

    def page(self, after: str, limit: int) -> dict[str, IndexMark]:
        """The marks of so many channels, by id, those after the given one."""
        with mapped_errors():
            rows = self._channels.find({"_id": {"$gt": after}}, _FIELDS).sort("_id", ASCENDING).limit(limit)
            return {row["_id"]: _mark(row) for row in rows}

    def advance(self, seqs: Mapping[str, int]) -> None:
        """Everything up to these seqs, by channel id, is settled."""
        updates = [UpdateOne({"_id": name}, {"$max": {"indexed_seq": seq}}) for name, seq in seqs.items()]
        if updates:
            with mapped_errors():
                self._channels.bulk_write(updates, ordered=False)


def _mark(row: Document) -> IndexMark:
    # A channel may be older than this field.
    return IndexMark((row.get("head") or {}).get("seq", 0), row.get("indexed_seq", 0))
