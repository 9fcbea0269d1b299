"""Coming into a group where admins approve: requests, proposals, answers, and what they can't be used for."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from msgspec import structs

from imapp.domain.channel import Channel
from imapp.domain.decide import apply
from imapp.domain.decisions import Facts, Rejected
from imapp.domain.entries import wire_fields, wire_time
from imapp.domain.joining import REQUEST_KEPT_MS
from imapp.stores.channel_rows import preview_of
from schemas.commands import AnyCommand
from schemas.common import MAX_JOIN_REQUESTS, ChannelStatus, JoinPolicy
from schemas.errors import ErrorCode
from tests.unit.fakes.commands import add, answer, request_join, set_status, update, withdraw
from tests.unit.fakes.rooms import NOW_MS, TEAM, accept, after, direct, facts, refuse, team


def club(**settings: Any) -> Channel:
    """An's team, to which admins let people in."""
    return after(team(), update("an", TEAM, join="approval", **settings))


def waiting(channel: Channel) -> list[str]:
    return sorted(name for name, request in channel.requests.items() if not request.refused)


def later(milliseconds: int) -> Facts:
    return structs.replace(facts(), now_ms=NOW_MS + milliseconds)


class TestAsking:
    def test_waits_with_its_reason_and_tells_the_members(self) -> None:
        accepted = accept(club(), request_join("fay", TEAM, "I am new"))
        assert accepted.entry is not None
        assert accepted.entry.extra == {"event": "join_requested", "count": 1}
        request = apply(club(), accepted).requests["fay"]
        assert (request.by, request.reason, request.at_ms) == ("fay", "I am new", NOW_MS)

    def test_lets_nobody_in(self) -> None:
        accepted = accept(club(), request_join("fay", TEAM))
        assert accepted.change is not None
        assert (accepted.change.joins, accepted.change.members) == ((), ())

    def test_twice_is_nothing_to_do(self) -> None:
        assert accept(after(club(), request_join("fay", TEAM)), request_join("fay", TEAM)).is_nothing

    def test_of_who_is_in_is_nothing_to_do(self) -> None:
        assert accept(team(), request_join("chen", TEAM)).is_nothing

    @pytest.mark.parametrize("join", [JoinPolicy.INVITE, JoinPolicy.ADMINS])
    def test_a_group_that_takes_no_requests_looks_like_none(self, join: JoinPolicy) -> None:
        other = after(team(), update("an", TEAM, join=join.value))
        assert refuse(other, request_join("fay", TEAM)) == refuse(None, request_join("fay", TEAM))

    def test_so_do_a_direct_chat_and_a_group_that_is_not_open(self) -> None:
        nothing = refuse(None, request_join("fay", TEAM))
        assert refuse(direct(), request_join("fay", direct().channel_id)) == nothing
        for status in (ChannelStatus.DISABLED, ChannelStatus.DISSOLVED):
            assert refuse(replace(club(), status=status), request_join("fay", TEAM)) == nothing

    def test_who_was_in_before_may_ask_too(self) -> None:
        assert waiting(after(club(), request_join("eve", TEAM))) == ["eve"]
        assert refuse(team(), request_join("eve", TEAM)).code is ErrorCode.NOT_MEMBER

    def test_is_forgotten_after_a_while(self) -> None:
        asked = after(club(), request_join("fay", TEAM))
        late = later(REQUEST_KEPT_MS)
        assert refuse(asked, answer("an", TEAM, "fay"), late).code is ErrorCode.NOT_FOUND
        again = accept(asked, request_join("fay", TEAM), late)
        assert again.entry is not None

    @pytest.mark.limit("requests to join")
    def test_so_many_wait_and_no_more(self) -> None:
        crowd = club()
        one = after(crowd, request_join("fay", TEAM)).requests["fay"]
        crowd.requests = {f"u{number}": replace(one, user_id=f"u{number}") for number in range(200)}
        assert len(crowd.requests) == MAX_JOIN_REQUESTS
        refused = refuse(crowd, request_join("fay", TEAM))
        assert refused == Rejected(ErrorCode.QUOTA_EXCEEDED, {"join_requests": MAX_JOIN_REQUESTS})


class TestWithdrawing:
    def test_takes_a_request_back_and_makes_room_for_another(self) -> None:
        withdrawn = after(club(), request_join("fay", TEAM), withdraw("fay", TEAM))
        assert waiting(withdrawn) == []
        assert waiting(after(withdrawn, request_join("fay", TEAM))) == ["fay"]

    def test_is_for_oneself_and_of_what_waits(self) -> None:
        asked = after(club(), request_join("fay", TEAM))
        assert refuse(asked, withdraw("eve", TEAM)) == refuse(None, withdraw("eve", TEAM))
        assert refuse(asked, withdraw("fay", TEAM), later(REQUEST_KEPT_MS)).code is ErrorCode.NOT_FOUND

    def test_does_not_undo_a_refusal(self) -> None:
        refused = after(club(), request_join("fay", TEAM), answer("bo", TEAM, "fay", accept=False))
        until = {"until": wire_time(NOW_MS + REQUEST_KEPT_MS)}
        assert refuse(refused, withdraw("fay", TEAM)) == Rejected(ErrorCode.FORBIDDEN, until)

    def test_works_while_the_group_is_closed(self) -> None:
        asked = replace(after(club(), request_join("fay", TEAM)), status=ChannelStatus.DISABLED)
        assert waiting(after(asked, withdraw("fay", TEAM))) == []


