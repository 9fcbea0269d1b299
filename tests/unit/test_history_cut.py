"""Any page of a log whose older part can't be read now: what is hot is shown, nothing claimed beyond it."""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.archive.pages import Tail
from imapp.domain.entries import LogEntry
from imapp.domain.spans import Spans
from imapp.errors import ArchiveUnavailable
from imapp.services.reading.access import AccessService
from imapp.services.reading.history import HistoryService
from schemas.messages import HistoryPage, HistoryQuery
from tests.unit.fakes.channels import FakeChannels, FakeMembers
from tests.unit.fakes.effort import effort
from tests.unit.fakes.logs import LUNCH, lunch
from tests.unit.fakes.messages import FakeLog
from tests.unit.fakes.store import FakeStore
from tests.unit.test_history_pages import Shelf, limits, seqs, shelves, starts


def away() -> ArchiveUnavailable:
    return ArchiveUnavailable("away, for a test")


class HalfALog(FakeLog):
    """What is before `hot_from` is in an archive that does not answer."""

    def __init__(self, store: FakeStore, hot_from: int) -> None:
        super().__init__(store)
        self._hot_from = hot_from

    def page(
        self, channel_id: str, low: int, high: int, *, limit: int, newest_first: bool = False
    ) -> list[LogEntry]:
        found = super().page(channel_id, low, high, limit=limit, newest_first=newest_first)
        if any(entry.seq < self._hot_from for entry in found):
            raise away()
        return found

    def tail(self, channel_id: str, low: int, high: int, *, limit: int) -> Tail:
        found = super().page(channel_id, low, high, limit=limit, newest_first=True)
        hot = [entry for entry in found if entry.seq >= self._hot_from]
        return Tail(hot, None if hot == found else away())

    def at(self, positions: Iterable[tuple[str, int]]) -> dict[str, LogEntry]:
        wanted = list(positions)
        if any(seq < self._hot_from for _, seq in wanted):
            raise away()
        return super().at(wanted)


class AwayForOneQuestion(HalfALog):
    """The archive answers from the second question on."""

    def tail(self, channel_id: str, low: int, high: int, *, limit: int) -> Tail:
        tail = super().tail(channel_id, low, high, limit=limit)
        self._hot_from = 1
        return tail


@dataclass(frozen=True)
class HalfAShelf:
    """A log, one reader of it, and where its hot part begins."""

    shelf: Shelf
    hot_from: int

    def page(self, **query: int) -> HistoryPage:
        """A page of it; raises ArchiveUnavailable."""
        return self.page_of(HalfALog, **query)

    def page_of(self, log: type[HalfALog], **query: int) -> HistoryPage:
        """A page of such a log of it; raises ArchiveUnavailable."""
        store = lunch(self.shelf.last_seq, {"bo": self.shelf.stays})
        access = AccessService(FakeChannels(store), FakeMembers(store))
        history = HistoryService(access, log(store, self.hot_from))
        return history.page("bo", LUNCH, HistoryQuery(**query))

    def next_to(self, limit: int, *, before: int = 10**6, after: int = -1, around: int = -1) -> list[int]:
        """What is readable, without which there is no page: the entry from where it is read on."""
        readable = self.shelf.readable()
        if after >= 0:
            return [seq for seq in readable if seq > after][:1]
        if around >= 0:
            on = [seq for seq in readable if seq >= around][:1]
            return on or [seq for seq in readable if seq < around and limit // 2][-1:]
        return [seq for seq in readable if seq < before][-1:]


def half(stays: Spans, hot_from: int, last_seq: int = 10) -> HalfAShelf:
    return HalfAShelf(Shelf(last_seq, stays), hot_from)


half_shelves = st.builds(HalfAShelf, shelves(), st.integers(1, 16))


@effort(600)
@given(half_a_shelf=half_shelves, start=starts, limit=limits)
def test_a_page_is_refused_if_what_it_starts_at_is_archived_and_is_else_true_to_what_it_covers(
    half_a_shelf: HalfAShelf, start: dict[str, int], limit: int
) -> None:
    if any(seq < half_a_shelf.hot_from for seq in half_a_shelf.next_to(limit, **start)):
        with pytest.raises(ArchiveUnavailable):
            half_a_shelf.page(**start, limit=limit)
        return
    page, readable = half_a_shelf.page(**start, limit=limit), half_a_shelf.shelf.readable()
    assert seqs(page) == [seq for seq in readable if page.from_seq <= seq <= page.to_seq]
    assert page.more_before == any(seq < page.from_seq for seq in readable)
    assert page.more_after == any(seq > page.to_seq for seq in readable)


@effort(300)
@given(half_a_shelf=half_shelves, limit=limits)
def test_going_back_page_by_page_shows_all_that_is_hot_and_then_is_refused(
    half_a_shelf: HalfAShelf, limit: int
) -> None:
    found: list[int] = []
    before = half_a_shelf.shelf.last_seq + 1
    refused, more = False, True
    while more and not refused:
        try:
            page = half_a_shelf.page(before=before, limit=limit)
            found, before, more = seqs(page) + found, page.from_seq, page.more_before
        except ArchiveUnavailable:
            refused = True
    readable = half_a_shelf.shelf.readable()
    assert found == [seq for seq in readable if seq >= half_a_shelf.hot_from]
    assert refused == (found != readable)


def test_the_newest_page_ends_where_the_hot_part_begins_and_says_that_there_is_more() -> None:
    page = half(((1, None),), hot_from=8).page(limit=50)
    assert (seqs(page), page.from_seq, page.to_seq, page.more_before) == ([8, 9, 10], 8, 10, True)


def test_a_stay_that_begins_in_the_hot_part_is_shown_whole_though_an_earlier_one_is_archived() -> None:
    page = half(((1, 3), (7, None)), hot_from=5).page(limit=50)
    assert (seqs(page), page.from_seq, page.more_before) == ([7, 8, 9, 10], 7, True)


def test_an_earlier_stay_is_cut_where_the_hot_part_begins() -> None:
    page = half(((1, 6), (9, None)), hot_from=5).page(limit=50)
    assert (seqs(page), page.from_seq, page.more_before) == ([5, 6, 9, 10], 5, True)


def test_who_may_read_nothing_that_is_archived_misses_nothing() -> None:
    page = half(((6, None),), hot_from=5).page(limit=50)
    assert (seqs(page), page.from_seq, page.more_before) == ([6, 7, 8, 9, 10], 1, False)


def test_a_page_that_was_cut_has_no_hole_though_the_archive_answers_again_meanwhile() -> None:
    shelf = half(((1, 3), (6, None)), hot_from=8)

    page = shelf.page_of(AwayForOneQuestion, limit=50)

    assert (seqs(page), page.from_seq, page.more_before) == ([8, 9, 10], 8, True)


def test_around_the_first_hot_entry_is_what_follows_it() -> None:
    page = half(((1, None),), hot_from=8).page(around=8, limit=4)
    assert (seqs(page), page.from_seq, page.more_before) == ([8, 9], 8, True)
