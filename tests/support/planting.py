"""Histories that differ from another in one thing, and what the checker finds in them."""

from dataclasses import replace
from typing import Final

from tests.support.history import Answered, Entry, History, Seen, Step
from tests.support.invariants import check
from tests.support.stories import CHANNEL

CLEAN: Final = "lost 0 dup 0 gap 0 reorder 0 phantom 0 leak 0 kept 0 unproved 0 untrue 0"


def with_steps(history: History, steps: list[Step]) -> History:
    """The history with other steps."""
    return replace(history, steps=steps)


def with_log(history: History, log: list[Entry]) -> History:
    """The history with another final log of the channel."""
    return replace(history, logs={CHANNEL: log})


def seen(history: History, connection: str, seq: int) -> Seen:
    """The live frame of an entry on a connection."""
    return next(
        step
        for step in history.steps
        if isinstance(step, Seen) and step.connection == connection and step.entry.seq == seq
    )


def answered(history: History, seq: int) -> Answered:
    """The answer that acknowledged an entry."""
    return next(step for step in history.steps if isinstance(step, Answered) and step.seq == seq)


def changed(history: History, old: Step, *new: Step) -> History:
    """The history with other steps in place of one."""
    at = next(index for index, step in enumerate(history.steps) if step is old)
    return with_steps(history, [*history.steps[:at], *new, *history.steps[at + 1 :]])


def swapped(history: History, one: Step, other: Step) -> History:
    """The history with two steps in each other's place."""
    places = {id(one): other, id(other): one}
    return with_steps(history, [places.get(id(step), step) for step in history.steps])


def later(history: History, *steps: Step) -> History:
    """The history with more steps at its end."""
    return with_steps(history, [*history.steps, *steps])


def log(history: History) -> list[Entry]:
    """The final log."""
    return list(history.logs[CHANNEL])


def found(history: History) -> dict[str, int]:
    """How many findings there are of each kind that has any."""
    return {kind: len(findings) for kind, findings in check(history).findings.items() if findings}
