"""Folded receipts answer as the ones they were made of, whatever was folded when."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.folding import Reach, folded, says_nothing_new
from imapp.domain.receipts import PushState, Receipt, push_states
from schemas.receipts import PushStatus

LAST = 12
PEOPLE = ("an", "bo")
STATES: Final = (PushStatus.RECEIVED, PushStatus.READ)


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


either = st.builds(lambda one, status: replace(one, status=status), receipts, st.sampled_from([*STATES]))


def states(found: Sequence[Receipt]) -> list[dict[str, PushState]]:
    return [push_states(seq, PEOPLE, found, stored_ms=0) for seq in range(1, LAST + 1)]


@given(st.lists(either, max_size=12), st.lists(either, max_size=12))
def test_without_a_receipt_that_says_nothing_new_every_state_stays_as_it_was(
    before: list[Receipt], marks: list[Receipt]
) -> None:
    reaches: dict[tuple[str, PushStatus], Reach] = {}
    folds: list[Receipt] = []
    for status in STATES:
        rows, moved = folded([one for one in before if one.status is status], {})
        folds += rows
        reaches |= {(name, status): reach for name, reach in moved.items()}
    everything, noted = [*before, *marks], list[Receipt]()

    for mark in marks:
        known = [one for one in noted if one.receiver == mark.receiver]
        reached = {status: reach for (name, status), reach in reaches.items() if name == mark.receiver}
        if not says_nothing_new(mark, known, reached):
            noted.append(mark)

    assert states([*folds, *noted]) == states(everything)


def test_a_mark_that_comes_again_says_nothing_new_whether_or_not_it_was_folded() -> None:
    marks = [receipt("an", 5, 1), receipt("an", 9, 2)]
    _, reaches = folded(marks, {})

    assert says_nothing_new(receipt("an", 9, 3), marks, {})
    assert says_nothing_new(receipt("an", 9, 3), [], {PushStatus.READ: reaches["an"]})
    assert not says_nothing_new(receipt("an", 10, 3), marks, {PushStatus.READ: reaches["an"]})


def test_a_page_of_the_newest_does_not_make_what_is_before_it_known() -> None:
    page = receipt("an", 9, 1, start=7)

    assert not says_nothing_new(receipt("an", 9, 2), [page], {})
    assert says_nothing_new(receipt("an", 9, 2, start=8), [page], {})
