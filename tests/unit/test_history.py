"""Pages of a log, cut to what the reader may see."""

import pytest

from imapp.domain.ids import message_id
from imapp.domain.spans import Spans
from imapp.errors import RequestError
from schemas.errors import ErrorCode
from schemas.messages import HistoryPage, HistoryQuery
from tests.unit.fakes.logs import LUNCH, history_of, lunch

ALWAYS: Spans = ((1, None),)
AWAY_FROM_4_TO_7: Spans = ((1, 3), (8, None))


def page(
    stays: Spans = ALWAYS,
    *,
    last_seq: int = 10,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int = 4,
) -> HistoryPage:
    """A page that Bo gets, with his stays, of a log of ten."""
    query = HistoryQuery(before=before, after=after, around=around, limit=limit)
    return history_of(lunch(last_seq, {"bo": stays})).page("bo", LUNCH, query)


def seqs(shown: HistoryPage) -> list[int]:
    """What the page holds."""
    return [entry.seq for entry in shown.entries]


class TestTheNewestPage:
    def test_ends_with_the_last_entry(self) -> None:
        shown = page()
        assert (seqs(shown), shown.from_seq, shown.to_seq) == ([7, 8, 9, 10], 7, 10)
        assert (shown.more_before, shown.more_after) == (True, False)

    def test_of_a_short_log_goes_back_to_the_start(self) -> None:
        shown = page(last_seq=3)
        assert (seqs(shown), shown.from_seq, shown.to_seq) == ([1, 2, 3], 1, 3)
        assert (shown.more_before, shown.more_after) == (False, False)

    def test_of_an_empty_log_is_empty(self) -> None:
        shown = page(last_seq=0)
        assert (seqs(shown), shown.from_seq, shown.to_seq) == ([], 0, 0)
        assert (shown.more_before, shown.more_after) == (False, False)

    def test_ends_where_the_reader_left(self) -> None:
        shown = page(((1, 6),))
        assert (seqs(shown), shown.more_after) == ([3, 4, 5, 6], False)

    def test_steps_over_what_the_reader_was_not_there_for(self) -> None:
        shown = page(AWAY_FROM_4_TO_7)
        assert (seqs(shown), shown.from_seq, shown.to_seq) == ([3, 8, 9, 10], 3, 10)

    def test_begins_where_the_reader_joined(self) -> None:
        shown = page(((9, None),))
        assert (seqs(shown), shown.from_seq, shown.more_before) == ([9, 10], 1, False)


class TestOlderPages:
    def test_end_before_the_given_entry(self) -> None:
        shown = page(before=7)
        assert (seqs(shown), shown.from_seq, shown.to_seq) == ([3, 4, 5, 6], 3, 6)
        assert (shown.more_before, shown.more_after) == (True, True)

    def test_before_the_first_are_empty(self) -> None:
        shown = page(before=1)
        assert (seqs(shown), shown.more_before, shown.more_after) == ([], False, True)

    def test_from_beyond_the_end_are_the_newest(self) -> None:
        assert page(before=99) == page()


class TestNewerPages:
    def test_begin_after_the_given_entry(self) -> None:
        shown = page(after=2)
        assert (seqs(shown), shown.from_seq, shown.to_seq) == ([3, 4, 5, 6], 3, 6)
        assert (shown.more_before, shown.more_after) == (True, True)

    def test_from_the_start(self) -> None:
        shown = page(after=0)
        assert (seqs(shown), shown.from_seq, shown.more_before) == ([1, 2, 3, 4], 1, False)

    def test_at_the_end_are_empty_and_cover_nothing(self) -> None:
        shown = page(after=10)
        assert (seqs(shown), shown.from_seq, shown.to_seq) == ([], 11, 10)
        assert (shown.more_before, shown.more_after) == (True, False)

    def test_beyond_the_end_cover_nothing_either(self) -> None:
        shown = page(after=50)
        assert (seqs(shown), shown.from_seq > shown.to_seq) == ([], True)

    def test_do_not_claim_what_the_head_tells_and_the_log_does_not_show_yet(self) -> None:
        store = lunch(10, {"bo": ALWAYS}, stored=8)
        shown = history_of(store).page("bo", LUNCH, HistoryQuery(after=6, limit=9))
        assert (seqs(shown), shown.to_seq) == ([7, 8], 8)


class TestPagesAroundAnEntry:
    def test_hold_as_many_on_either_side(self) -> None:
        shown = page(around=5)
        assert (seqs(shown), shown.from_seq, shown.to_seq) == ([3, 4, 5, 6], 3, 6)
        assert (shown.more_before, shown.more_after) == (True, True)

    def test_of_one_hold_that_entry(self) -> None:
        shown = page(around=5, limit=1)
        assert (seqs(shown), shown.from_seq, shown.to_seq) == ([5], 5, 5)

    def test_of_one_beyond_the_end_hide_nothing_that_there_is(self) -> None:
        shown = page(around=11, limit=1)
        claimed = [seq for seq in range(shown.from_seq, shown.to_seq + 1) if 1 <= seq <= 10]
        assert claimed == seqs(shown)

    def test_beyond_the_end_do_not_claim_what_will_come(self) -> None:
        assert page(around=99).to_seq <= 10

    def test_near_the_start(self) -> None:
        shown = page(around=1)
        assert (seqs(shown), shown.to_seq, shown.more_before) == ([1, 2], 2, False)


class TestReading:
    def test_is_refused_from_two_places_at_once(self) -> None:
        with pytest.raises(RequestError) as refused:
            page(before=5, after=2)
        assert refused.value.code is ErrorCode.INVALID

    def test_is_refused_to_strangers_as_if_there_were_nothing(self) -> None:
        history = history_of(lunch(10, {"bo": ALWAYS}))
        for user_id, channel_id in [("chen", LUNCH), ("bo", "0" * 24)]:
            with pytest.raises(RequestError) as refused:
                history.page(user_id, channel_id, HistoryQuery())
            assert (refused.value.code, refused.value.errors) == (ErrorCode.NOT_FOUND, None)

    @pytest.mark.parametrize("seq", [4, 7, 11])
    def test_of_one_entry_is_refused_outside_the_stays(self, seq: int) -> None:
        history = history_of(lunch(10, {"bo": AWAY_FROM_4_TO_7}))
        with pytest.raises(RequestError) as refused:
            history.entry("bo", message_id(LUNCH, seq))
        assert refused.value.code is ErrorCode.NOT_FOUND

    @pytest.mark.parametrize("seq", [1, 3, 8, 10])
    def test_of_one_entry_gives_it_within_them(self, seq: int) -> None:
        history = history_of(lunch(10, {"bo": AWAY_FROM_4_TO_7}))
        assert history.entry("bo", message_id(LUNCH, seq)).content == str(seq)
