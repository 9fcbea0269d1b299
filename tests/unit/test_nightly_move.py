"""When the night's move is due."""

from datetime import UTC, datetime

import pytest

from imapp.services.archiving.nightly import last_due


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ((23, 2, 29), (22, 2, 30)),
        ((23, 2, 30), (23, 2, 30)),
        ((23, 23, 59), (23, 2, 30)),
        ((1, 0, 0), (31, 2, 30)),
    ],
)
def test_a_round_is_due_from_its_time_on_until_the_next_day(
    now: tuple[int, int, int], due: tuple[int, int, int]
) -> None:
    found = last_due("02:30", datetime(2026, 11, *now, 5, 7, tzinfo=UTC))

    assert (found.day, found.hour, found.minute, found.second) == (*due, 0)
    assert found <= datetime(2026, 11, *now, 5, 7, tzinfo=UTC)
