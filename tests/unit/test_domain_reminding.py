"""Who may remind others of a message, and how often."""

from typing import Final

import pytest
from msgspec import structs

from imapp.domain.decisions import Rejected
from imapp.domain.entries import RECALL, RECALLED, SYSTEM, LogEntry
from imapp.domain.reminding import Reminder, may_not_remind, wait_ms
from schemas.errors import ErrorCode
from tests.support.entries import log_entry
from tests.unit.fakes.rooms import NOW_MS, TEAM, facts, team

EVERY_MS: Final = 60_000


def refused(entry: LogEntry | None, *, actor: str = "an") -> ErrorCode | None:
    """Why somebody may not remind the others of an entry."""
    about = structs.replace(facts(), target=entry)
    found = may_not_remind(team(), actor, entry.seq if entry else 1, about)
    return found.code if isinstance(found, Rejected) else None


def test_of_ones_own_message_one_may() -> None:
    assert refused(log_entry(TEAM, 1)) is None


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (log_entry(TEAM, 1, status=RECALLED), ErrorCode.MESSAGE_RECALLED),
        (log_entry(TEAM, 1, sender="bo"), ErrorCode.FORBIDDEN),
        (log_entry(TEAM, 1, type=SYSTEM), ErrorCode.INVALID),
        (log_entry(TEAM, 1, type=RECALL), ErrorCode.INVALID),
        (None, ErrorCode.NOT_FOUND),
    ],
    ids=["recalled", "another's", "of the system", "a recall", "not there"],
)
def test_of_anything_else_one_may_not(entry: LogEntry | None, code: ErrorCode) -> None:
    assert refused(entry) is code


def test_a_stranger_learns_nothing() -> None:
    assert refused(log_entry(TEAM, 1), actor="zoe") is ErrorCode.NOT_FOUND


def test_who_came_later_does_not_either() -> None:
    assert refused(log_entry(TEAM, 1), actor="chen") is ErrorCode.NOT_FOUND


def test_the_next_one_waits_from_the_latest_on() -> None:
    made = [Reminder("one", NOW_MS, 3), Reminder("two", NOW_MS + 10_000, 3)]

    waits = [wait_ms(made, NOW_MS + ms, every_ms=EVERY_MS) for ms in (10_000, 69_999, 70_000, 200_000)]

    assert waits == [EVERY_MS, 1, 0, 0]
    assert wait_ms([], NOW_MS, every_ms=EVERY_MS) == 0
