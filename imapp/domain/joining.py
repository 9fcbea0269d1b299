"""Coming into a group: added, proposed, let in on request. Adding somebody to a direct chat makes it one.

Where admins approve, a request waits in the channel until one of them answers it. It is an entry too, so
admins hear of it at once, and a writer that did not know of it collides. Entries say how many asked, withdrew
or were refused; who, is for admins and themselves.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from imapp.domain import spans
from imapp.domain.channel import Channel, JoinRequest, Member
from imapp.domain.decisions import Accepted, Decision, Facts, Rejected
from imapp.domain.entries import wire_time
from imapp.domain.permissions import Action
from imapp.domain.rules import and_requests, changed, refusal, system_entry, too_many, unknown
from schemas.commands import AddMembers, AnswerJoinRequests, RequestJoin, WithdrawJoinRequest
from schemas.common import (
    JOIN_REQUEST_DAYS,
    MAX_JOIN_REQUESTS,
    MAX_NAME_CHARS,
    ChannelStatus,
    ChannelType,
    JoinPolicy,
    Role,
)
from schemas.errors import ErrorCode

REQUEST_KEPT_MS: Final = JOIN_REQUEST_DAYS * 24 * 3600 * 1000


def add(channel: Channel | None, command: AddMembers, facts: Facts) -> Decision:
    """More members, all of them or none; those already in are ignored. A direct chat becomes a group."""
    refused = refusal(channel, command.actor, Action.ADD)
    if refused and refused.code is ErrorCode.FORBIDDEN and channel is not None:
        return _propose(channel, command, facts)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    present = {member.user_id for member in channel.present()}
    names = [name for name in dict.fromkeys(command.user_ids) if name not in present]
    if not names:
        return Accepted(channel.channel_id, None)
    refused = unknown(names, facts) or too_many(len(present) + len(names), channel.max_members)
    if refused:
        return refused
    joining = [_joining(channel, name) for name in names]
    if channel.type is ChannelType.DIRECT:
        return _upgrade(channel, command, facts, joining)
    told = {"event": "members_added", "user_ids": names}
    entry = system_entry(channel, command, facts, told)
    accepted = changed(channel, entry, joining=joining)
    return and_requests(accepted, settled=[*names, *_expired(channel, facts)])


def request(channel: Channel | None, command: RequestJoin, facts: Facts) -> Decision:
    """The wish of somebody who is not in to be let in.

    A group that takes no requests looks to a stranger like none at all.
    """
    member = channel.members.get(command.actor) if channel else None
    if member is not None and member.present and channel is not None:
        return Accepted(channel.channel_id, None)
    if channel is None or not _takes_requests(channel):
        return Rejected(ErrorCode.NOT_MEMBER if member else ErrorCode.NOT_FOUND)
    known = _known(channel, facts).get(command.actor)
    if known is not None and known.refused:
        return _refused_until(known)
    return _ask(channel, command, facts, [command.actor])


def withdraw(channel: Channel | None, command: WithdrawJoinRequest, facts: Facts) -> Decision:
    """One's own request, which nobody has answered, is gone; to who has none the group looks like none."""
    known = _known(channel, facts).get(command.actor) if channel else None
    if channel is None or known is None:
        return Rejected(ErrorCode.NOT_FOUND)
    if known.refused:
        return _refused_until(known)
    entry = system_entry(channel, command, facts, {"event": "join_withdrawn", "count": 1})
    return and_requests(changed(channel, entry), settled=[command.actor, *_expired(channel, facts)])


def answer(channel: Channel | None, command: AnswerJoinRequests, facts: Facts) -> Decision:
    """People let in or refused, all of them or none; who is in or refused already is ignored."""
    refused = refusal(channel, command.actor, Action.ANSWER_REQUESTS)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    known, present = _known(channel, facts), {member.user_id for member in channel.present()}
    missing = [name for name in dict.fromkeys(command.user_ids) if name not in known and name not in present]
    if missing:
        return Rejected(ErrorCode.NOT_FOUND, {"user_ids": missing})
    asked = [known[name] for name in dict.fromkeys(command.user_ids) if name not in present]
    if command.accept:
        return _let_in(channel, command, facts, [one.user_id for one in asked])
    return _refuse(channel, command, facts, [one for one in asked if not one.refused])


