"""Any page of any log, against a plain list: complete where it says so, and never more than one may see."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from imapp.domain import spans
from imapp.domain.spans import Spans
from schemas.messages import HistoryPage, HistoryQuery
from tests.unit.fakes.effort import effort
from tests.unit.fakes.logs import LUNCH, history_of, lunch

LONGEST = 14


@dataclass(frozen=True)
class Shelf:
    """A log, and the stays of one reader in it."""

    last_seq: int
    stays: Spans

    def readable(self) -> list[int]:
        """The plain list."""
        return [seq for seq in range(1, self.last_seq + 1) if spans.contains(self.stays, seq)]

    def page(self, **query: int) -> HistoryPage:
        """A page of it."""
        return history_of(lunch(self.last_seq, {"bo": self.stays})).page("bo", LUNCH, HistoryQuery(**query))


@st.composite
def shelves(draw: st.DrawFn) -> Shelf:
    """A log, and a reader who joined and left in it; he was there at least once."""
    last_seq = draw(st.integers(1, LONGEST))
    moves = sorted(draw(st.sets(st.integers(1, last_seq), min_size=1, max_size=5)))
    stays: Spans = ()
    for seq in moves:
        stays = spans.closed(stays, seq) if spans.is_open(stays) else spans.opened(stays, seq)
    return Shelf(last_seq, stays)


starts: st.SearchStrategy[dict[str, int]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"before": st.integers(1, LONGEST + 3)}),
    st.fixed_dictionaries({"after": st.integers(0, LONGEST + 3)}),
    st.fixed_dictionaries({"around": st.integers(1, LONGEST + 3)}),
)
limits = st.integers(1, 6)


def seqs(page: HistoryPage) -> list[int]:
    return [entry.seq for entry in page.entries]


@effort(300)
@given(shelf=shelves(), start=starts, limit=limits)
def test_a_page_holds_all_that_is_readable_in_the_range_it_covers(
    shelf: Shelf, start: dict[str, int], limit: int
) -> None:
    page = shelf.page(**start, limit=limit)
    covered = [seq for seq in shelf.readable() if page.from_seq <= seq <= page.to_seq]
    assert seqs(page) == covered
    assert len(covered) <= limit


@effort(300)
@given(shelf=shelves(), start=starts, limit=limits)
def test_a_page_says_whether_there_is_more_on_either_side(
    shelf: Shelf, start: dict[str, int], limit: int
) -> None:
    page = shelf.page(**start, limit=limit)
    assert page.more_before == any(seq < page.from_seq for seq in shelf.readable())
    assert page.more_after == any(seq > page.to_seq for seq in shelf.readable())


@effort(200)
@given(shelf=shelves(), start=starts, limit=limits)
def test_a_page_does_not_cover_what_will_come(shelf: Shelf, start: dict[str, int], limit: int) -> None:
    page = shelf.page(**start, limit=limit)
    assert page.to_seq <= shelf.last_seq or page.from_seq > page.to_seq


@effort(200)
@given(shelf=shelves(), limit=limits)
def test_going_back_page_by_page_shows_everything_once(shelf: Shelf, limit: int) -> None:
    page = shelf.page(limit=limit)
    found = seqs(page)
    while page.more_before:
        page = shelf.page(before=page.from_seq, limit=limit)
        found = seqs(page) + found
    assert found == shelf.readable()


@effort(200)
@given(shelf=shelves(), limit=limits)
def test_going_on_page_by_page_shows_everything_once(shelf: Shelf, limit: int) -> None:
    page = shelf.page(after=0, limit=limit)
    found = seqs(page)
    while page.more_after:
        page = shelf.page(after=page.to_seq, limit=limit)
        found += seqs(page)
    assert found == shelf.readable()


@effort(200)
@given(shelf=shelves(), seq=st.integers(1, LONGEST), limit=limits)
def test_the_page_around_a_readable_entry_holds_it(shelf: Shelf, seq: int, limit: int) -> None:
    if seq in shelf.readable():
        assert seq in seqs(shelf.page(around=seq, limit=limit))
