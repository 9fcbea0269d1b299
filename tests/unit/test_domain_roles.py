"""Roles in groups: who gives and takes them, and the owner, who hands his over."""

from typing import get_args

import pytest
from msgspec import structs

from imapp.domain.decide import decide
from imapp.domain.decisions import Rejected
from schemas.commands import AnyCommand
from schemas.common import MAX_ADMINS, Role
from schemas.errors import ErrorCode
from tests.unit.fakes.commands import (
    leave,
    mute,
    remove,
    set_role,
    transfer,
)
from tests.unit.fakes.rooms import (
    LATER,
    TEAM,
    accept,
    after,
    facts,
    group,
    member,
    refuse,
    team,
    told,
)


def test_every_command_is_decided() -> None:
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

    def test_not_to_who_is_disabled_who_could_hand_it_on_no_more(self) -> None:
        refused = refuse(team(), transfer("an", TEAM, "bo"), facts(disabled=("bo",)))
        assert refused == Rejected(ErrorCode.NOT_FOUND, {"user_ids": ["bo"]})

    def test_frees_the_new_owner_from_his_mute_which_nobody_could_end(self) -> None:
        muted = after(team(), mute("an", TEAM, "bo", LATER))
        assert after(muted, transfer("an", TEAM, "bo")).members["bo"].muted_until_ms == 0
        assert after(muted, leave("an", TEAM)).members["bo"].muted_until_ms == 0
