"""How far each channel is in the index: `indexed_seq` and `index_steps` of collection `channels`.

What is in the index is found once the index was refreshed. So a mark that moves notes from where and when:
what was not beyond it two seconds ago can be found.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pymongo import ASCENDING

from imapp.stores.mongo import Database, Document, mapped_errors, update_fast

REFRESH_MS: Final = 2_000
"""What was indexed this long ago can be found: the index is refreshed every second."""

# Steps of the same half second are one, taken for as late as its end: so a row has five of them at most.
_TOGETHER_MS: Final = 500
_FIELDS: Final = {"head.seq": 1, "indexed_seq": 1, "index_steps": 1}
# As `_mark` has it. No index can serve this, but ten thousand rows are some ten milliseconds.
_BEHIND: Final = {"$expr": {"$lt": [{"$ifNull": ["$indexed_seq", 0]}, "$head.seq"]}}


@dataclass(frozen=True, slots=True)
class IndexMark:
    """The newest seq of a channel, and up to which every entry is in the index or set aside.

    Up to `found_seq` it can be found as well, unless it was set aside.
    """

    last_seq: int
    indexed_seq: int
    found_seq: int

    @property
    def is_behind(self) -> bool:
        """Whether something is left to index."""
        return self.indexed_seq < self.last_seq


class IndexMarks:
    """The watermarks of indexing. They only grow; moving one changes nothing that clients are told of."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._channels = database["channels"]
        self._clock = clock

    def of(self, channel_ids: Iterable[str]) -> dict[str, IndexMark]:
        """The marks of the channels that exist, by id."""
        now_ms = self._now_ms()
        with mapped_errors():
            rows = self._channels.find({"_id": {"$in": list(channel_ids)}}, _FIELDS)
            return {row["_id"]: _mark(row, now_ms) for row in rows}

    def behind(self, after: str, look_at: int, limit: int) -> tuple[list[str], str]:
        """At most `limit` channels that are behind, of so many after the given id; where to go on.

        That is "" when the last channel was looked at.
        """
        with mapped_errors():
            ids = self._channels.find({"_id": {"$gt": after}}, {"_id": 1}).sort("_id", ASCENDING)
            last = next((row["_id"] for row in ids.skip(look_at - 1).limit(1)), None)
            part = {"$gt": after} if last is None else {"$gt": after, "$lte": last}
            rows = self._channels.find({"_id": part, **_BEHIND}, {"_id": 1}).sort("_id", ASCENDING)
            names = [row["_id"] for row in rows.limit(limit)]
        return names, names[-1] if len(names) == limit else last or ""

    def advance(self, seqs: Mapping[str, int]) -> None:
        """Everything up to these seqs, by channel id, is settled, as of now; a mark that is further stays.

        One that a failover moves back is moved again: the sweep finds its channel.

        Raises:
            StoreUnavailable: unknown which of them have moved.
        """
        now_ms = self._now_ms()
        update_fast(self._channels, [({"_id": name}, _step(seq, now_ms)) for name, seq in seqs.items()])

    def _now_ms(self) -> int:
        return round(self._clock() * 1000)


def _step(seq: int, now_ms: int) -> list[Document]:
    """Moves a mark to this seq, and notes from where and when; one that is there already it leaves alone."""
    at = now_ms + -now_ms % _TOGETHER_MS
    lately = {
        "$filter": {
            "input": {"$ifNull": ["$index_steps", []]},
            "cond": {"$gt": ["$$this.at", now_ms - REFRESH_MS]},
        }
    }
    from_seq = {"$ifNull": ["$indexed_seq", 0]}  # a channel may be older than this field
    step = {"from_seq": from_seq, "at": at}
    known, one_more = {"$in": [at, "$$lately.at"]}, {"$concatArrays": ["$$lately", [step]]}
    steps = {"$let": {"vars": {"lately": lately}, "in": {"$cond": [known, "$$lately", one_more]}}}
    moved = {"$cond": [{"$lt": [from_seq, seq]}, steps, "$index_steps"]}
    return [{"$set": {"indexed_seq": {"$max": ["$indexed_seq", seq]}, "index_steps": moved}}]


def _mark(row: Document, now_ms: int) -> IndexMark:
    indexed_seq = row.get("indexed_seq", 0)
    lately = [step["from_seq"] for step in row.get("index_steps", ()) if step["at"] > now_ms - REFRESH_MS]
    return IndexMark((row.get("head") or {}).get("seq", 0), indexed_seq, min([indexed_seq, *lately]))
