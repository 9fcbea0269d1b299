"""Recall and edit: who may, for how long, what is left of the message, and what lists show afterwards."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from imapp.domain.amendments import hydrated
from imapp.domain.channel import Channel
from imapp.domain.decisions import Amendment, Facts, Windows
from imapp.domain.entries import EDIT, RECALL, RECALLED, SYSTEM, LogEntry, Origin
from imapp.domain.unread import KEPT_RECALLED, Recalled, unread
from schemas.common import ChannelStatus
from schemas.errors import ErrorCode
from tests.support.entries import log_entry
from tests.unit.fakes.commands import edit, recall
from tests.unit.fakes.rooms import NOW_MS, TEAM, accept, direct, facts, refuse, team

SEQ = 6
WINDOWS = Windows(recall_ms=120_000, edit_ms=900_000)


def said(by: str = "chen", *, age_ms: int = 1_000, **fields: Any) -> LogEntry:
    """What somebody said at seq 6."""
    settings: dict[str, Any] = {
        "sender": by,
        "content": "tvelve",
        "extra": {"a": 1},
        "mentions": ["bo"],
        "reply_to": f"{TEAM}.000000000002",
        "body_hash": b"h",
        "time_ms": NOW_MS - age_ms,
    }
    return structs.replace(log_entry(TEAM, SEQ), **settings | fields)


def about(target: LogEntry | None, shown: LogEntry | None = None) -> Facts:
    """What is known when a command about it is decided."""
    return structs.replace(facts(), target=target, shown=shown, windows=WINDOWS)


def amendment(channel: Channel, command: Any, known: Facts) -> Amendment:
    """What an accepted command changes."""
    change = accept(channel, command, known).change
    assert change is not None
    assert change.amendment is not None
    return change.amendment


class TestARecall:
    def test_is_an_entry_that_names_its_target_and_does_not_count(self) -> None:
        entry = accept(team(), recall("chen", TEAM, SEQ), about(said())).entry
        assert entry is not None
        assert (entry.type, entry.seq, entry.sender, entry.content) == (RECALL, 11, "chen", "")
        assert entry.extra == {"message_id": said().message_id, "target_seq": SEQ}
        assert entry.countable == team().last_countable

    def test_leaves_that_somebody_said_something_and_nothing_of_what(self) -> None:
        target = said(forwarded=Origin("dao", "Dao", 1), mention_all=True, edited_ms=5)
        left = amendment(team(), recall("chen", TEAM, SEQ), about(target)).after
        assert (left.content, left.extra, left.mentions, left.reply_to) == ("", {}, [], None)
        assert (left.body_hash, left.forwarded, left.mention_all, left.edited_ms) == (None, None, False, None)
        assert (left.status, left.rev) == (RECALLED, 11)
        assert (left.sender, left.seq, left.time_ms, left.client_message_id, left.countable) == (
            target.sender,
            target.seq,
            target.time_ms,
            target.client_message_id,
            target.countable,
        )

    def test_is_remembered_by_the_channel(self) -> None:
        change = accept(team(), recall("chen", TEAM, SEQ), about(said())).change
        assert change is not None
        assert change.after.recalled == Recalled((SEQ,))

    def test_of_what_was_recalled_is_nothing_to_do_however_late(self) -> None:
        gone = said(status=RECALLED, age_ms=10**9)
        assert accept(team(), recall("chen", TEAM, SEQ), about(gone)).is_nothing

    def test_is_possible_until_the_window_ends(self) -> None:
        accept(team(), recall("chen", TEAM, SEQ), about(said(age_ms=120_000)))
        refused = refuse(team(), recall("chen", TEAM, SEQ), about(said(age_ms=120_001)))
        assert (refused.code, refused.data) == (ErrorCode.RECALL_WINDOW_PASSED, {"window_s": 120})

    @pytest.mark.parametrize("leader", ["an", "bo"])
    def test_of_anybodys_message_is_an_admins_right_at_any_time(self, leader: str) -> None:
        accept(team(), recall(leader, TEAM, SEQ), about(said(age_ms=10**9)))

    def test_of_anothers_message_is_forbidden(self) -> None:
        assert refuse(team(), recall("dao", TEAM, SEQ), about(said())).code is ErrorCode.FORBIDDEN
        gone = about(said(status=RECALLED))
        assert refuse(team(), recall("dao", TEAM, SEQ), gone).code is ErrorCode.FORBIDDEN

    def test_of_the_others_message_in_a_direct_chat_is_forbidden(self) -> None:
        room = direct()
        command = recall("an", room.channel_id, SEQ)
        assert refuse(room, command, about(said("bo"))).code is ErrorCode.FORBIDDEN

    def test_by_an_administrator_of_the_system_needs_no_membership(self) -> None:
        disabled = replace(team(), status=ChannelStatus.DISABLED)
        entry = accept(disabled, recall("root", TEAM, SEQ, by_admin=True), about(said(age_ms=10**9))).entry
        assert entry is not None
        assert entry.extra["by_admin"] is True

    def test_of_nothing_is_not_found_even_for_him(self) -> None:
        assert (
            refuse(team(), recall("root", TEAM, SEQ, by_admin=True), about(None)).code is ErrorCode.NOT_FOUND
        )


class TestAnEdit:
    def test_is_an_entry_that_says_nothing_of_the_text(self) -> None:
        entry = accept(team(), edit("chen", TEAM, SEQ, "twelve"), about(said())).entry
        assert entry is not None
        assert (entry.type, entry.content, entry.mentions) == (EDIT, "", [])

    def test_changes_text_and_mentions_and_marks_it(self) -> None:
        after = amendment(team(), edit("chen", TEAM, SEQ, "twelve"), about(said())).after
        assert (after.content, after.mentions, after.edited_ms, after.rev) == ("twelve", [], NOW_MS, 11)
        assert (after.extra, after.reply_to, after.body_hash) == ({"a": 1}, said().reply_to, b"h")

    def test_to_what_it_says_already_is_nothing_to_do(self) -> None:
        target = said(mentions=[])
        assert accept(team(), edit("chen", TEAM, SEQ, target.content), about(target)).is_nothing

    def test_is_possible_until_the_window_ends(self) -> None:
        accept(team(), edit("chen", TEAM, SEQ, "twelve"), about(said(age_ms=900_000)))
        refused = refuse(team(), edit("chen", TEAM, SEQ, "twelve"), about(said(age_ms=900_001)))
        assert (refused.code, refused.data) == (ErrorCode.EDIT_WINDOW_PASSED, {"window_s": 900})

    @pytest.mark.parametrize("other", ["an", "bo", "dao"])
    def test_of_anothers_message_is_nobodys(self, other: str) -> None:
        assert refuse(team(), edit(other, TEAM, SEQ, "mine"), about(said())).code is ErrorCode.FORBIDDEN

    def test_of_what_was_recalled_is_refused(self) -> None:
        gone = about(said(status=RECALLED))
        assert refuse(team(), edit("chen", TEAM, SEQ, "x"), gone).code is ErrorCode.MESSAGE_RECALLED

    def test_of_an_image_is_refused(self) -> None:
        image = about(said(type=2))
        assert refuse(team(), edit("chen", TEAM, SEQ, "x"), image).code is ErrorCode.UNSUPPORTED_MEDIA

    def test_of_a_forward_is_refused_for_the_words_are_anothers(self) -> None:
        passed_on = about(said(forwarded=Origin("dao", "Dao", 1)))
        assert refuse(team(), edit("chen", TEAM, SEQ, "x"), passed_on).code is ErrorCode.FORBIDDEN

    def test_may_not_address_strangers(self) -> None:
        command = structs.replace(edit("chen", TEAM, SEQ, "x"), mentions=["fay"])
        assert refuse(team(), command, about(said())).code is ErrorCode.INVALID

    def test_may_go_on_addressing_who_has_left_since(self) -> None:
        target = said(mentions=["bo", "eve"])
        command = structs.replace(edit("chen", TEAM, SEQ, "twelve"), mentions=["bo", "eve"])
        assert amendment(team(), command, about(target)).after.mentions == ["bo", "eve"]

    def test_is_not_for_who_is_muted_but_a_recall_is(self) -> None:
        room = team()
        room.members["chen"] = replace(room.members["chen"], muted_until_ms=NOW_MS + 1)
        assert refuse(room, edit("chen", TEAM, SEQ, "x"), about(said())).code is ErrorCode.MUTED
        accept(room, recall("chen", TEAM, SEQ), about(said()))


@pytest.mark.parametrize(
    "command", [recall("chen", TEAM, SEQ), edit("chen", TEAM, SEQ, "x")], ids=["recall", "edit"]
)
class TestBoth:
    def test_are_not_for_strangers_and_those_who_have_left(self, command: Any) -> None:
        for who, code in (("fay", ErrorCode.NOT_FOUND), ("eve", ErrorCode.NOT_MEMBER)):
            assert refuse(team(), structs.replace(command, actor=who), about(said(who))).code is code

    def test_do_not_reach_what_one_may_not_read(self, command: Any) -> None:
        late = structs.replace(command, seq=1)
        assert refuse(team(), late, about(said(seq=1))).code is ErrorCode.NOT_FOUND

    def test_answer_alike_where_there_is_nothing(self, command: Any) -> None:
        assert refuse(team(), command, about(None)).code is ErrorCode.NOT_FOUND

    @pytest.mark.parametrize("kind", [SYSTEM, RECALL, EDIT])
    def test_are_for_messages_only(self, command: Any, kind: int) -> None:
        assert refuse(team(), command, about(said(type=kind))).code is ErrorCode.INVALID

    def test_are_refused_where_nothing_is_taken(self, command: Any) -> None:
        closed = replace(team(), status=ChannelStatus.DISABLED)
        assert refuse(closed, command, about(said())).code is ErrorCode.CHANNEL_DISABLED

    def test_correct_what_lists_show_if_that_is_their_target(self, command: Any) -> None:
        made = amendment(team(), command, about(said(), shown=said()))
        assert made.shown == made.after

    def test_leave_what_lists_show_if_that_is_newer(self, command: Any) -> None:
        newer = structs.replace(said(), seq=9)
        assert amendment(team(), command, about(said(), shown=newer)).shown == newer


def test_an_edit_is_read_with_what_its_target_says_now() -> None:
    entry = log_entry(TEAM, 11, type=EDIT, content="", extra={"message_id": said().message_id})

    read = hydrated(entry, said(content="twelve", edited_ms=NOW_MS))

    assert (read.content, read.mentions, read.edited_ms) == ("twelve", ["bo"], NOW_MS)
    assert hydrated(entry, said(status=RECALLED)).content == ""
    assert hydrated(entry, None).content == ""


@given(
    recalls=st.lists(st.integers(1, 40)),  # one that was brought back as it was is recalled once more
    read_seq=st.integers(0, 40),
    last_seq=st.integers(0, 40),
    kept=st.integers(1, 6),
)
def test_unread_equals_a_recount_however_much_was_recalled(
    recalls: list[int], read_seq: int, last_seq: int, kept: int
) -> None:
    known = Recalled()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("imapp.domain.unread.KEPT_RECALLED", kept)
        for seq in recalls:
            known = known.with_seq(seq)
    beyond = known.unknown(read_seq, last_seq)
    in_log = [seq for seq in {*recalls} if beyond is not None and beyond[0] <= seq <= beyond[1]]

    counted = unread(last_seq, min(read_seq, last_seq), known.between(read_seq, last_seq) + len(in_log))

    assert len(known.seqs) <= kept
    assert counted == sum(1 for seq in range(read_seq + 1, last_seq + 1) if seq not in recalls)


def test_a_channel_remembers_no_more_than_it_should() -> None:
    known = Recalled()
    for seq in range(1, KEPT_RECALLED + 11):
        known = known.with_seq(seq)

    assert (len(known.seqs), known.complete_after) == (KEPT_RECALLED, 10)
