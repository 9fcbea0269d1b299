"""The checker finds each fault that is planted, of its kind and once, and says where it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.faults import PLANTS, Plant, stories
from tests.support.history import Answered, Entry, History, Opened, Paged, Previewed, Seen, Sent, Step
from tests.support.invariants import check
from tests.support.planting import answered, changed, found, later, log, seen, swapped, with_log, with_steps
from tests.support.report import BrokenInvariantError
from tests.support.stories import CHANNEL, Story


class TestLost:
    def test_an_acked_entry_is_gone(self, talk: History) -> None:
        assert found(with_log(talk, [*log(talk)[:1], *log(talk)[2:]])) == {"lost": 1}

    def test_the_last_acked_entry_is_gone(self, talk: History) -> None:
        assert found(with_log(talk, log(talk)[:-1])) == {"lost": 1}

    def test_stored_with_another_content(self, talk: History) -> None:
        entries = log(talk)
        entries[1] = entries[1]._replace(body="too")
        assert found(with_log(talk, entries)) == {"lost": 1}

    def test_acked_at_a_seq_where_somebody_else_is(self, talk: History) -> None:
        wrong = answered(talk, 2)._replace(seq=4, message_id="c.000000000004")
        assert found(changed(talk, answered(talk, 2), wrong)) == {"lost": 1}

    def test_two_entries_changed_places_in_the_log(self, talk: History) -> None:
        one, two, *rest = log(talk)
        assert found(with_log(talk, [two._replace(seq=1), one._replace(seq=2), *rest])) == {"lost": 2}

    def test_the_answer_names_another_message(self, talk: History) -> None:
        wrong = answered(talk, 2)._replace(message_id="c.000000000003")
        assert found(changed(talk, answered(talk, 2), wrong)) == {"lost": 1}

    def test_another_body_under_the_same_client_id_is_acked(self, talk: History) -> None:
        other = Sent("an/1", "r9", "an", CHANNEL, "id-1", "other")
        again = Answered("an/1", "r9", CHANNEL, 1, "c.000000000001")
        assert found(later(talk, other, again)) == {"lost": 1}


class TestDup:
    def test_one_write_has_two_entries(self, talk: History) -> None:
        entries = log(talk)
        assert found(with_log(talk, [*entries, entries[1]._replace(seq=7)])) == {"dup": 1}

    def test_a_seq_is_in_the_log_twice(self, talk: History) -> None:
        entries = log(talk)
        other = Entry(CHANNEL, 6, "system", "s-1", "")
        assert found(with_log(talk, [*entries, other])) == {"dup": 1}

    def test_a_retry_has_a_second_answer(self) -> None:
        story = Story("an", "bo")
        story.send("an", "one")
        story.send_again("an", "two")
        history = story.history()
        second = [step for step in history.steps if isinstance(step, Answered)][-1]
        assert found(changed(history, second, second._replace(seq=1, message_id="c.000000000001"))) == {
            "dup": 1
        }

    def test_a_frame_comes_twice(self, talk: History) -> None:
        frame = seen(talk, "bo/1", 2)
        assert found(changed(talk, frame, frame, frame)) == {"dup": 1}

    def test_the_sender_gets_the_event_beside_the_answer(self, talk: History) -> None:
        event = Seen("an/1", log(talk)[1])
        assert found(changed(talk, answered(talk, 2), answered(talk, 2), event)) == {"dup": 1}

    def test_an_entry_is_twice_in_a_page(self, talk: History) -> None:
        assert found(later(talk, Paged("an/1", (log(talk)[0], log(talk)[0])))) == {"dup": 1}

    def test_a_pair_has_two_direct_channels(self) -> None:
        steps: list[Step] = [
            Opened("an/1", "an", "an"),
            Sent("an/1", "r1", "an", "to:bo", "one", "1"),
            Answered("an/1", "r1", "c", 1, "c.000000000001"),
        ]
        logs = {name: [Entry(name, 1, "an", "one", "1")] for name in ("c", "d")}
        stays = {name: {"an": [(1, None)]} for name in logs}
        history = History(steps, logs, stays, {("an", "d"): logs["d"]})
        assert found(history)["dup"] == 1


class TestGap:
    def test_a_seq_was_never_given(self, talk: History) -> None:
        entries = [*log(talk), Entry(CHANNEL, 8, "system", "s-1", "")]
        shown = later(talk, *(Seen(name, entries[-1]) for name in ("an/1", "bo/1")))
        reads = {
            key: [*read, entries[-1]] if key[0] in ("an", "bo") else read
            for key, read in talk.final_reads.items()
        }
        assert found(replace(with_log(shown, entries), final_reads=reads)) == {"gap": 1}

    def test_a_frame_never_came(self, talk: History) -> None:
        assert found(changed(talk, seen(talk, "bo/1", 2))) == {"gap": 1}

    def test_the_last_frame_never_came(self, talk: History) -> None:
        assert found(changed(talk, seen(talk, "an/1", 6))) == {"gap": 1}

    def test_a_hole_that_was_filled_is_none(self, talk: History) -> None:
        filled = later(talk, Paged("bo/1", (log(talk)[1],)))
        assert found(changed(filled, seen(talk, "bo/1", 2))) == {}

    def test_the_history_api_leaves_one_out(self, talk: History) -> None:
        reads = {**talk.final_reads, ("chen", CHANNEL): log(talk)[:4]}
        assert found(replace(talk, final_reads=reads)) == {"gap": 1}


class TestReorder:
    def test_stored_in_another_order_than_sent(self, talk: History) -> None:
        first, second = (
            step for step in talk.steps if isinstance(step, Sent) and step.body in ("one", "two")
        )
        assert found(swapped(talk, first, second)) == {"reorder": 1}

    def test_retries_stored_in_another_order_than_they_were_sent(self) -> None:
        story = Story("an", "bo")
        story.send_refused_first("an", "one", "two", code="rate_limited")
        history = story.history()
        first, second = [step for step in history.steps if isinstance(step, Sent)][2:]
        assert found(swapped(history, first, second)) == {"reorder": 1}

    def test_stored_before_what_was_acked_earlier_elsewhere(self) -> None:
        story = Story("an", "bo")
        story.send("bo", "one")
        story.send("an", "two")
        history = story.history()
        hers = [step for step in history.steps if step[0] == "an/1" and isinstance(step, Sent | Answered)]
        others = [step for step in history.steps if step not in hers]
        assert found(with_steps(history, [*others[:2], *hers, *others[2:]]))["reorder"] >= 1

    def test_two_frames_changed_places(self, talk: History) -> None:
        one, two = seen(talk, "bo/1", 1), seen(talk, "bo/1", 2)
        assert found(swapped(talk, one, two)) == {"reorder": 1}

    def test_a_page_is_out_of_order(self, talk: History) -> None:
        assert found(later(talk, Paged("an/1", (log(talk)[1], log(talk)[0])))) == {"reorder": 1}


class TestPhantom:
    def test_a_frame_of_what_is_not_stored(self, talk: History) -> None:
        ghost = Entry(CHANNEL, 7, "an", "id-9", "ghost")
        assert found(later(talk, Seen("bo/1", ghost))) == {"phantom": 1}

    def test_a_frame_with_another_content(self, talk: History) -> None:
        frame = seen(talk, "bo/1", 2)
        other = Seen("bo/1", frame.entry._replace(body="too"))
        assert found(changed(talk, frame, other)) == {"phantom": 1, "gap": 1}

    def test_a_frame_with_another_seq(self, talk: History) -> None:
        frame = seen(talk, "bo/1", 2)
        other = Seen("bo/1", frame.entry._replace(seq=20))
        assert found(changed(talk, frame, other)) == {"phantom": 1, "gap": 1}

    def test_a_page_shows_what_is_not_stored(self, talk: History) -> None:
        assert found(later(talk, Paged("an/1", (Entry(CHANNEL, 9, "bo", "x", "x"),)))) == {"phantom": 1}

    def test_a_refused_send_is_stored(self, talk: History) -> None:
        refused = answered(talk, 2)._replace(channel="", seq=0, message_id="", code="not_member")
        assert found(changed(talk, answered(talk, 2), refused)) == {"phantom": 1}

    def test_an_entry_that_nobody_sent_is_stored(self, talk: History) -> None:
        assert found(with_log(talk, [*log(talk), Entry(CHANNEL, 7, "an", "id-9", "ghost")])) == {"phantom": 1}

    def test_a_preview_of_what_is_not_stored(self, talk: History) -> None:
        assert found(later(talk, Previewed("an/1", CHANNEL, 9, "bo"))) == {"phantom": 1}


class TestLeak:
    def test_a_stranger_sees_a_frame(self, talk: History) -> None:
        assert found(later(talk, Seen("dao/1", log(talk)[0]))) == {"leak": 1}

    def test_who_was_removed_sees_the_next_frame(self, talk: History) -> None:
        assert found(later(talk, Seen("chen/1", log(talk)[5]))) == {"leak": 1}

    def test_who_was_removed_reads_on_by_history(self, talk: History) -> None:
        assert found(later(talk, Paged("chen/1", tuple(log(talk)[4:])))) == {"leak": 1}

    def test_who_was_removed_gets_a_preview(self, talk: History) -> None:
        assert found(later(talk, Previewed("chen/1", CHANNEL, 6, "bo"))) == {"leak": 1}

    def test_who_was_removed_writes(self, talk: History) -> None:
        outside = {CHANNEL: {**talk.stays[CHANNEL], "bo": [(1, 5)]}}
        reads = {**talk.final_reads, ("bo", CHANNEL): log(talk)[:5]}
        assert found(replace(talk, stays=outside, final_reads=reads)) == {"leak": 1}

    def test_the_history_api_gives_a_stranger_everything(self, talk: History) -> None:
        reads = {**talk.final_reads, ("dao", CHANNEL): log(talk)}
        assert found(replace(talk, final_reads=reads)) == {"leak": 6}

    def test_between_two_stays_nothing_is_shown(self) -> None:
        story = Story("an", "bo")
        story.remove("bo", by="an")
        story.send("an", "secret")
        story.add("bo", by="an")
        history = story.history()
        assert found(history) == {}
        assert found(later(history, Paged("bo/1", (log(history)[1],)))) == {"leak": 1}


class TestReport:
    def test_names_place_person_and_fault(self, talk: History) -> None:
        with pytest.raises(BrokenInvariantError) as broken:
            check(with_log(talk, log(talk)[:-1])).raise_if_broken()
        assert "acked 6 lost 1 dup 0" in str(broken.value)
        assert "lost: c seq 6 bo: id-6 acked, but not stored" in str(broken.value)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
@given(story=stories(), data=st.data())
def test_a_fault_is_found_in_any_history(plant: Plant, story: Story, data: st.DataObject) -> None:
    history, expected = plant(data, story.history())
    assert found(history) == expected
