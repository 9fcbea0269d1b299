"""The checker says nothing about a history in which every promise was kept."""

import pytest
from hypothesis import given

from tests.support.faults import stories
from tests.support.history import Answered, Entry, History, Opened, Resynced, Sent, Step
from tests.support.invariants import check
from tests.support.planting import CLEAN, answered, changed, found, later, seen
from tests.support.stories import CHANNEL, Story


class TestCleanHistories:
    def test_a_talk_is_clean(self, talk: History) -> None:
        assert check(talk).summary() == f"acked 6 {CLEAN}"
        check(talk).raise_if_broken()

    def test_nothing_is_clean(self) -> None:
        assert check(History([], {}, {})).summary() == f"acked 0 {CLEAN}"

    def test_a_repeat_with_the_same_answer(self) -> None:
        story = Story("an", "bo")
        story.send_again("an", "one")
        story.send("an", "two")
        assert check(story.history()).summary() == f"acked 2 {CLEAN}"

    def test_a_repeat_answered_long_after_its_entry(self) -> None:
        story = Story("an", "bo")
        story.send_losing_the_answer("an", "one")
        assert found(story.history()) == {}

    @pytest.mark.parametrize("code", ["busy", "rate_limited"])
    def test_refused_sends_count_in_the_order_of_their_retries(self, code: str) -> None:
        story = Story("an", "bo")
        story.send_refused_first("an", "one", "two", code=code)
        assert check(story.history()).summary() == f"acked 2 {CLEAN}"

    def test_a_busy_send_may_have_been_stored_before_what_was_sent_after_it(self) -> None:
        an = ("an/1", "an")
        steps: list[Step] = [
            Opened(*an, "an"),
            Sent("an/1", "r1", "an", CHANNEL, "one", "1"),
            Answered("an/1", "r1", code="busy"),
            Sent("an/1", "r2", "an", CHANNEL, "two", "2"),
            Answered("an/1", "r2", CHANNEL, 2, "c.000000000002"),
            Sent("an/1", "r3", "an", CHANNEL, "one", "1"),
            Answered("an/1", "r3", CHANNEL, 1, "c.000000000001"),
        ]
        entries = [Entry(CHANNEL, 1, "an", "one", "1"), Entry(CHANNEL, 2, "an", "two", "2")]
        assert found(History(steps, {CHANNEL: entries}, {CHANNEL: {"an": [(1, None)]}})) == {}

    def test_after_a_resync_order_begins_anew(self) -> None:
        story = Story("an", "bo")
        story.send("an", "one", "two")
        story.is_told_to_resync("bo")
        story.send("an", "three")
        history = story.history()
        assert (
            found(later(history, Resynced("bo/1"), seen(history, "bo/1", 2), seen(history, "bo/1", 3))) == {}
        )

    def test_what_was_pending_at_a_resync_may_be_answered_late(self) -> None:
        story = Story("an", "bo")
        story.send("an", "one")
        story.send("bo", "two")
        history = story.history()
        ack = answered(history, 1)
        moved = changed(history, ack, Resynced("an/1"))
        assert found(later(moved, ack)) == {}

    def test_one_client_id_with_two_bodies_keeps_the_first(self) -> None:
        story = Story("an", "bo")
        story.send("an", "one")
        history = story.history()
        other = Sent("an/1", "r9", "an", CHANNEL, "id-1", "other")
        assert found(later(history, other, Answered("an/1", "r9", code="conflict"))) == {}

    def test_who_went_away_need_not_have_everything(self) -> None:
        story = Story("an", "bo")
        story.goes("bo")
        story.send("an", "one")
        assert found(story.history()) == {}

    def test_who_comes_later_need_not_have_what_was_before(self) -> None:
        story = Story("an", "bo")
        story.send("an", "one")
        history = story.history()
        assert found(later(history, Opened("bo/2", "bo", "another device"))) == {}


@given(stories())
def test_any_clean_history_is_clean(story: Story) -> None:
    report = check(story.history())
    assert report.findings == check(History([], {}, {})).findings
    assert report.acked == len(story.log)
