"""Folded receipts answer as the ones they were made of, whatever was folded when."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.folding import Reach, folded
from imapp.domain.receipts import Receipt
from schemas.receipts import PushStatus

LAST = 12
PEOPLE = ("an", "bo")


def receipt(receiver: str, up_to: int, at_ms: int, start: int = 1) -> Receipt:
    return Receipt(receiver, PushStatus.READ, up_to, at_ms, start)


receipts = st.builds(
    lambda who, one, other, at, cumulative: receipt(
        who, max(one, other), at, 1 if cumulative else min(one, other)
    ),
    st.sampled_from(PEOPLE),
    st.integers(1, LAST),
    st.integers(1, LAST),
    st.integers(1, 20),
    st.booleans(),
)


def answers(found: Sequence[Receipt]) -> dict[tuple[str, int], int | None]:
    """For each person and entry the time of the earliest receipt that covers it."""
    return {
        (who, seq): min(
            (one.at_ms for one in found if one.receiver == who and one.from_seq <= seq <= one.up_to_seq),
            default=None,
        )
        for who in PEOPLE
        for seq in range(1, LAST + 1)
    }


@given(st.lists(st.lists(receipts, max_size=12), max_size=5))
def test_whatever_is_folded_when_the_answers_are_the_same(rounds: list[list[Receipt]]) -> None:
    reaches: dict[str, Reach] = {}
    everything: list[Receipt] = []
    kept: list[Receipt] = []

    for some in rounds:
        everything += some
        rows, moved = folded(some, reaches)
        kept += rows
        reaches |= moved

        assert answers(kept) == answers(everything)


@given(st.lists(receipts, max_size=12))
def test_within_one_fold_no_entry_is_covered_twice(some: list[Receipt]) -> None:
    rows, _ = folded(some, {})

    places = [(row.receiver, seq) for row in rows for seq in range(row.from_seq, row.up_to_seq + 1)]
    assert len(places) == len(set(places))


def test_marks_in_order_become_neighbours_also_across_folds() -> None:
    first, reaches = folded([receipt("an", 5, 1), receipt("an", 9, 2)], {})
    second, _ = folded([receipt("an", 9, 3), receipt("an", 12, 4)], reaches)

    assert [(row.from_seq, row.up_to_seq) for row in first + second] == [(1, 5), (6, 9), (10, 12)]


def test_a_mark_that_comes_again_leaves_nothing() -> None:
    _, reaches = folded([receipt("an", 9, 1)], {})

    assert folded([receipt("an", 9, 5), receipt("an", 9, 7)], reaches)[0] == []
