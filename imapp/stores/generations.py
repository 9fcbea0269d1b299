"""Which building of the indices is read, and which is under way: a row of collection `meta`."""

import time
from dataclasses import dataclass
from typing import Final

from imapp.stores.mongo import Database, mapped_errors

RECENT_S: Final = 1.0
_ROW: Final = "search_indices"


@dataclass(frozen=True, slots=True)
class Generations:
    """`current` is read; `next`, if any, is being built, and `position` says how far that has come.

    `replaced` says that what was read before `current` may still be there.
    """

    current: int = 1
    next: int | None = None
    position: str = ""
    replaced: bool = False

    @property
    def written(self) -> tuple[int, ...]:
        """Those that get every write."""
        return (self.current,) if self.next is None else (self.current, self.next)


class GenerationStore:
    """One row for the whole system."""

    def __init__(self, database: Database) -> None:
        self._meta = database["meta"]
        self._recent: tuple[float, Generations] = (-RECENT_S, Generations())

    def recent(self) -> Generations:
        """How it stood within the last second: for those who ask with every write."""
        at, known = self._recent
        if time.monotonic() - at > RECENT_S:
            known = self.load()
            self._recent = (time.monotonic(), known)
        return known

    def load(self) -> Generations:
        """How it stands now."""
        with mapped_errors():
            row = self._meta.find_one({"_id": _ROW}) or {}
        return Generations(
            row.get("current", 1), row.get("next"), row.get("position", ""), row.get("replaced", False)
        )

    def begin(self, highest: int, *, anew: bool = False) -> Generations:
        """Begin to build the next ones, or go on with what was interrupted unless it shall be `anew`.

        `highest` is the last one that there is, of which this may not know: MongoDB may be that of a backup.
        """
        known = self.load()
        if known.next is None or anew:
            self._set(known.current, max(known.next or known.current, highest) + 1, "")
        return self.load()

    def move(self, position: str) -> None:
        """Note how far the building has come."""
        with mapped_errors():
            self._meta.update_one({"_id": _ROW}, {"$set": {"position": position}})

    def finish(self, generation: int) -> None:
        """What was built is what is read. What was read before is still to be dropped."""
        self._set(generation, None, "", replaced=True)

    def end(self, generation: int) -> None:
        """What was read before this one is gone."""
        with mapped_errors():
            self._meta.update_one({"_id": _ROW, "current": generation}, {"$unset": {"replaced": ""}})

    def _set(self, current: int, upcoming: int | None, position: str, **more: bool) -> None:
        change = {"$set": {"current": current, "next": upcoming, "position": position, **more}}
        with mapped_errors():
            self._meta.update_one({"_id": _ROW}, change, upsert=True)
