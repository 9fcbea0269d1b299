"""What the checker expects of entries that were recalled, edited, archived, cleared, or made by outsiders."""

from dataclasses import replace

import pytest

from tests.support.history import Answered, Entry, History, Paged, Seen, Sent
from tests.support.invariants import check
from tests.support.planting import CLEAN, changed, found, later, log, seen, with_log
from tests.support.stories import CHANNEL


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