def _propose(channel: Channel, command: AddMembers, facts: Facts) -> Decision:
    """People whom a member wants in, where admins approve."""
    refused = refusal(channel, command.actor, Action.PROPOSE)
    if refused:
        return refused
    present = {member.user_id for member in channel.present()}
    names = [name for name in dict.fromkeys(command.user_ids) if name not in present]
    return unknown(names, facts) or _ask(channel, command, facts, names)


def _ask(
    channel: Channel, command: AddMembers | RequestJoin, facts: Facts, names: list[str]
) -> Accepted | Rejected:
    known = _known(channel, facts)
    new = [name for name in names if name not in known]
    if not new:
        return Accepted(channel.channel_id, None)
    waiting = sum(not one.refused for one in known.values())
    if waiting + len(new) > MAX_JOIN_REQUESTS:
        return Rejected(ErrorCode.QUOTA_EXCEEDED, {"join_requests": MAX_JOIN_REQUESTS})
    reason = command.reason if isinstance(command, RequestJoin) else ""
    requests = [JoinRequest(name, command.actor, reason, facts.now_ms) for name in new]
    entry = system_entry(channel, command, facts, {"event": "join_requested", "count": len(new)})
    return and_requests(changed(channel, entry), requests, _expired(channel, facts))


def _let_in(channel: Channel, command: AnswerJoinRequests, facts: Facts, names: list[str]) -> Decision:
    if not names:
        return Accepted(channel.channel_id, None)
    count = len(channel.present()) + len(names)
    refused = unknown(names, facts) or too_many(count, channel.max_members)
    if refused:
        return refused
    told = {"event": "members_added", "user_ids": names, "approved": True}
    entry = system_entry(channel, command, facts, told)
    joining = [_joining(channel, name) for name in names]
    accepted = changed(channel, entry, joining=joining)
    return and_requests(accepted, settled=[*names, *_expired(channel, facts)])


def _refuse(
    channel: Channel, command: AnswerJoinRequests, facts: Facts, asked: list[JoinRequest]
) -> Decision:
    if not asked:
        return Accepted(channel.channel_id, None)
    refused = [replace(one, refused=True, at_ms=facts.now_ms) for one in asked]
    # So that refusals don't pile up: the oldest are forgotten before their time.
    kept = sorted((one for one in _known(channel, facts).values() if one.refused), key=lambda one: one.at_ms)
    spare = [one.user_id for one in kept[: max(0, len(kept) + len(refused) - MAX_JOIN_REQUESTS)]]
    told = {"event": "join_refused", "count": len(asked)}
    entry = system_entry(channel, command, facts, told)
    return and_requests(changed(channel, entry), refused, [*spare, *_expired(channel, facts)])


def _refused_until(request: JoinRequest) -> Rejected:
    return Rejected(ErrorCode.FORBIDDEN, {"until": wire_time(request.at_ms + REQUEST_KEPT_MS)})


def _takes_requests(channel: Channel) -> bool:
    return (
        channel.type is ChannelType.GROUP
        and channel.status is ChannelStatus.ENABLED
        and channel.settings.join is JoinPolicy.APPROVAL
    )


def _known(channel: Channel, facts: Facts) -> dict[str, JoinRequest]:
    """The requests that wait, and those refused lately."""
    since = facts.now_ms - REQUEST_KEPT_MS
    return {name: one for name, one in channel.requests.items() if one.at_ms > since}


def _expired(channel: Channel, facts: Facts) -> Iterable[str]:
    return channel.requests.keys() - _known(channel, facts).keys()


def _joining(channel: Channel, name: str) -> Member:
    """Who comes back has his nickname, and stays muted: else leaving would end it."""
    known = channel.members.get(name) or Member(name, Role.MEMBER, ())
    return replace(known, role=Role.MEMBER, spans=spans.opened(known.spans, channel.last_seq + 1))


def _upgrade(channel: Channel, command: AddMembers, facts: Facts, joining: list[Member]) -> Decision:
    """Adding people to a direct chat makes it a group in place (seed: 点对点聊天通过加人可以升级为群聊)."""
    people = [member.user_id for member in (*channel.present(), *joining)]
    name = ", ".join(facts.users[user_id].name for user_id in people if user_id in facts.users)
    group = replace(channel, type=ChannelType.GROUP, owner=command.actor, name=name[:MAX_NAME_CHARS])
    owner = replace(channel.members[command.actor], role=Role.OWNER)
    told: dict[str, Any] = {
        "event": "members_added",
        "user_ids": [member.user_id for member in joining],
        "upgraded": True,
        "name": group.name,
    }
    return changed(group, system_entry(channel, command, facts, told), joining=joining, others=[owner])
