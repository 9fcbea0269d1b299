"""The invariant checker sees each planted fault, and only that, and says nothing about a clean history."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.faults import PLANTS, Plant, stories
from tests.support.history import (
    Answered,
    Entry,
    History,
    Opened,
    Paged,
    Previewed,
    Resynced,
    Seen,
    Sent,
    Step,
)
from tests.support.invariants import check
from tests.support.planting import answered, changed, later, log, seen, swapped, with_log, with_steps
from tests.support.report import BrokenInvariantError
from tests.support.stories import CHANNEL, Story

CLEAN = "lost 0 dup 0 gap 0 reorder 0 phantom 0 leak 0 kept 0 unproved 0"


def found(history: History) -> dict[str, int]:
    """How many findings there are of each kind that has any."""
    return {kind: len(findings) for kind, findings in check(history).findings.items() if findings}


@pytest.fixture
def talk() -> History:
    """An, Bo and Chen talk; Chen is removed before the end; Dao is a stranger. Seqs 1-6, sends 1-4 and 6."""
    story = Story("an", "bo", "chen", strangers=("dao",))
    story.send("an", "one", "two", "three")
    story.send("bo", "four")
    story.remove("chen", by="an")
    story.send("bo", "six")
    return story.history()


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


class TestRecalled:
    @pytest.fixture
    def taken_back(self, talk: History) -> History:
        """Entry 2 is taken back; all are shown that, and read nothing in its place."""
        end = Entry(CHANNEL, 7, "boss", "r-1", "", takes_back=2)
        entries = [*log(talk)[:1], log(talk)[1]._replace(body=""), *log(talk)[2:], end]
        shown = later(talk, *(Seen(name, end) for name in ("an/1", "bo/1")))
        reads = {("an", CHANNEL): entries, ("bo", CHANNEL): entries, ("chen", CHANNEL): entries[:5]}
        return replace(with_log(shown, entries), final_reads=reads)

    def test_what_was_shown_before_is_no_finding(self, taken_back: History) -> None:
        assert found(taken_back) == {}

    def test_its_text_is_still_stored(self, taken_back: History, talk: History) -> None:
        entries = [log(talk)[1] if entry.seq == 2 else entry for entry in log(taken_back)]
        assert found(replace(with_log(taken_back, entries), final_reads={})) == {"kept": 1}

    def test_its_text_is_read_in_the_end(self, taken_back: History, talk: History) -> None:
        read = [log(talk)[1] if entry.seq == 2 else entry for entry in taken_back.final_reads["bo", CHANNEL]]
        reads = {**taken_back.final_reads, ("bo", CHANNEL): read}
        assert found(replace(taken_back, final_reads=reads)) == {"kept": 1}

    def test_its_text_is_in_the_archive(self, taken_back: History, talk: History) -> None:
        assert found(replace(taken_back, copies={CHANNEL: log(talk)[:2]})) == {"kept": 1}

    def test_a_text_is_gone_that_nobody_took_back(self, talk: History) -> None:
        entries = [entry._replace(body="") if entry.seq == 2 else entry for entry in log(talk)]
        assert found(with_log(talk, entries)) == {"lost": 1}


class TestEdited:
    @pytest.fixture
    def corrected(self, talk: History) -> History:
        """Entry 2 says "two!" in the end; who read it before saw "two", and all are shown the edit."""
        asked = Sent("an/1", "r9", "an", CHANNEL, "e-1", "two!")
        done = Answered("an/1", "r9", CHANNEL, 7, "c.000000000007")
        stored = Entry(CHANNEL, 7, "an", "e-1", "", changes=2)
        entries = [*log(talk)[:1], log(talk)[1]._replace(body="two!"), *log(talk)[2:], stored]
        read = [*entries[:6], stored._replace(body="two!")]
        shown = later(talk, asked, done, Seen("bo/1", read[-1]))
        reads = {("an", CHANNEL): read, ("bo", CHANNEL): read, ("chen", CHANNEL): read[:5]}
        return replace(with_log(shown, entries), final_reads=reads)

    def test_what_was_shown_before_and_since_is_no_finding(self, corrected: History) -> None:
        assert check(corrected).summary() == f"acked 7 {CLEAN}"

    def test_the_edit_may_be_shown_without_its_text(self, corrected: History) -> None:
        bare = log(corrected)[6]
        assert found(changed(corrected, seen(corrected, "bo/1", 7), Seen("bo/1", bare))) == {}

    def test_what_is_beside_the_text_stays(self, corrected: History) -> None:
        beside = '{"mentions":["bo"]}'
        entries = [
            entry._replace(body="two!" + beside) if entry.seq == 2 else entry for entry in log(corrected)
        ]
        assert found(replace(with_log(corrected, entries), final_reads={})) == {}

    @pytest.mark.parametrize("body", ["two", "two!!", ""])
    def test_the_message_does_not_say_it(self, corrected: History, body: str) -> None:
        entries = [entry._replace(body=body) if entry.seq == 2 else entry for entry in log(corrected)]
        assert found(replace(with_log(corrected, entries), final_reads={})) == {"lost": 1}

    def test_an_acked_edit_is_gone(self, corrected: History, talk: History) -> None:
        without = replace(with_log(corrected, log(talk)), final_reads={})
        assert found(without) == {"lost": 1}

    def test_the_edit_shows_what_nobody_wrote(self, corrected: History) -> None:
        frame = seen(corrected, "bo/1", 7)
        other = Seen("bo/1", frame.entry._replace(body="three!"))
        assert found(changed(corrected, frame, other)) == {"phantom": 1, "gap": 1}

    def test_the_message_shows_what_nobody_wrote(self, corrected: History) -> None:
        assert found(later(corrected, Paged("an/1", (log(corrected)[1]._replace(body="too"),)))) == {
            "phantom": 1
        }

    def test_of_two_edits_the_later_counts(self, corrected: History) -> None:
        asked = Sent("an/1", "r10", "an", CHANNEL, "e-2", "two?")
        again = later(corrected, asked, Answered("an/1", "r10", CHANNEL, 8, "c.000000000008"))
        end = Entry(CHANNEL, 8, "an", "e-2", "", changes=2)
        shown = later(again, Seen("bo/1", end._replace(body="two?")))
        assert found(replace(with_log(shown, [*log(corrected), end]), final_reads={})) == {"lost": 1}
        right = [entry._replace(body="two?") if entry.seq == 2 else entry for entry in log(corrected)]
        assert found(replace(with_log(shown, [*right, end]), final_reads={})) == {}

    def test_an_edit_still_shows_what_was_taken_back(self, corrected: History) -> None:
        end = Entry(CHANNEL, 8, "boss", "r-1", "", takes_back=2)
        entries = [entry._replace(body="") if entry.seq == 2 else entry for entry in log(corrected)] + [end]
        shown = later(corrected, *(Seen(name, end) for name in ("an/1", "bo/1")))
        read = [*entries[:6], entries[6]._replace(body="two!"), end]
        told = replace(with_log(shown, entries), final_reads={("an", CHANNEL): read})
        assert found(told) == {"kept": 1}
        clean = replace(told, final_reads={("an", CHANNEL): entries})
        assert found(clean) == {}


class TestArchived:
    def test_copies_like_the_log_are_clean(self, talk: History) -> None:
        assert found(replace(talk, copies={CHANNEL: log(talk)})) == {}

    def test_a_copy_says_something_else(self, talk: History) -> None:
        copies = [log(talk)[0]._replace(body="something else")]
        assert found(replace(talk, copies={CHANNEL: copies})) == {"unproved": 1}

    def test_a_copy_of_what_is_in_no_log(self, talk: History) -> None:
        copies = [log(talk)[0]._replace(seq=99)]
        assert found(replace(talk, copies={CHANNEL: copies})) == {"unproved": 1}

    def test_what_the_proof_names(self, talk: History) -> None:
        assert found(replace(talk, unproved={CHANNEL: ["no manifest covers 1..3"]})) == {"unproved": 1}


class TestCleared:
    def test_who_has_cleared_reads_on_from_there(self, talk: History) -> None:
        reads = {**talk.final_reads, ("bo", CHANNEL): log(talk)[3:]}
        assert found(replace(talk, final_reads=reads, cleared={("bo", CHANNEL): 3})) == {}

    def test_what_was_cleared_is_read(self, talk: History) -> None:
        assert found(replace(talk, cleared={("bo", CHANNEL): 3})) == {"leak": 3}


class TestWhatOutsidersDo:
    def test_readers_are_not_told_who_it_was(self, talk: History) -> None:
        stored = Entry(CHANNEL, 7, "eve", "j-1", "", by_outsider=True)
        told = stored._replace(sender="system")
        shown = later(talk, *(Seen(name, told) for name in ("an/1", "bo/1")))
        entries = [*log(talk), stored]
        reads = {
            key: [*read, told] if key[0] in ("an", "bo") else read for key, read in talk.final_reads.items()
        }
        assert found(replace(with_log(shown, entries), final_reads=reads)) == {}

    def test_anybody_else_is_named(self, talk: History) -> None:
        entry = log(talk)[-1]
        assert found(later(talk, Paged("an/1", (entry._replace(sender="system"),)))) == {"phantom": 1}


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


@given(stories())
def test_any_clean_history_is_clean(story: Story) -> None:
    report = check(story.history())
    assert report.findings == check(History([], {}, {})).findings
    assert report.acked == len(story.log)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
@given(story=stories(), data=st.data())
def test_a_fault_is_found_in_any_history(plant: Plant, story: Story, data: st.DataObject) -> None:
    history, expected = plant(data, story.history())
    assert found(history) == expected
