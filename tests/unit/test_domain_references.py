"""What a message may answer, whom it may address, what it may pass on."""

from typing import Any, Final

import pytest

from imapp.domain.bodies import body_hash
from imapp.domain.channel import Channel
from imapp.domain.decisions import Facts, References
from imapp.domain.entries import LogEntry, Origin, wire_entry
from imapp.domain.ids import message_id
from schemas.common import MENTION_ALL_MEMBERS, Role
from schemas.errors import ErrorCode
from schemas.messages import Forwarded
from tests.support.entries import log_entry
from tests.unit.fakes.commands import say, tell
from tests.unit.fakes.rooms import TEAM, accept, direct, facts, group, member, refuse, team

ELSEWHERE = "elsewhere" + "0" * 15


def knowing(*entries: LogEntry, stays: Any = ()) -> Facts:
    """What is known when these entries were looked up, and where who forwards may read."""
    found = References(entries={entry.message_id: entry for entry in entries}, stays=dict(stays))
    known = facts()
    return Facts(now_ms=known.now_ms, users=known.users, body_hash=known.body_hash, references=found)


def made(channel: Channel, known: Facts | None = None, actor: str = "an", **fields: Any) -> LogEntry:
    """The entry of a message with these fields."""
    entry = accept(
        channel, say(actor, fields.pop("content", "hi"), channel.channel_id, **fields), known
    ).entry
    assert entry is not None
    return entry


class TestAReply:
    def test_keeps_the_id_of_what_it_answers_and_nothing_of_its_text(self) -> None:
        asked = log_entry(TEAM, 4, sender="bo", content="secret?")
        entry = made(team(), knowing(asked), reply_to=asked.message_id)
        assert (entry.reply_to, entry.content) == (asked.message_id, "hi")

    def test_across_channels_is_refused(self) -> None:
        asked = log_entry(ELSEWHERE, 4)
        refused = refuse(team(), say("an", "x", TEAM, reply_to=asked.message_id), knowing(asked))
        assert (refused.code, list(refused.data)) == (ErrorCode.INVALID, ["reply_to"])

    def test_to_what_is_not_there_and_to_what_one_may_not_see_are_answered_alike(self) -> None:
        asked = log_entry(TEAM, 3)
        unseen = refuse(team(), say("dao", "x", TEAM, reply_to=asked.message_id), knowing(asked))
        missing = refuse(team(), say("dao", "x", TEAM, reply_to=asked.message_id))
        assert unseen == missing
        assert unseen.code is ErrorCode.NOT_FOUND

    def test_to_what_the_system_says_is_refused(self) -> None:
        told = log_entry(TEAM, 4, type=99)
        refused = refuse(team(), say("an", "x", TEAM, reply_to=told.message_id), knowing(told))
        assert refused.code is ErrorCode.INVALID

    def test_to_what_was_recalled_stands(self) -> None:
        gone = log_entry(TEAM, 4, status=1, content="")
        assert made(team(), knowing(gone), reply_to=gone.message_id).reply_to == gone.message_id

    def test_of_the_first_message_to_a_person_answers_nothing(self) -> None:
        new = "new" + "0" * 21
        command = tell("an", "bo", "hi")
        command.reply_to = message_id(new, 1)
        assert refuse(None, command).code is ErrorCode.NOT_FOUND


class TestAMention:
    def test_addresses_members(self) -> None:
        assert made(team(), mentions=["bo", "chen"]).mentions == ["bo", "chen"]

    @pytest.mark.parametrize("strangers", [["fay"], ["eve"], ["nobody", "system"]])
    def test_of_strangers_and_of_who_has_left_is_refused_by_name(self, strangers: list[str]) -> None:
        refused = refuse(team(), say("an", "x", TEAM, mentions=["bo", *strangers]))
        assert (refused.code, refused.data["user_ids"]) == (ErrorCode.INVALID, strangers)

    def test_of_all_is_anybodys_in_a_small_group(self) -> None:
        assert made(team(), actor="dao", mention_all=True).mention_all
        assert made(direct(), mention_all=True).mention_all

    @pytest.mark.limit("members whom anybody may address at once")
    @pytest.mark.parametrize(
        ("count", "role", "may"),
        [
            (MENTION_ALL_MEMBERS, Role.MEMBER, True),
            (MENTION_ALL_MEMBERS + 1, Role.MEMBER, False),
            (MENTION_ALL_MEMBERS + 1, Role.ADMIN, True),
            (MENTION_ALL_MEMBERS + 1, Role.OWNER, True),
        ],
    )
    def test_of_all_is_a_right_of_admins_in_a_big_one(self, count: int, role: Role, may: bool) -> None:
        big = group(member("an", role), *(member(f"u{number}") for number in range(count - 1)))
        command = say("an", "x", TEAM, mention_all=True)
        if may:
            assert accept(big, command).entry is not None
        else:
            assert refuse(big, command).code is ErrorCode.FORBIDDEN

    def test_those_who_have_left_make_no_group_big(self) -> None:
        gone = (member(f"u{number}", Role.MEMBER, (1, 5)) for number in range(MENTION_ALL_MEMBERS))
        assert made(group(member("an"), *gone), mention_all=True).mention_all


