"""Roles in groups: what each may do to whom, who gives and takes them, and the owner, who hands his over."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, get_args

import pytest
from msgspec import structs

from imapp.domain.decide import decide
from imapp.domain.decisions import Accepted, Rejected
from imapp.domain.permissions import ON_LOWER_ROLES, Action, may, outranks
from schemas.commands import AnyCommand
from schemas.common import MAX_ADMINS, ChannelStatus, ChannelType, Role
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
from tests.unit.fakes.rooms import (
    LATER,
    TEAM,
    accept,
    after,
    crowd,
    direct,
    facts,
    group,
    member,
    refuse,
    team,
    told,
)

ROLES: Final = (Role.MEMBER, Role.ADMIN, Role.OWNER)

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
