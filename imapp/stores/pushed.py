"""What was told outside lately, for those who trace a message: collection `pushed`. No texts.

A document is a portion that the notifier has taken; it is forgotten after a set time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pymongo import ASCENDING, IndexModel

from imapp.domain.ids import split_message_id
from imapp.processes import this_process
from imapp.stores.mongo import FAST, Database, mapped_errors, to_datetime, to_ms
from schemas.notifications import PushRecord

INDEXES: Final = [IndexModel([("forget_at", ASCENDING)], expireAfterSeconds=0, name="age")]


@dataclass(frozen=True, slots=True)
class Pushed:
    """Somebody was told of so many messages, the newest of them this one, or was reminded of it."""

    user_id: str
    seq: int
    messages: int
    nudge: bool
    at_ms: int
    process: str


class PushedStore:
    """Notes what went out, for so long; with 0 seconds nothing. A failover may lose some of it."""

    def __init__(self, database: Database, kept_s: float = 0) -> None:
        self._pushed = database["pushed"]
        self._fast = self._pushed.with_options(write_concern=FAST)
        self._kept_ms = round(kept_s * 1_000)
        self._process = this_process()

    def note(self, portion_id: str, records: Iterable[PushRecord], at_ms: int) -> None:
        """These records are out. What is noted already stays: they went out twice then."""
        rows = [
            [record.user_id, split_message_id(record.message_id)[1], record.messages, record.nudge]
            for record in records
        ]
        if not self._kept_ms or not rows:
            return
        document = {
            "at": to_datetime(at_ms),
            "forget_at": to_datetime(at_ms + self._kept_ms),
            "process": self._process,
            "rows": rows,
        }
        with mapped_errors():
            self._fast.update_one({"_id": portion_id}, {"$setOnInsert": document}, upsert=True)

    def covering(self, channel_id: str, seq: int) -> list[Pushed]:
        """Who was told of the entry at `seq`, alone or with others."""
        bounds = {"$gte": f"{channel_id}.", "$lt": f"{channel_id}/"}  # the character after the dot
        wanted = {"_id": bounds, "rows": {"$elemMatch": {"1": {"$gte": seq}}}}
        with mapped_errors():
            return [
                Pushed(user_id, newest, messages, nudge, to_ms(row["at"]), row["process"])
                for row in self._pushed.find(wanted)
                for user_id, newest, messages, nudge in row["rows"]
                if _is_about(row["_id"], seq, newest, nudge=nudge)
            ]


def _is_about(portion_id: str, seq: int, newest: int, *, nudge: bool) -> bool:
    """Whether a record of a portion (`<channel>.<from>-<to>.<n>`) covers `seq`; of a nudge only its own."""
    first = portion_id.partition(".")[2].partition("-")[0]
    return newest == seq if nudge else first.isdigit() and int(first) <= seq <= newest
