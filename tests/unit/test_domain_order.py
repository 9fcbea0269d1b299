"""Order in groups: roles, the owner, nicknames, mutes, the announcement, settings and status."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, get_args

import pytest
from msgspec import structs

from imapp.domain.channel import Channel, Member, Settings
from imapp.domain.decide import apply, decide
from imapp.domain.decisions import Accepted, Facts, Rejected
from imapp.domain.entries import wire_time
from imapp.domain.permissions import ON_LOWER_ROLES, Action, may, outranks
from schemas.commands import AnyCommand
from schemas.common import (
    MAX_ADMINS,
    MAX_MUTE_DAYS,
    ChannelStatus,
    ChannelType,
    EditPolicy,
    JoinPolicy,
    Role,
)
from schemas.errors import ErrorCode
from tests.unit.fakes import commands
from tests.unit.fakes.commands import (
    add,
    announce,
    leave,
    mute,
    nickname,
    remove,
    say,
    set_role,
    set_status,
    transfer,
    update,
)
from tests.unit.fakes.rooms import NOW_MS, TEAM, accept, direct, facts, group, member, refuse, team

LATER: Final = NOW_MS + 60_000
ROLES: Final = (Role.MEMBER, Role.ADMIN, Role.OWNER)


def after(channel: Channel, *happened: AnyCommand) -> Channel:
    """The channel once all of this is done."""
    for command in happened:
        channel = apply(channel, accept(channel, command))
    return channel


def told(channel: Channel, command: AnyCommand) -> Mapping[str, Any]:
    """What the entry says happened."""
    entry = accept(channel, command).entry
    assert entry is not None
    return entry.extra


def at(now_ms: int) -> Facts:
    """What is known at a time."""
    return structs.replace(facts(), now_ms=now_ms)


# ---- all roles by all actions

TRIES: Final[Mapping[Action, Callable[[str, str], AnyCommand]]] = {
    Action.SEND: lambda actor, _: say(actor, "hello", TEAM),
    Action.ADD: lambda actor, _: add(actor, TEAM, "fay"),
    Action.REMOVE: lambda actor, target: remove(actor, TEAM, target),
    Action.LEAVE: lambda actor, _: leave(actor, TEAM),
    Action.UPDATE: lambda actor, _: update(actor, TEAM, name="Crew"),
    Action.CONFIGURE: lambda actor, _: update(actor, TEAM, mute_all=True),
    Action.ANNOUNCE: lambda actor, _: announce(actor, TEAM, "Lunch!"),
    Action.NICKNAME: lambda actor, _: nickname(actor, TEAM, actor, "Ace"),
    Action.NICKNAME_OTHERS: lambda actor, target: nickname(actor, TEAM, target, "Ace"),
    Action.MUTE: lambda actor, target: mute(actor, TEAM, target, LATER),
    Action.SET_ROLE: lambda actor, target: set_role(actor, TEAM, target, "admin"),
    Action.TRANSFER: lambda actor, target: transfer(actor, TEAM, target),
    Action.DISABLE: lambda actor, _: set_status(actor, TEAM, "disabled"),
    Action.DISSOLVE: lambda actor, _: set_status(actor, TEAM, "dissolved"),
    Action.ANSWER_REQUESTS: lambda actor, target: commands.answer(actor, TEAM, target),
}
"""How each action is tried by somebody on somebody; two are settings', and have tests of their own."""


def crowd() -> Channel:
    """Two of each role that there may be two of."""
    return group(
        member("an", Role.OWNER),
        *(member(name, Role.ADMIN) for name in ("bo", "eve")),
        *(member(name) for name in ("chen", "dao")),
    )


BY_ROLE: Final = {Role.OWNER: ("an",), Role.ADMIN: ("bo", "eve"), Role.MEMBER: ("chen", "dao")}


def others() -> list[tuple[Action, Role, Role]]:
    """Every action, who does it, and to whom; nobody acts on himself."""
    every = itertools.product(TRIES, ROLES, ROLES)
    return [one for one in every if one[1:] != (Role.OWNER, Role.OWNER)]


class TestRolesByActions:
    @pytest.mark.parametrize(
        ("action", "role", "other"), others(), ids=lambda value: str(getattr(value, "value", value))
    )
    def test_the_core_decides_as_the_table_says(self, action: Action, role: Role, other: Role) -> None:
        actor, target = BY_ROLE[role][0], BY_ROLE[other][-1]

        decision = decide(crowd(), TEAM, TRIES[action](actor, target), facts())

        allowed = may(action, role, ChannelType.GROUP)
        if action in ON_LOWER_ROLES:
            allowed = allowed and outranks(role, other)
        assert isinstance(decision, Accepted) == allowed, decision
        if isinstance(decision, Rejected):
            assert decision.code is ErrorCode.FORBIDDEN

    @pytest.mark.parametrize("action", TRIES, ids=lambda action: action.value)
    def test_nobody_does_it_from_outside(self, action: Action) -> None:
        outside, once = team(), TRIES[action]("eve", "chen")

        assert refuse(outside, TRIES[action]("fay", "chen")).code is ErrorCode.NOT_FOUND
        assert refuse(outside, once).code is ErrorCode.NOT_MEMBER
        assert refuse(None, once).code is ErrorCode.NOT_FOUND

    @pytest.mark.parametrize("action", TRIES, ids=lambda action: action.value)
    def test_a_direct_chat_knows_sending_and_adding_alone(self, action: Action) -> None:
        command = structs.replace(TRIES[action]("an", "bo"), channel_id=direct().channel_id)

        decision = decide(direct(), direct().channel_id, command, facts())

        assert isinstance(decision, Accepted) == (action in {Action.SEND, Action.ADD})

    @pytest.mark.parametrize("action", TRIES, ids=lambda action: action.value)
    def test_a_disabled_group_can_be_left_enabled_and_dissolved(self, action: Action) -> None:
        disabled = replace(crowd(), status=ChannelStatus.DISABLED)

        decision = decide(disabled, TEAM, TRIES[action]("an", "dao"), facts())

        possible = {Action.LEAVE, Action.DISABLE, Action.DISSOLVE}
        assert isinstance(decision, Accepted) == (action in possible)
        if isinstance(decision, Rejected):
            assert decision == Rejected(ErrorCode.CHANNEL_DISABLED, {"status": "disabled"})

    def test_every_action_is_tried(self) -> None:
        elsewhere = {Action.SEND_WHEN_MUTED, Action.PROPOSE}
        of_messages = {Action.RECALL, Action.RECALL_ANY, Action.EDIT, Action.NUDGE, Action.MENTION_ALL}

        assert TRIES.keys() | elsewhere | of_messages >= set(Action)  # those of messages have their own

    def test_every_command_is_decided(self) -> None:
        for kind in get_args(AnyCommand):
            fields = {field.name for field in structs.fields(kind) if field.required}
            command = kind(**dict.fromkeys(fields, "disabled"))

            decide(None, TEAM, command, facts())  # raises for one that nobody decides


