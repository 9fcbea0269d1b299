"""Steps of a message's life, from whatever source, in their order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from imapp.domain.entries import wire_time
from schemas.admin import TraceStep, TraceStepName

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


def _place(step: Step) -> tuple[int, float, str, str]:
    at = float("inf") if step.at_ms is None else step.at_ms
    return _ORDER[step.name], at, step.user_id or "", step.connection_id or ""
