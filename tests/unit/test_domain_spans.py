"""Stays and what they let one read, against plain sets of seqs; and the badge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.domain import spans
from imapp.domain.spans import Spans
from imapp.domain.unread import unread, unread_label

LAST_SEQ = 30


@st.composite
def histories(draw: st.DrawFn) -> Spans:
    """Somebody's stays in a log of 30 entries, made by joining and leaving."""
    seqs = sorted(draw(st.sets(st.integers(1, LAST_SEQ), max_size=7)))
    stays: Spans = ()
    for seq in seqs:
        stays = spans.closed(stays, seq) if spans.is_open(stays) else spans.opened(stays, seq)
    return stays


def readable(stays: Spans, last_seq: int = LAST_SEQ) -> set[int]:
    """The simple model: all seqs one may read."""
    found: set[int] = set()
    for start, end in stays:
        found |= set(range(start, (last_seq if end is None else end) + 1))
    return {seq for seq in found if seq <= last_seq}


class TestJoiningAndLeaving:
    def test_nobody_is_in_before_he_joins(self) -> None:
        assert not spans.is_open(())

    def test_who_joins_sees_the_entry_that_lets_him_in_and_none_before(self) -> None:
        stays = spans.opened((), 5)
        assert [spans.contains(stays, seq) for seq in (4, 5, 6)] == [False, True, True]

    def test_who_leaves_sees_the_entry_that_says_so_and_none_after(self) -> None:
        stays = spans.closed(spans.opened((), 5), 8)
        assert [spans.contains(stays, seq) for seq in (8, 9)] == [True, False]
        assert not spans.is_open(stays)

    def test_who_comes_back_keeps_the_first_stay_and_does_not_get_the_gap(self) -> None:
        stays = spans.opened(spans.closed(spans.opened((), 2), 4), 7)
        assert [seq for seq in range(1, 10) if spans.contains(stays, seq)] == [2, 3, 4, 7, 8, 9]


class TestAgainstThePlainSet:
    @given(histories(), st.integers(0, LAST_SEQ + 5))
    def test_contains(self, stays: Spans, seq: int) -> None:
        assert spans.contains(stays, seq) == (seq in readable(stays, LAST_SEQ + 5))

    @given(histories())
    def test_visible_last(self, stays: Spans) -> None:
        assert spans.visible_last(stays, LAST_SEQ) == max(readable(stays), default=0)

    @given(histories(), st.integers(-2, LAST_SEQ + 2), st.integers(-2, LAST_SEQ + 2))
    def test_clipped(self, stays: Spans, low: int, high: int) -> None:
        ranges = list(spans.clipped(stays, low, high))
        found = [seq for first, last in ranges for seq in range(first, last + 1)]
        assert found == sorted(seq for seq in readable(stays, LAST_SEQ + 2) if low <= seq <= high)

    def test_a_head_that_lags_behind_a_new_stay_shows_the_end_of_the_one_before(self) -> None:
        assert spans.visible_last(((1, 3), (6, None)), 5) == 3


class TestUnread:
    @pytest.mark.parametrize(("last", "mark", "count"), [(0, 0, 0), (7, 7, 0), (7, 3, 4), (3, 7, 0)])
    def test_is_what_counts_after_the_watermark_and_never_negative(
        self, last: int, mark: int, count: int
    ) -> None:
        assert unread(last, mark) == count

    @pytest.mark.parametrize(
        ("count", "label"), [(0, ""), (1, "1"), (98, "98"), (99, "99"), (100, "99+"), (5000, "99+")]
    )
    def test_is_shown_up_to_99(self, count: int, label: str) -> None:
        assert unread_label(count) == label