class TestRoles:
    def test_the_owner_makes_and_unmakes_admins(self) -> None:
        made = after(team(), set_role("an", TEAM, "chen"))
        assert made.members["chen"].role is Role.ADMIN
        assert after(made, set_role("an", TEAM, "chen", "member")).members["chen"].role is Role.MEMBER

    def test_it_is_told(self) -> None:
        assert told(team(), set_role("an", TEAM, "chen")) == {
            "event": "role_changed",
            "user_ids": ["chen"],
            "role": "admin",
        }

    def test_nobody_promotes_himself(self) -> None:
        for actor in ("bo", "chen"):
            for role in ("admin", "owner"):
                assert refuse(team(), set_role(actor, TEAM, actor, role)).code is ErrorCode.FORBIDDEN

    def test_an_owner_is_made_by_handing_over_alone(self) -> None:
        assert refuse(team(), set_role("an", TEAM, "bo", "owner")).code is ErrorCode.FORBIDDEN

    def test_the_owner_can_t_step_down_by_it(self) -> None:
        assert refuse(team(), set_role("an", TEAM, "an", "member")).code is ErrorCode.FORBIDDEN

    def test_what_one_is_already_is_nothing_to_do(self) -> None:
        assert accept(team(), set_role("an", TEAM, "bo")).is_nothing

    @pytest.mark.parametrize("target", ["fay", "eve"], ids=["a stranger", "who has left"])
    def test_only_members_get_one(self, target: str) -> None:
        refused = refuse(team(), set_role("an", TEAM, target))
        assert refused == Rejected(ErrorCode.NOT_FOUND, {"user_ids": [target]})

    @pytest.mark.limit("admins of a group")
    def test_a_group_has_so_many_admins_and_no_more(self) -> None:
        admins = [member(f"admin{number}", Role.ADMIN) for number in range(MAX_ADMINS - 1)]
        full = after(
            group(member("an", Role.OWNER), member("bo"), member("chen"), *admins), set_role("an", TEAM, "bo")
        )
        refused = refuse(full, set_role("an", TEAM, "chen"))
        assert refused == Rejected(ErrorCode.QUOTA_EXCEEDED, {"admins": MAX_ADMINS})

    def test_a_demoted_admin_can_do_no_more_what_he_could(self) -> None:
        demoted = after(team(), set_role("an", TEAM, "bo", "member"))
        assert refuse(demoted, mute("bo", TEAM, "chen", LATER)).code is ErrorCode.FORBIDDEN
        assert refuse(demoted, remove("bo", TEAM, "chen")).code is ErrorCode.FORBIDDEN


class TestHandingOver:
    def test_makes_the_other_the_owner_and_oneself_a_member(self) -> None:
        made = after(team(), transfer("an", TEAM, "chen"))
        assert made.owner == "chen"
        assert {name: one.role for name, one in made.members.items() if one.present} == {
            "an": Role.MEMBER,
            "bo": Role.ADMIN,
            "chen": Role.OWNER,
            "dao": Role.MEMBER,
        }

    def test_is_told(self) -> None:
        assert told(team(), transfer("an", TEAM, "bo")) == {
            "event": "owner_changed",
            "user_ids": ["bo"],
            "owner": "bo",
        }

    def test_of_two_the_second_finds_no_owner_any_more(self) -> None:
        once = after(team(), transfer("an", TEAM, "bo"))
        assert refuse(once, transfer("an", TEAM, "chen")).code is ErrorCode.FORBIDDEN

    def test_to_oneself_is_nothing_to_do(self) -> None:
        assert accept(team(), transfer("an", TEAM, "an")).is_nothing

    @pytest.mark.parametrize("target", ["fay", "eve"], ids=["a stranger", "who has left"])
    def test_only_to_a_member(self, target: str) -> None:
        assert refuse(team(), transfer("an", TEAM, target)).code is ErrorCode.NOT_FOUND

    def test_frees_the_new_owner_from_his_mute_which_nobody_could_end(self) -> None:
        muted = after(team(), mute("an", TEAM, "bo", LATER))
        assert after(muted, transfer("an", TEAM, "bo")).members["bo"].muted_until_ms == 0
        assert after(muted, leave("an", TEAM)).members["bo"].muted_until_ms == 0


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
