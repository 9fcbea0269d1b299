"""Every action, tried by every role on every role: the core decides by rules that are written out here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from msgspec import structs

from imapp.domain.channel import Channel, Settings
from imapp.domain.decide import decide
from imapp.domain.decisions import Accepted, Facts, Rejected
from imapp.domain.permissions import Action
from imapp.domain.reminding import may_not_remind
from schemas.common import MENTION_ALL_MEMBERS, ChannelStatus, JoinPolicy, Role
from schemas.errors import ErrorCode
from tests.support.entries import log_entry
from tests.unit.fakes import commands
from tests.unit.fakes.rooms import LATER, NOW_MS, TEAM, crowd, direct, facts, member, team

MEMBER, ADMIN, OWNER = Role.MEMBER, Role.ADMIN, Role.OWNER

# What docs/groups.md promises, by hand: taken from the core's own table, it could not differ from that.
IN_A_GROUP: Final = {
    Action.SEND: {MEMBER, ADMIN, OWNER},
    Action.SEND_WHEN_MUTED: {ADMIN, OWNER},
    Action.ADD: {MEMBER, ADMIN, OWNER},
    Action.PROPOSE: {MEMBER, ADMIN, OWNER},
    Action.ANSWER_REQUESTS: {ADMIN, OWNER},
    Action.REMOVE: {ADMIN, OWNER},
    Action.LEAVE: {MEMBER, ADMIN, OWNER},
    Action.UPDATE: {ADMIN, OWNER},
    Action.CONFIGURE: {ADMIN, OWNER},
    Action.ANNOUNCE: {ADMIN, OWNER},
    Action.NICKNAME: {MEMBER, ADMIN, OWNER},
    Action.NICKNAME_OTHERS: {ADMIN, OWNER},
    Action.MUTE: {ADMIN, OWNER},
    Action.SET_ROLE: {OWNER},
    Action.TRANSFER: {OWNER},
    Action.DISABLE: {OWNER},
    Action.DISSOLVE: {OWNER},
    Action.MENTION_ALL: {ADMIN, OWNER},
    Action.RECALL: {MEMBER, ADMIN, OWNER},
    Action.RECALL_ANY: {ADMIN, OWNER},
    Action.EDIT: {MEMBER, ADMIN, OWNER},
    Action.NUDGE: {MEMBER, ADMIN, OWNER},
}
ON_LOWER_ROLES: Final = {Action.REMOVE, Action.NICKNAME_OTHERS, Action.MUTE, Action.SET_ROLE}
BELOW: Final = {MEMBER: set[Role](), ADMIN: {MEMBER}, OWNER: {MEMBER, ADMIN}}
IN_A_DIRECT_CHAT: Final = {Action.SEND, Action.ADD, Action.RECALL, Action.EDIT, Action.NUDGE}
# They have no meaning between two people, who have neither settings nor more members than two.
OF_GROUPS: Final = {Action.SEND_WHEN_MUTED, Action.PROPOSE, Action.MENTION_ALL}
OF_MESSAGES: Final = {Action.RECALL, Action.RECALL_ANY, Action.EDIT, Action.NUDGE}
WHATEVER_THE_STATUS: Final = {Action.LEAVE, Action.DISABLE, Action.DISSOLVE}

UNSET: Final = Settings()
SEQ: Final = 7
BY_ROLE: Final = {OWNER: ("an",), ADMIN: ("bo", "eve"), MEMBER: ("chen", "dao")}


@dataclass(frozen=True)
class Try:
    """How somebody tries an action on somebody, where, and what he hears if he may not."""

    command: Callable[[str, str], Any]
    settings: Settings = UNSET
    many: bool = False
    refused: ErrorCode = ErrorCode.FORBIDDEN

    def there(self, channel: Channel) -> Channel:
        """This channel, as it must be for the action to be one."""
        extra = [member(f"u{number}") for number in range(MENTION_ALL_MEMBERS)] if self.many else []
        members = {**channel.members, **{one.user_id: one for one in extra}}
        return replace(channel, settings=self.settings, members=members)


TRIES: Final[Mapping[Action, Try]] = {
    Action.SEND: Try(lambda actor, _: commands.say(actor, "hello", TEAM)),
    Action.SEND_WHEN_MUTED: Try(
        lambda actor, _: commands.say(actor, "hello", TEAM), Settings(mute_all=True), refused=ErrorCode.MUTED
    ),
    Action.ADD: Try(lambda actor, _: commands.add(actor, TEAM, "fay")),
    Action.PROPOSE: Try(
        lambda actor, _: commands.add(actor, TEAM, "fay"), Settings(join=JoinPolicy.APPROVAL)
    ),
    Action.ANSWER_REQUESTS: Try(lambda actor, target: commands.answer(actor, TEAM, target)),
    Action.REMOVE: Try(lambda actor, target: commands.remove(actor, TEAM, target)),
    Action.LEAVE: Try(lambda actor, _: commands.leave(actor, TEAM)),
    Action.UPDATE: Try(lambda actor, _: commands.update(actor, TEAM, name="Crew")),
    Action.CONFIGURE: Try(lambda actor, _: commands.update(actor, TEAM, mute_all=True)),
    Action.ANNOUNCE: Try(lambda actor, _: commands.announce(actor, TEAM, "Lunch!")),
    Action.NICKNAME: Try(lambda actor, _: commands.nickname(actor, TEAM, actor, "Ace")),
    Action.NICKNAME_OTHERS: Try(lambda actor, target: commands.nickname(actor, TEAM, target, "Ace")),
    Action.MUTE: Try(lambda actor, target: commands.mute(actor, TEAM, target, LATER)),
    Action.SET_ROLE: Try(lambda actor, target: commands.set_role(actor, TEAM, target, "admin")),
    Action.TRANSFER: Try(lambda actor, target: commands.transfer(actor, TEAM, target)),
    Action.DISABLE: Try(lambda actor, _: commands.set_status(actor, TEAM, "disabled")),
    Action.DISSOLVE: Try(lambda actor, _: commands.set_status(actor, TEAM, "dissolved")),
    Action.MENTION_ALL: Try(lambda actor, _: commands.say(actor, "all!", TEAM, mention_all=True), many=True),
    Action.RECALL: Try(lambda actor, _: commands.recall(actor, TEAM, SEQ)),
    Action.RECALL_ANY: Try(lambda actor, _: commands.recall(actor, TEAM, SEQ)),
    Action.EDIT: Try(lambda actor, _: commands.edit(actor, TEAM, SEQ, "hello!")),
    Action.NUDGE: Try(lambda actor, _: commands.recall(actor, TEAM, SEQ)),
}
"""A nudge changes no log and is no command: its row says who asks about which message."""


def known(action: Action, actor: str, target: str) -> Facts:
    """What is known: of an action about a message, that one, somebody else's only if it may be."""
    sender = target if action is Action.RECALL_ANY else actor
    message = log_entry(TEAM, SEQ, sender=sender, time_ms=NOW_MS - 1_000)
    return structs.replace(facts(), target=message if action in OF_MESSAGES else None)


