"""Messages and direct chats: who may send what where, and what an accepted message becomes."""

from dataclasses import replace

import pytest
from msgspec import structs

from imapp.domain.channel import Channel
from imapp.domain.decide import apply
from imapp.domain.spans import Spans
from schemas.commands import SendMessage
from schemas.common import ChannelStatus, ChannelType, Role
from schemas.errors import ErrorCode
from tests.unit.fakes.commands import open_direct, say, tell
from tests.unit.fakes.rooms import NOW_MS, TEAM, accept, direct, facts, refuse, team


class TestAMessage:
    def test_is_the_next_entry_of_the_log(self) -> None:
        entry = accept(team(), say("chen", "hello", TEAM, client_id="c1", extra={"a": 1})).entry
        assert entry is not None
        assert (entry.channel_id, entry.seq, entry.rev) == (TEAM, 11, 11)
        assert (entry.sender, entry.client_message_id) == ("chen", "c1")
        assert (entry.type, entry.content, entry.extra, entry.status) == (1, "hello", {"a": 1}, 0)
        assert (entry.time_ms, entry.body_hash) == (NOW_MS, b"hash")

    def test_quotes_the_sender_as_he_is_now(self) -> None:
        entry = accept(team(), say("chen", "hello", TEAM)).entry
        assert entry is not None
        assert (entry.sender_name, entry.sender_avatar) == ("Chen", "chen.png")

    def test_counts_as_unread(self) -> None:
        entry = accept(team(), say("chen", "hello", TEAM)).entry
        assert entry is not None
        assert entry.countable == 8

    def test_has_no_effect_but_itself(self) -> None:
        assert accept(team(), say("chen", "hello", TEAM)).change is None

    def test_moves_the_head(self) -> None:
        after = apply(channel := team(), accept(channel, say("chen", "hello", TEAM)))
        assert (after.last_seq, after.last_countable) == (11, 8)

    def test_may_come_from_somebody_whose_profile_is_missing(self) -> None:
        unknown = structs.replace(facts(), users={})
        entry = accept(team(), say("chen", "hello", TEAM), unknown).entry
        assert entry is not None
        assert (entry.sender_name, entry.sender_avatar) == ("", "")


class TestWhoMayNotSend:
    def test_into_a_channel_that_is_not(self) -> None:
        assert refuse(None, say("an", "hello", TEAM)).code is ErrorCode.NOT_FOUND

    def test_a_stranger_learns_no_more_than_that(self) -> None:
        assert refuse(team(), say("fay", "hello", TEAM)) == refuse(None, say("fay", "hello", TEAM))

    def test_who_has_left(self) -> None:
        assert refuse(team(), say("eve", "hello", TEAM)).code is ErrorCode.NOT_MEMBER

    @pytest.mark.parametrize("status", [ChannelStatus.DISABLED, ChannelStatus.DISSOLVED])
    def test_anybody_while_the_channel_takes_nothing(self, status: ChannelStatus) -> None:
        refused = refuse(replace(team(), status=status), say("an", "hello", TEAM))
        assert refused.code is ErrorCode.CHANNEL_DISABLED

    @pytest.mark.parametrize("message_type", [0, 5, 99])
    def test_anything_but_a_message(self, message_type: int) -> None:
        command = say("an", "x", TEAM, message_type=message_type)
        assert refuse(team(), command).code is ErrorCode.UNSUPPORTED_MEDIA


class TestTheOrderOfRules:
    """Each of these breaks several rules; the first one is told."""

    def test_media_before_membership(self) -> None:
        assert refuse(None, say("fay", "x", TEAM, message_type=99)).code is ErrorCode.UNSUPPORTED_MEDIA

    def test_unknown_before_disabled(self) -> None:
        disabled = replace(team(), status=ChannelStatus.DISABLED)
        assert refuse(disabled, say("fay", "hello", TEAM)).code is ErrorCode.NOT_FOUND

    def test_left_before_disabled(self) -> None:
        disabled = replace(team(), status=ChannelStatus.DISABLED)
        assert refuse(disabled, say("eve", "hello", TEAM)).code is ErrorCode.NOT_MEMBER


class TestTheFirstMessageToAPerson:
    def test_makes_the_direct_chat_and_is_its_first_entry(self) -> None:
        accepted = accept(None, tell("an", "bo", "hello"))
        assert accepted.entry is not None
        assert accepted.change is not None
        assert (accepted.entry.seq, accepted.entry.countable) == (1, 1)
        assert accepted.change.created
        assert accepted.change.joins == ("an", "bo")

    def test_makes_both_plain_members_from_the_first_entry_on(self) -> None:
        channel = opened()
        assert [roles(channel), stays(channel)] == [
            {"an": Role.MEMBER, "bo": Role.MEMBER},
            {"an": ((1, None),), "bo": ((1, None),)},
        ]

    def test_makes_a_chat_without_an_owner(self) -> None:
        channel = opened()
        assert (channel.type, channel.owner, channel.creator) == (ChannelType.DIRECT, None, "an")
        assert (channel.last_seq, channel.last_countable) == (1, 1)

    def test_needs_a_peer_who_exists(self) -> None:
        refused = refuse(None, tell("an", "nobody", "hello"))
        assert (refused.code, refused.data) == (ErrorCode.NOT_FOUND, {"user_ids": ["nobody"]})

    def test_needs_a_peer_who_is_active(self) -> None:
        refused = refuse(None, tell("an", "bo", "hello"), facts(disabled=("bo",)))
        assert refused.code is ErrorCode.NOT_FOUND

    def test_is_not_for_oneself(self) -> None:
        assert refuse(None, tell("an", "an", "hello")).code is ErrorCode.INVALID

    def test_of_a_kind_that_is_not_taken_makes_no_chat(self) -> None:
        command = SendMessage(actor="an", client_message_id="c", to="bo", message_type=99)
        assert refuse(None, command).code is ErrorCode.UNSUPPORTED_MEDIA


class TestLaterMessagesToAPerson:
    def test_are_plain_sends(self) -> None:
        accepted = accept(direct(), tell("bo", "an", "hello"))
        assert accepted.change is None
        assert accepted.entry is not None
        assert accepted.entry.seq == 11

    def test_go_on_when_the_peer_is_disabled(self) -> None:
        assert accept(direct(), tell("an", "bo", "hello"), facts(disabled=("bo",))).entry is not None


class TestOpeningADirectChat:
    def test_makes_it_without_an_entry(self) -> None:
        accepted = accept(None, open_direct("an", "bo"))
        assert accepted.entry is None
        assert accepted.change is not None
        assert accepted.change.created
        assert accepted.change.joins == ("an", "bo")
        assert accepted.change.after.last_seq == 0

    def test_changes_nothing_when_there_is_one(self) -> None:
        accepted = accept(direct(), open_direct("bo", "an"))
        assert (accepted.channel_id, accepted.entry, accepted.change) == (direct().channel_id, None, None)

    def test_needs_a_peer_who_exists(self) -> None:
        assert refuse(None, open_direct("an", "nobody")).code is ErrorCode.NOT_FOUND

    def test_is_not_for_oneself(self) -> None:
        assert refuse(None, open_direct("an", "an")).code is ErrorCode.INVALID


def opened() -> Channel:
    """The direct chat after its first message."""
    return apply(None, accept(None, tell("an", "bo", "hello")))


def roles(channel: Channel) -> dict[str, Role]:
    """Role by user id."""
    return {name: member.role for name, member in channel.members.items()}


def stays(channel: Channel) -> dict[str, Spans]:
    """Spans by user id."""
    return {name: member.spans for name, member in channel.members.items()}
