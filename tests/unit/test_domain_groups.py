"""Groups: made, renamed, joined and left. All of a command happens, or nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from imapp.domain.channel import Channel
from imapp.domain.decide import apply
from imapp.domain.decisions import Accepted
from schemas.commands import AnyCommand
from schemas.common import MAX_NAME_CHARS, ChannelStatus, ChannelType, Role
from schemas.errors import ErrorCode
from tests.unit.fakes.commands import add, create, leave, remove, update
from tests.unit.fakes.rooms import TEAM, accept, direct, facts, group, member, refuse, team


def told(accepted: Accepted) -> dict[str, Any]:
    """What the entry says happened."""
    assert accepted.entry is not None
    return accepted.entry.extra


def after(channel: Channel | None, accepted: Accepted) -> Channel:
    """The channel once it is done."""
    return apply(channel, accepted)


class TestCreating:
    def test_makes_the_caller_the_owner_and_the_others_members(self) -> None:
        made = after(None, accept(None, create("an", "bo", "chen")))
        assert {one.user_id: one.role for one in made.present()} == {
            "an": Role.OWNER,
            "bo": Role.MEMBER,
            "chen": Role.MEMBER,
        }
        assert (made.type, made.owner, made.creator) == (ChannelType.GROUP, "an", "an")

    def test_is_the_first_entry_which_all_of_them_see(self) -> None:
        accepted = accept(None, create("an", "bo", name="Team"))
        assert told(accepted) == {"event": "group_created", "name": "Team", "user_ids": ["an", "bo"]}
        assert accepted.entry is not None
        assert (accepted.entry.seq, accepted.entry.countable, accepted.entry.type) == (1, 0, 99)
        assert [one.spans for one in after(None, accepted).present()] == [((1, None),)] * 2

    def test_takes_everybody_once(self) -> None:
        assert told(accept(None, create("an", "bo", "an", "bo")))["user_ids"] == ["an", "bo"]

    def test_needs_people_who_exist_all_of_them(self) -> None:
        refused = refuse(None, create("an", "bo", "nobody", "noone"))
        assert (refused.code, refused.data) == (ErrorCode.NOT_FOUND, {"user_ids": ["nobody", "noone"]})

    def test_needs_people_who_are_active(self) -> None:
        refused = refuse(None, create("an", "bo"), facts(disabled=("bo",)))
        assert (refused.code, refused.data) == (ErrorCode.NOT_FOUND, {"user_ids": ["bo"]})

    def test_of_one_person_is_a_group(self) -> None:
        assert [one.user_id for one in after(None, accept(None, create("an", "an"))).present()] == ["an"]

    def test_beyond_the_limit_makes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("imapp.domain.groups.DEFAULT_MAX_MEMBERS", 2)
        refused = refuse(None, create("an", "bo", "chen"))
        assert (refused.code, refused.data) == (ErrorCode.CHANNEL_FULL, {"max_members": 2})

    def test_again_is_for_the_caller_to_recognise(self) -> None:
        assert refuse(team(), create("an", "bo")).code is ErrorCode.CONFLICT


class TestAdding:
    def test_lets_people_in_with_the_entry_that_says_so(self) -> None:
        accepted = accept(team(), add("chen", TEAM, "fay"))
        assert told(accepted) == {"event": "members_added", "user_ids": ["fay"]}
        assert accepted.change is not None
        assert accepted.change.joins == ("fay",)
        assert after(team(), accepted).members["fay"].spans == ((11, None),)

    def test_does_not_count_as_unread(self) -> None:
        entry = accept(team(), add("chen", TEAM, "fay")).entry
        assert entry is not None
        assert entry.countable == 7

    def test_somebody_who_was_in_before_opens_a_second_stay(self) -> None:
        back = after(team(), accept(team(), add("an", TEAM, "eve")))
        assert back.members["eve"].spans == ((2, 5), (11, None))

    def test_ignores_those_who_are_in(self) -> None:
        assert told(accept(team(), add("an", TEAM, "chen", "fay", "fay")))["user_ids"] == ["fay"]

    def test_of_nobody_new_is_nothing_to_do(self) -> None:
        accepted = accept(team(), add("an", TEAM, "chen", "an"))
        assert (accepted.entry, accepted.change) == (None, None)

    def test_is_all_or_nothing(self) -> None:
        refused = refuse(team(), add("an", TEAM, "fay", "nobody"))
        assert (refused.code, refused.data) == (ErrorCode.NOT_FOUND, {"user_ids": ["nobody"]})

    def test_fills_the_channel_to_its_limit(self) -> None:
        full = after(
            replace(team(), max_members=5), accept(replace(team(), max_members=5), add("an", TEAM, "fay"))
        )
        assert len(full.present()) == 5

    def test_beyond_the_limit_lets_nobody_in(self) -> None:
        refused = refuse(replace(team(), max_members=5), add("an", TEAM, "fay", "eve"))
        assert (refused.code, refused.data) == (ErrorCode.CHANNEL_FULL, {"max_members": 5})

    def test_counts_no_one_who_has_left(self) -> None:
        assert accept(replace(team(), max_members=5), add("an", TEAM, "eve")).change is not None

    def test_unknown_people_are_told_before_a_full_channel(self) -> None:
        refused = refuse(replace(team(), max_members=4), add("an", TEAM, "nobody"))
        assert refused.code is ErrorCode.NOT_FOUND


class TestUpgradingADirectChat:
    def test_makes_it_a_group_in_place(self) -> None:
        made = after(direct(), accept(direct(), add("bo", direct().channel_id, "chen")))
        assert (made.channel_id, made.type, made.owner) == (direct().channel_id, ChannelType.GROUP, "bo")

    def test_makes_the_one_who_adds_the_owner(self) -> None:
        made = after(direct(), accept(direct(), add("bo", direct().channel_id, "chen")))
        assert {one.user_id: one.role for one in made.present()} == {
            "an": Role.MEMBER,
            "bo": Role.OWNER,
            "chen": Role.MEMBER,
        }

    def test_hides_what_was_said_before_from_the_new(self) -> None:
        made = after(direct(), accept(direct(), add("bo", direct().channel_id, "chen")))
        assert {name: one.spans for name, one in made.members.items()} == {
            "an": ((1, None),),
            "bo": ((1, None),),
            "chen": ((11, None),),
        }

    def test_names_it_after_its_people(self) -> None:
        accepted = accept(direct(), add("bo", direct().channel_id, "chen", "dao"))
        assert told(accepted) == {
            "event": "members_added",
            "user_ids": ["chen", "dao"],
            "upgraded": True,
            "name": "An, Bo, Chen, Dao",
        }
        assert after(direct(), accepted).name == "An, Bo, Chen, Dao"

    def test_cuts_the_name_to_what_a_name_may_have(self) -> None:
        known = facts()
        people = {name: structs.replace(one, name=one.name * 40) for name, one in known.users.items()}
        accepted = accept(
            direct(), add("bo", direct().channel_id, "chen"), structs.replace(known, users=people)
        )
        assert len(told(accepted)["name"]) == MAX_NAME_CHARS

    def test_only_joins_the_new(self) -> None:
        change = accept(direct(), add("bo", direct().channel_id, "chen")).change
        assert change is not None
        assert (change.joins, change.leaves, change.created) == (("chen",), (), False)
        assert {one.user_id for one in change.members} == {"bo", "chen"}

    def test_with_the_two_alone_is_nothing_to_do(self) -> None:
        accepted = accept(direct(), add("bo", direct().channel_id, "an", "bo"))
        assert (accepted.entry, accepted.change) == (None, None)

    def test_respects_the_limit(self) -> None:
        refused = refuse(direct(max_members=2), add("bo", direct().channel_id, "chen"))
        assert refused.code is ErrorCode.CHANNEL_FULL


class TestRemoving:
    def test_ends_the_stay_with_the_entry_that_says_so(self) -> None:
        accepted = accept(team(), remove("an", TEAM, "chen"))
        assert told(accepted) == {"event": "member_removed", "user_ids": ["chen"]}
        assert accepted.change is not None
        assert accepted.change.leaves == ("chen",)
        assert after(team(), accepted).members["chen"].spans == ((2, 11),)

    def test_takes_the_role_away(self) -> None:
        assert after(team(), accept(team(), remove("an", TEAM, "bo"))).members["bo"].role is Role.MEMBER

    def test_an_admin_removes_members(self) -> None:
        assert accept(team(), remove("bo", TEAM, "chen")).change is not None

    @pytest.mark.parametrize(
        ("actor", "target"),
        [("chen", "dao"), ("chen", "an"), ("bo", "an")],
        ids=["a member a member", "a member the owner", "an admin the owner"],
    )
    def test_needs_a_higher_role(self, actor: str, target: str) -> None:
        assert refuse(team(), remove(actor, TEAM, target)).code is ErrorCode.FORBIDDEN

    def test_an_admin_does_not_remove_an_admin(self) -> None:
        admins = group(member("an", Role.OWNER), member("bo", Role.ADMIN), member("chen", Role.ADMIN))
        assert refuse(admins, remove("bo", TEAM, "chen")).code is ErrorCode.FORBIDDEN

    def test_somebody_unknown(self) -> None:
        refused = refuse(team(), remove("an", TEAM, "fay"))
        assert (refused.code, refused.data) == (ErrorCode.NOT_FOUND, {"user_ids": ["fay"]})

    def test_somebody_who_has_left_is_nothing_to_do(self) -> None:
        accepted = accept(team(), remove("an", TEAM, "eve"))
        assert (accepted.entry, accepted.change) == (None, None)

    def test_oneself_is_leaving(self) -> None:
        assert told(accept(team(), remove("chen", TEAM, "chen")))["event"] == "member_left"


class TestLeaving:
    def test_ends_ones_own_stay(self) -> None:
        accepted = accept(team(), leave("dao", TEAM))
        assert told(accepted) == {"event": "member_left", "user_ids": ["dao"]}
        assert after(team(), accepted).members["dao"].spans == ((4, 11),)

    def test_is_allowed_while_the_channel_is_disabled(self) -> None:
        disabled = replace(team(), status=ChannelStatus.DISABLED)
        assert accept(disabled, leave("dao", TEAM)).change is not None

    def test_a_direct_chat_is_not_possible(self) -> None:
        assert refuse(direct(), leave("an", direct().channel_id)).code is ErrorCode.FORBIDDEN

    def test_twice_is_refused(self) -> None:
        assert refuse(team(), leave("eve", TEAM)).code is ErrorCode.NOT_MEMBER

    def test_hides_what_comes_after_and_keeps_what_came_before(self) -> None:
        gone = after(team(), accept(team(), leave("dao", TEAM))).members["dao"]
        assert not gone.present
        assert gone.spans[-1] == (4, 11)


class TestSuccession:
    def test_the_longest_standing_admin_follows_before_any_member(self) -> None:
        channel = group(
            member("an", Role.OWNER),
            member("bo", Role.MEMBER, (2, None)),
            member("chen", Role.ADMIN, (7, None)),
            member("dao", Role.ADMIN, (6, None)),
        )
        accepted = accept(channel, leave("an", TEAM))
        assert told(accepted)["owner"] == "dao"
        assert after(channel, accepted).owner == "dao"

    def test_else_the_longest_standing_member(self) -> None:
        channel = group(
            member("an", Role.OWNER),
            member("bo", Role.MEMBER, (5, None)),
            member("chen", Role.MEMBER, (3, None)),
        )
        assert told(accept(channel, leave("an", TEAM)))["owner"] == "chen"

    def test_a_stay_counts_from_when_it_began_not_from_the_first(self) -> None:
        channel = group(
            member("an", Role.OWNER),
            member("bo", Role.MEMBER, (1, 2), (9, None)),
            member("chen", Role.MEMBER, (4, None)),
        )
        assert told(accept(channel, leave("an", TEAM)))["owner"] == "chen"

    def test_of_equals_the_first_by_id_so_that_a_retry_agrees(self) -> None:
        channel = group(member("dao", Role.OWNER), member("chen"), member("bo"))
        assert told(accept(channel, leave("dao", TEAM)))["owner"] == "bo"

    def test_who_is_disabled_is_passed_over_even_if_he_is_the_only_admin(self) -> None:
        accepted = accept(team(), leave("an", TEAM), facts(disabled=("bo", "chen")))
        assert after(team(), accepted).owner == "dao"

    def test_with_nobody_else_left_one_who_is_disabled_has_it_when_he_is_back(self) -> None:
        accepted = accept(team(), leave("an", TEAM), facts(disabled=("bo", "chen", "dao")))
        assert after(team(), accepted).owner == "bo"

    def test_changes_roles_and_owner_together(self) -> None:
        made = after(team(), accept(team(), leave("an", TEAM)))
        assert made.owner == "bo"
        assert made.members["bo"].role is Role.OWNER
        assert made.members["an"].role is Role.MEMBER

    def test_the_last_to_leave_leaves_nobody_in_charge(self) -> None:
        alone = group(member("an", Role.OWNER), member("eve", Role.MEMBER, (2, 5)))
        made = after(alone, accept(alone, leave("an", TEAM)))
        assert (made.owner, made.present()) == (None, [])

    def test_nothing_changes_hands_when_a_member_leaves(self) -> None:
        accepted = accept(team(), leave("bo", TEAM))
        assert "owner" not in told(accepted)
        assert after(team(), accepted).owner == "an"

    def test_an_owner_who_comes_back_is_a_member(self) -> None:
        gone = after(team(), accept(team(), leave("an", TEAM)))
        back = after(gone, accept(gone, add("bo", TEAM, "an")))
        assert (back.owner, back.members["an"].role) == ("bo", Role.MEMBER)


class TestUpdating:
    def test_changes_name_and_avatar_and_says_so(self) -> None:
        accepted = accept(team(), update("bo", TEAM, name="Crew", avatar="https://im.example/crew.png"))
        assert told(accepted) == {
            "event": "channel_updated",
            "name": "Crew",
            "avatar": "https://im.example/crew.png",
        }
        made = after(team(), accepted)
        assert (made.name, made.avatar) == ("Crew", "https://im.example/crew.png")

    def test_leaves_what_is_not_given(self) -> None:
        channel = replace(team(), avatar="team.png")
        made = after(channel, accept(channel, update("an", TEAM, name="Crew")))
        assert (made.name, made.avatar) == ("Crew", "team.png")

    def test_can_take_the_avatar_away(self) -> None:
        channel = replace(team(), avatar="team.png")
        assert after(channel, accept(channel, update("an", TEAM, avatar=""))).avatar == ""

    def test_moves_nobody(self) -> None:
        change = accept(team(), update("an", TEAM, name="Crew")).change
        assert change is not None
        assert (change.members, change.joins, change.leaves) == ((), (), ())

    def test_is_not_for_members(self) -> None:
        assert refuse(team(), update("chen", TEAM, name="Crew")).code is ErrorCode.FORBIDDEN

    def test_is_not_for_direct_chats(self) -> None:
        assert refuse(direct(), update("an", direct().channel_id, name="Us")).code is ErrorCode.FORBIDDEN


COMMANDS: dict[str, Callable[[str], AnyCommand]] = {
    "add": lambda actor: add(actor, TEAM, "fay"),
    "remove": lambda actor: remove(actor, TEAM, "chen"),
    "update": lambda actor: update(actor, TEAM, name="Crew"),
    "leave": lambda actor: leave(actor, TEAM),
}


class TestTheOrderOfRules:
    @pytest.mark.parametrize("what", COMMANDS)
    def test_a_channel_that_is_not_is_not_found(self, what: str) -> None:
        assert refuse(None, COMMANDS[what]("an")).code is ErrorCode.NOT_FOUND

    @pytest.mark.parametrize("what", COMMANDS)
    def test_a_stranger_learns_no_more_than_that(self, what: str) -> None:
        assert refuse(team(), COMMANDS[what]("fay")) == refuse(None, COMMANDS[what]("fay"))

    @pytest.mark.parametrize("what", COMMANDS)
    def test_who_has_left_is_told_so_before_his_role_is_asked(self, what: str) -> None:
        assert refuse(team(), COMMANDS[what]("eve")).code is ErrorCode.NOT_MEMBER

    @pytest.mark.parametrize("what", ["remove", "update"])
    def test_a_missing_right_is_told_before_a_disabled_channel(self, what: str) -> None:
        disabled = replace(team(), status=ChannelStatus.DISABLED)
        assert refuse(disabled, COMMANDS[what]("dao")).code is ErrorCode.FORBIDDEN

    @pytest.mark.parametrize("what", ["add", "remove", "update"])
    def test_a_disabled_channel_is_told_before_whom_it_is_about(self, what: str) -> None:
        disabled = replace(team(), status=ChannelStatus.DISABLED, max_members=1)
        assert refuse(disabled, COMMANDS[what]("an")).code is ErrorCode.CHANNEL_DISABLED