def refusal(channel: Channel | None, action: Action, actor: str, target: str) -> Rejected | None:
    """Why somebody may not do it to somebody there, None if he may."""
    tried, about = TRIES[action], known(action, actor, target)
    there = tried.there(channel) if channel is not None else None
    if action is Action.NUDGE:
        return may_not_remind(there, actor, SEQ, about)
    channel_id = there.channel_id if there is not None else TEAM
    command = structs.replace(tried.command(actor, target), channel_id=channel_id)
    decision = decide(there, channel_id, command, about)
    assert isinstance(decision, Accepted | Rejected)
    return decision if isinstance(decision, Rejected) else None


def attempts() -> list[tuple[Action, Role, Role]]:
    """Every action, who does it, and to whom; nobody acts on himself, and there is one owner."""
    pairs = [(role, other) for role in Role for other in Role if (role, other) != (OWNER, OWNER)]
    return [(action, role, other) for action in Action for role, other in pairs]


def worded(value: Action | Role) -> str:
    return value.value


@pytest.mark.parametrize(("action", "role", "other"), attempts(), ids=worded)
def test_a_role_may_in_a_group_what_the_rules_say_and_nothing_else(
    action: Action, role: Role, other: Role
) -> None:
    refused = refusal(crowd(), action, BY_ROLE[role][0], BY_ROLE[other][-1])

    may = role in IN_A_GROUP[action] and (action not in ON_LOWER_ROLES or other in BELOW[role])
    assert (refused.code if refused else None) == (None if may else TRIES[action].refused)


@pytest.mark.parametrize("action", Action, ids=worded)
def test_nobody_does_it_from_outside(action: Action) -> None:
    def code(channel: Channel | None, actor: str) -> ErrorCode | None:
        refused = refusal(channel, action, actor, "chen")
        return refused.code if refused else None

    assert code(team(), "fay") is ErrorCode.NOT_FOUND
    assert code(team(), "eve") is ErrorCode.NOT_MEMBER
    assert code(None, "eve") is ErrorCode.NOT_FOUND


@pytest.mark.parametrize("action", [action for action in Action if action not in OF_GROUPS], ids=worded)
def test_a_direct_chat_knows_few_of_them(action: Action) -> None:
    refused = refusal(direct(), action, "an", "bo")

    assert (refused is None) == (action in IN_A_DIRECT_CHAT)


@pytest.mark.parametrize("action", Action, ids=worded)
def test_a_disabled_group_can_be_left_enabled_and_dissolved(action: Action) -> None:
    refused = refusal(replace(crowd(), status=ChannelStatus.DISABLED), action, "an", "dao")

    disabled = Rejected(ErrorCode.CHANNEL_DISABLED, {"status": "disabled"})
    assert refused == (None if action in WHATEVER_THE_STATUS else disabled)
