"""Order in groups: nicknames, mutes, the announcement, settings and status."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from imapp.domain.channel import Member, Settings
from imapp.domain.decide import apply
from imapp.domain.decisions import Facts, Rejected
from imapp.domain.entries import wire_time
from schemas.common import MAX_MUTE_DAYS, ChannelStatus, EditPolicy, JoinPolicy, Role
from schemas.errors import ErrorCode
from tests.unit.fakes.commands import add, announce, leave, mute, nickname, say, set_status, update
from tests.unit.fakes.rooms import (
    LATER,
    NOW_MS,
    TEAM,
    accept,
    after,
    crowd,
    direct,
    facts,
    refuse,
    team,
    told,
)


def at(now_ms: int) -> Facts:
    """What is known at a time."""
    return structs.replace(facts(), now_ms=now_ms)


class TestNicknames:
    def test_stand_over_later_messages(self) -> None:
        named = after(team(), nickname("chen", TEAM, "chen", "Ace"))
        entry = accept(named, say("chen", "hello", TEAM)).entry
        assert entry is not None
        assert (entry.sender, entry.sender_name) == ("chen", "Ace")

    def test_an_empty_one_takes_it_away(self) -> None:
        named = after(team(), nickname("chen", TEAM, "chen", "Ace"), nickname("chen", TEAM, "chen", ""))
        entry = accept(named, say("chen", "hello", TEAM)).entry
        assert entry is not None
        assert entry.sender_name == "Chen"

    def test_the_same_again_is_nothing_to_do(self) -> None:
        assert accept(team(), nickname("chen", TEAM, "chen", "")).is_nothing

    def test_stay_when_somebody_comes_back(self) -> None:
        back = after(team(), nickname("dao", TEAM, "dao", "Ace"), leave("dao", TEAM), add("an", TEAM, "dao"))
        assert back.members["dao"].nickname == "Ace"

    def test_are_no_way_to_speak_while_muted(self) -> None:
        muted = after(team(), mute("an", TEAM, "chen", LATER))
        assert refuse(muted, nickname("chen", TEAM, "chen", "I say this")).code is ErrorCode.MUTED


class TestMutes:
    def test_refuse_messages_until_their_time(self) -> None:
        muted = after(team(), mute("bo", TEAM, "chen", LATER))
        refused = refuse(muted, say("chen", "hello", TEAM))
        assert refused == Rejected(ErrorCode.MUTED, {"until": wire_time(LATER)})

    def test_end_by_the_writers_clock(self) -> None:
        muted = after(team(), mute("bo", TEAM, "chen", LATER))
        refuse(muted, say("chen", "hello", TEAM), at(LATER - 1))
        accept(muted, say("chen", "hello", TEAM), at(LATER))

    def test_can_be_ended_before(self) -> None:
        muted = after(team(), mute("bo", TEAM, "chen", LATER))
        assert told(muted, mute("an", TEAM, "chen", 0)) == {"event": "member_unmuted", "user_ids": ["chen"]}
        accept(after(muted, mute("an", TEAM, "chen", 0)), say("chen", "hello", TEAM))

    def test_are_told_with_their_time(self) -> None:
        assert told(team(), mute("bo", TEAM, "chen", LATER)) == {
            "event": "member_muted",
            "user_ids": ["chen"],
            "until": wire_time(LATER),
        }

    @pytest.mark.limit("mute")
    @pytest.mark.parametrize(
        "until", [1, NOW_MS, NOW_MS + MAX_MUTE_DAYS * 86_400_000 + 1], ids=["1970", "now", "too far"]
    )
    def test_have_a_time_to_come_and_not_too_far(self, until: int) -> None:
        assert refuse(team(), mute("bo", TEAM, "chen", until)).code is ErrorCode.INVALID

    @pytest.mark.limit("mute")
    def test_may_be_as_long_as_a_year(self) -> None:
        longest = NOW_MS + MAX_MUTE_DAYS * 86_400_000
        assert told(team(), mute("bo", TEAM, "chen", longest))["until"] == wire_time(longest)

    def test_nothing_is_to_be_ended_for_who_is_not_muted(self) -> None:
        assert accept(team(), mute("bo", TEAM, "chen", 0)).is_nothing
        expired = after(team(), mute("bo", TEAM, "chen", LATER))
        assert accept(expired, mute("bo", TEAM, "chen", 0), at(LATER)).is_nothing

    def test_an_admin_can_t_mute_the_owner_nor_another_admin(self) -> None:
        for target in ("an", "eve"):
            assert refuse(crowd(), mute("bo", TEAM, target, LATER)).code is ErrorCode.FORBIDDEN

    def test_leaving_and_coming_back_does_not_end_one(self) -> None:
        muted = after(team(), mute("an", TEAM, "dao", LATER), leave("dao", TEAM), add("an", TEAM, "dao"))
        assert refuse(muted, say("dao", "hello", TEAM)).code is ErrorCode.MUTED

    def test_of_all_spare_the_owner_and_admins(self) -> None:
        quiet = after(team(), update("bo", TEAM, mute_all=True))
        assert refuse(quiet, say("chen", "hello", TEAM)) == Rejected(ErrorCode.MUTED)
        for speaker in ("an", "bo"):
            accept(quiet, say(speaker, "hello", TEAM))

    def test_a_muted_admin_announces_nothing(self) -> None:
        muted = after(team(), mute("an", TEAM, "bo", LATER))
        assert refuse(muted, announce("bo", TEAM, "Hear me")).code is ErrorCode.MUTED
        assert refuse(muted, update("bo", TEAM, name="Hear me")).code is ErrorCode.MUTED

    def test_status_is_told_before_a_mute_and_a_role_before_both(self) -> None:
        muted = after(team(), mute("an", TEAM, "chen", LATER), set_status("an", TEAM, "disabled"))
        assert refuse(muted, say("chen", "hello", TEAM)).code is ErrorCode.CHANNEL_DISABLED
        assert refuse(muted, announce("chen", TEAM, "x")).code is ErrorCode.FORBIDDEN


class TestAnnouncements:
    def test_say_what_who_and_when(self) -> None:
        put_up = after(team(), announce("bo", TEAM, "Lunch!")).announcement
        assert put_up is not None
        assert (put_up.text, put_up.by, put_up.at_ms) == ("Lunch!", "bo", NOW_MS)

    def test_are_an_entry(self) -> None:
        assert told(team(), announce("bo", TEAM, "Lunch!")) == {
            "event": "announcement_changed",
            "announcement": "Lunch!",
        }

    def test_an_empty_one_takes_it_away_once(self) -> None:
        bare = after(team(), announce("bo", TEAM, "Lunch!"), announce("an", TEAM, ""))
        assert bare.announcement is None
        assert accept(bare, announce("an", TEAM, "")).is_nothing


class TestSettings:
    def test_are_changed_together_and_told(self) -> None:
        changes: dict[str, Any] = {"max_members": 9, "join": "approval", "mute_all": True, "edit": "members"}
        made = after(team(), update("an", TEAM, name="Crew", **changes))
        assert made.settings == Settings(JoinPolicy.APPROVAL, True, EditPolicy.MEMBERS)
        assert (made.name, made.max_members) == ("Crew", 9)
        assert told(team(), update("an", TEAM, name="Crew", **changes)) == {
            "event": "channel_updated",
            "name": "Crew",
            **changes,
        }

    def test_keep_what_is_not_given(self) -> None:
        made = after(team(), update("an", TEAM, join="admins"), update("an", TEAM, mute_all=True))
        assert made.settings == Settings(JoinPolicy.ADMINS, True, EditPolicy.ADMINS)

    def test_false_is_given_too(self) -> None:
        made = after(team(), update("an", TEAM, mute_all=True), update("an", TEAM, mute_all=False))
        assert not made.settings.mute_all

    def test_the_limit_is_never_below_those_who_are_in(self) -> None:
        assert after(team(), update("an", TEAM, max_members=4)).max_members == 4
        refused = refuse(team(), update("an", TEAM, max_members=3))
        assert refused == Rejected(ErrorCode.CHANNEL_FULL, {"member_count": 4})

    def test_members_may_rename_where_they_may_and_set_nothing_else(self) -> None:
        free = after(team(), update("an", TEAM, edit="members"))
        accept(free, update("chen", TEAM, name="Crew"))
        assert refuse(free, update("chen", TEAM, mute_all=True)).code is ErrorCode.FORBIDDEN
        assert refuse(free, update("chen", TEAM, name="Crew", edit="admins")).code is ErrorCode.FORBIDDEN


class TestStatus:
    def test_a_disabled_group_takes_no_messages_until_it_is_enabled(self) -> None:
        disabled = after(team(), set_status("an", TEAM, "disabled"))
        assert refuse(disabled, say("an", "hello", TEAM)).code is ErrorCode.CHANNEL_DISABLED
        accept(after(disabled, set_status("an", TEAM, "enabled")), say("an", "hello", TEAM))

    @pytest.mark.parametrize("status", ["enabled", "disabled", "dissolved"])
    def test_what_holds_already_is_nothing_to_do(self, status: str) -> None:
        there = replace(team(), status=ChannelStatus(status))
        assert accept(there, set_status("an", TEAM, status)).is_nothing

    @pytest.mark.parametrize("status", ["enabled", "disabled"])
    def test_dissolved_is_for_ever(self, status: str) -> None:
        gone = after(team(), set_status("an", TEAM, "dissolved"))
        for by_admin in (False, True):
            refused = refuse(gone, set_status("an", TEAM, status, by_admin=by_admin))
            assert refused == Rejected(ErrorCode.CHANNEL_DISABLED, {"status": "dissolved"})

    def test_a_dissolved_group_keeps_its_members_who_may_leave(self) -> None:
        gone = after(team(), set_status("an", TEAM, "dissolved"))
        assert [one.spans for one in gone.present()] == [one.spans for one in team().present()]
        assert not after(gone, leave("dao", TEAM)).members["dao"].present

    def test_an_admin_of_the_system_needs_not_be_in(self) -> None:
        extra = told(team(), set_status("fay", TEAM, "disabled", by_admin=True))
        assert extra == {"event": "channel_disabled", "by_admin": True}
        assert refuse(None, set_status("fay", TEAM, "disabled", by_admin=True)).code is ErrorCode.NOT_FOUND

    def test_what_he_has_disabled_the_owner_can_t_enable(self) -> None:
        locked = after(team(), set_status("fay", TEAM, "disabled", by_admin=True))
        assert refuse(locked, set_status("an", TEAM, "enabled")).code is ErrorCode.FORBIDDEN
        freed = after(locked, set_status("fay", TEAM, "enabled", by_admin=True))
        assert (freed.status, freed.locked) == (ChannelStatus.ENABLED, False)

    def test_what_the_owner_has_disabled_he_can_lock(self) -> None:
        disabled = after(team(), set_status("an", TEAM, "disabled"))
        assert after(disabled, set_status("fay", TEAM, "disabled", by_admin=True)).locked

    def test_he_can_disable_a_direct_chat(self) -> None:
        name = direct().channel_id
        quiet = apply(direct(), accept(direct(), set_status("fay", name, "disabled", by_admin=True)))
        assert refuse(quiet, say("an", "hello", name)).code is ErrorCode.CHANNEL_DISABLED


def test_a_member_without_the_new_fields_is_neither_named_nor_muted() -> None:
    assert Member("an", Role.MEMBER, ((1, None),)) == Member("an", Role.MEMBER, ((1, None),), "", 0)
