"""Steps of a message's life, from whatever source, in their order."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from imapp.domain.entries import wire_time
from imapp.services.reading.cursors import decode_cursor, encode_cursor
from schemas.admin import TraceQuery, TraceStep, TraceStepName

_ORDER: Final = {name: number for number, name in enumerate(TraceStepName)}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a message: when (None: it has not), in which process, to whom."""

    name: TraceStepName
    at_ms: int | None
    process: str | None = None
    user_id: str | None = None
    connection_id: str | None = None
    note: str = ""

    def wire(self) -> TraceStep:
        """As administrators get it."""
        return TraceStep(
            step=self.name,
            time=wire_time(self.at_ms) if self.at_ms is not None else None,
            process=self.process,
            user_id=self.user_id,
            connection_id=self.connection_id,
            note=self.note,
        )


def in_order(steps: Iterable[Step]) -> list[Step]:
    """By kind, then by time: the clocks of the processes differ, the order of what happens does not.

    What several gateways tell alike is there once.
    """
    return sorted(dict.fromkeys(steps), key=_place)


def page_of(steps: Sequence[Step], query: TraceQuery) -> tuple[Sequence[Step], str | None]:
    """The steps after the query's cursor, and where the next page begins, None if there is none.

    Each page is worked out anew: a step that has come since is on it if it belongs behind the cursor.

    Raises:
        RequestError: `invalid`: no cursor of ours.
    """
    if query.cursor is not None:
        after = decode_cursor(query.cursor, _Place)
        steps = [step for step in steps if _place(step) > after]
    page = steps[: query.limit]
    return page, encode_cursor(_place(page[-1])) if len(steps) > len(page) else None


class _Place(Struct, order=True, array_like=True, frozen=True):
    """Where a step stands: by kind, then by time, then by whatever tells it from others."""

    order: int
    at_ms: float
    user_id: str
    connection_id: str
    rest: bytes


def _place(step: Step) -> _Place:
    at = float("inf") if step.at_ms is None else float(step.at_ms)
    rest = hashlib.blake2b(f"{step.process}|{step.note}".encode(), digest_size=8).digest()
    return _Place(_ORDER[step.name], at, step.user_id or "", step.connection_id or "", rest)
