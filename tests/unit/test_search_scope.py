"""What somebody may find, cut into pieces that a search server takes."""

from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.search.scope import Scope, scope_of
from imapp.domain.spans import Spans, contains

SPANS = st.lists(st.tuples(st.integers(1, 9), st.one_of(st.none(), st.integers(9, 20))), max_size=7).map(
    tuple
)
STAYS = st.lists(st.tuples(st.sampled_from("abcdef"), SPANS), max_size=8, unique_by=lambda stay: stay[0])


def test_a_stay_from_the_first_entry_on_needs_no_range() -> None:
    scope = scope_of([("a", ((1, None),)), ("b", ((7, None),)), ("c", ((1, 5), (9, None))), ("d", ())])

    assert scope == Scope(("a",), (("b", ((7, None),)), ("c", ((1, 5), (9, None)))))
    assert scope.channels == 3
    assert not scope_of([("d", ())])


@given(STAYS, st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(1, 9), st.integers(9, 25))))
def test_a_narrowed_scope_is_the_same_where_it_is_looked_at(
    stays: list[tuple[str, Spans]], reached: dict[str, tuple[int, int]]
) -> None:
    scope = scope_of(stays)
    before, after = dict(scope.parts), dict(scope.narrowed(reached).parts)

    for name, (first, last) in reached.items():
        for seq in range(first, last + 1):
            assert contains(after.get(name, ()), seq) == contains(before.get(name, ()), seq)
    assert all(set(spans) <= set(before[name]) for name, spans in after.items())
    assert set(after) <= set(reached)


@given(STAYS, st.integers(1, 5))
def test_the_pieces_are_the_whole_and_none_is_too_large(stays: list[tuple[str, Spans]], most: int) -> None:
    scope = scope_of(stays)

    pieces = list(scope.cut(most))

    assert [name for piece in pieces for name in piece.whole] == list(scope.whole)
    assert [(name, span) for piece in pieces for name, spans in piece.parts for span in spans] == [
        (name, span) for name, spans in scope.parts for span in spans
    ]
    assert all(sum(len(spans) for _, spans in piece.parts) <= most for piece in pieces)
    assert all(pieces)