SOURCE: Final = log_entry(
    ELSEWHERE, 7, sender="fay", sender_name="Fay", content="news", extra={"a": 1}, type=2
)
MINE: Final = {(ELSEWHERE, "an"): ((5, None),)}


class TestAForward:
    def forwarded(self, source: LogEntry) -> LogEntry:
        known = knowing(source, stays={(source.channel_id, "an"): ((5, None),)})
        return made(team(), known, content="", forward_of=source.message_id)

    def test_says_what_the_other_said_and_who_that_was(self) -> None:
        entry = self.forwarded(SOURCE)
        assert (entry.type, entry.content, entry.extra) == (2, "news", {"a": 1})
        assert (entry.channel_id, entry.sender) == (TEAM, "an")
        assert entry.forwarded == Origin("fay", "Fay", SOURCE.time_ms)

    def test_does_not_say_where(self) -> None:
        wire = wire_entry(self.forwarded(SOURCE))
        assert isinstance(wire.forwarded, Forwarded)
        assert ELSEWHERE not in repr(wire)

    def test_of_a_forward_names_whose_words_they_were(self) -> None:
        passed_on = log_entry(ELSEWHERE, 7, sender="bo", forwarded=Origin("fay", "Fay", 5))
        assert self.forwarded(passed_on).forwarded == Origin("fay", "Fay", 5)

    def test_addresses_nobody_and_answers_nothing(self) -> None:
        loud = log_entry(
            ELSEWHERE, 7, mentions=["an"], mention_all=True, reply_to=f"{ELSEWHERE}.000000000001"
        )
        entry = self.forwarded(loud)
        assert (entry.mentions, entry.mention_all, entry.reply_to) == ([], False, None)

    @pytest.mark.parametrize(
        "known",
        [
            knowing(stays=MINE),
            knowing(SOURCE),
            knowing(SOURCE, stays={(ELSEWHERE, "an"): ((8, None),)}),
            knowing(SOURCE, stays={(ELSEWHERE, "an"): ((1, 6),)}),
            knowing(SOURCE, stays={(ELSEWHERE, "bo"): ((1, None),)}),
        ],
        ids=["missing", "never there", "came later", "left before", "somebody else's"],
    )
    def test_of_what_one_may_not_read_finds_nothing(self, known: Facts) -> None:
        refused = refuse(team(), say("an", "", TEAM, forward_of=SOURCE.message_id), known)
        assert (refused.code, list(refused.data)) == (ErrorCode.NOT_FOUND, ["forward_of"])

    def test_by_who_is_no_member_learns_nothing_of_the_source(self) -> None:
        command = say("fay", "", TEAM, forward_of=SOURCE.message_id)
        assert refuse(team(), command, knowing(SOURCE)) == refuse(team(), say("fay", "x", TEAM))

    @pytest.mark.parametrize(
        ("fields", "code"), [({"type": 99}, ErrorCode.INVALID), ({"status": 1}, ErrorCode.MESSAGE_RECALLED)]
    )
    def test_of_a_system_entry_or_of_what_was_recalled_is_refused(
        self, fields: dict[str, int], code: ErrorCode
    ) -> None:
        source = log_entry(ELSEWHERE, 7, **fields)
        known = knowing(source, stays=MINE)
        refused = refuse(team(), say("an", "", TEAM, forward_of=source.message_id), known)
        assert (refused.code, list(refused.data)) == (code, ["forward_of"])


def test_another_reference_is_another_body_and_a_plain_message_hashes_as_ever() -> None:
    plain = say("an", "hi", TEAM, client_id="c")
    others = [
        say("an", "hi", TEAM, client_id="c", mention_all=True),
        say("an", "hi", TEAM, client_id="c", forward_of=message_id(TEAM, 1)),
        say("an", "hi", TEAM, client_id="c", forward_of=message_id(TEAM, 2)),
        say("an", "hi", TEAM, client_id="c", reply_to=message_id(TEAM, 1)),
    ]
    hashes = {body_hash(command, b"k" * 32) for command in [plain, *others]}
    assert len(hashes) == 5
    # Stored by earlier versions: a repeat across an upgrade must not become a conflict.
    assert body_hash(plain, b"k" * 32).hex() == "e937367c49e36130a06517a4021da87e"