class TestWhatMembersAreTold:
    """Who asks, withdraws or is refused is for admins and himself."""

    @pytest.mark.parametrize(
        ("before", "command"),
        [
            ([], request_join("fay", TEAM, "I am new")),
            ([], add("chen", TEAM, "fay")),
            ([request_join("fay", TEAM)], withdraw("fay", TEAM)),
            ([request_join("fay", TEAM)], answer("bo", TEAM, "fay", accept=False)),
        ],
        ids=["asked", "proposed", "withdrawn", "refused"],
    )
    def test_is_not_who(self, before: list[AnyCommand], command: AnyCommand) -> None:
        entry = accept(after(club(), *before), command).entry
        assert entry is not None
        told = json.dumps([wire_fields(entry), msgspec.to_builtins(preview_of(entry))])
        assert "fay" not in told
        assert command.client_message_id not in told or entry.sender == "bo"


class TestProposing:
    def test_a_members_people_wait(self) -> None:
        proposed = after(club(), add("chen", TEAM, "fay", "eve"))
        assert waiting(proposed) == ["eve", "fay"]
        assert {request.by for request in proposed.requests.values()} == {"chen"}
        assert not proposed.members["eve"].present

    def test_an_admins_people_are_in(self) -> None:
        added = after(club(), request_join("fay", TEAM), add("bo", TEAM, "fay"))
        assert added.members["fay"].present
        assert added.requests == {}

    def test_only_of_people_who_exist(self) -> None:
        assert refuse(club(), add("chen", TEAM, "nobody")).code is ErrorCode.NOT_FOUND

    def test_who_waits_or_is_in_is_ignored(self) -> None:
        asked = after(club(), request_join("fay", TEAM))
        assert accept(asked, add("chen", TEAM, "fay", "dao")).is_nothing

    def test_where_only_admins_add_a_member_can_t(self) -> None:
        strict = after(team(), update("an", TEAM, join="admins"))
        assert refuse(strict, add("chen", TEAM, "fay")).code is ErrorCode.FORBIDDEN
        assert after(strict, add("bo", TEAM, "fay")).members["fay"].present


class TestAnswering:
    def test_lets_people_in_from_the_entry_on(self) -> None:
        asked = after(club(), request_join("fay", TEAM))
        accepted = accept(asked, answer("bo", TEAM, "fay"))
        assert accepted.entry is not None
        assert accepted.entry.extra == {"event": "members_added", "user_ids": ["fay"], "approved": True}
        made = apply(asked, accepted)
        assert made.members["fay"].spans == ((accepted.entry.seq, None),)
        assert made.requests == {}

    def test_refuses_people_who_then_can_t_ask_again_for_a_while(self) -> None:
        refused = after(club(), request_join("fay", TEAM), answer("bo", TEAM, "fay", accept=False))
        again = refuse(refused, request_join("fay", TEAM))
        assert again == Rejected(ErrorCode.FORBIDDEN, {"until": wire_time(NOW_MS + REQUEST_KEPT_MS)})
        assert accept(refused, add("chen", TEAM, "fay")).is_nothing
        assert accept(refused, request_join("fay", TEAM), later(REQUEST_KEPT_MS)).entry is not None

    def test_an_admin_may_think_better_of_it(self) -> None:
        refused = after(club(), request_join("fay", TEAM), answer("bo", TEAM, "fay", accept=False))
        assert after(refused, answer("an", TEAM, "fay")).members["fay"].present

    def test_by_two_admins_the_second_has_nothing_to_do(self) -> None:
        answered = after(club(), request_join("fay", TEAM), answer("an", TEAM, "fay"))
        assert accept(answered, answer("bo", TEAM, "fay")).is_nothing
        assert accept(answered, answer("bo", TEAM, "fay", accept=False)).is_nothing

    def test_is_all_or_nothing(self) -> None:
        asked = after(club(), request_join("fay", TEAM))
        refused = refuse(asked, answer("an", TEAM, "fay", "nobody"))
        assert refused == Rejected(ErrorCode.NOT_FOUND, {"user_ids": ["nobody"]})

    def test_respects_the_limit(self) -> None:
        full = after(club(max_members=4), request_join("fay", TEAM))
        assert refuse(full, answer("an", TEAM, "fay")).code is ErrorCode.CHANNEL_FULL

    def test_lets_nobody_in_who_was_disabled_meanwhile(self) -> None:
        asked = after(club(), request_join("fay", TEAM))
        known = facts(disabled=("fay",))
        assert refuse(asked, answer("an", TEAM, "fay"), known).code is ErrorCode.NOT_FOUND

    def test_refusals_don_t_pile_up(self) -> None:
        asked = after(club(), request_join("fay", TEAM))
        one = replace(asked.requests["fay"], refused=True)
        asked.requests |= {f"u{number}": replace(one, user_id=f"u{number}") for number in range(200)}
        kept = after(asked, answer("an", TEAM, "fay", accept=False)).requests
        assert len(kept) == MAX_JOIN_REQUESTS
        assert kept["fay"].refused

    def test_nobody_waits_at_what_is_dissolved(self) -> None:
        asked = after(club(), request_join("fay", TEAM))
        assert after(asked, set_status("an", TEAM, "dissolved")).requests == {}
