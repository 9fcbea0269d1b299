"""How a channel stands: its announcement, and whether it is open, disabled or dissolved."""

from dataclasses import replace
from typing import Any, Final

from imapp.domain.channel import Announcement, Channel
from imapp.domain.decisions import Accepted, Decision, Facts, Rejected
from imapp.domain.permissions import Action
from imapp.domain.rules import and_requests, changed, closed, refusal, silenced, system_entry
from schemas.commands import SetAnnouncement, SetStatus
from schemas.common import ChannelStatus
from schemas.errors import ErrorCode

_EVENTS: Final = {
    ChannelStatus.ENABLED: "channel_enabled",
    ChannelStatus.DISABLED: "channel_disabled",
    ChannelStatus.DISSOLVED: "channel_dissolved",
}


def announce(channel: Channel | None, command: SetAnnouncement, facts: Facts) -> Decision:
    """An announcement put up (seed: 频道公告), or taken away."""
    refused = refusal(channel, command.actor, Action.ANNOUNCE) or silenced(channel, command.actor, facts)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    if command.text == (channel.announcement.text if channel.announcement else ""):
        return Accepted(channel.channel_id, None)
    announcement = Announcement(command.text, command.actor, facts.now_ms) if command.text else None
    told = {"event": "announcement_changed", "announcement": command.text}
    entry = system_entry(channel, command, facts, told)
    return changed(replace(channel, announcement=announcement), entry)


def set_status(channel: Channel | None, command: SetStatus, facts: Facts) -> Decision:
    """A channel disabled (seed: 禁用), enabled again, or dissolved for ever. Reading goes on in any case.

    What an admin of the system has disabled only one can enable.
    """
    wanted = ChannelStatus(command.status)
    action = Action.DISSOLVE if wanted is ChannelStatus.DISSOLVED else Action.DISABLE
    refused = None if command.by_admin else refusal(channel, command.actor, action)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    if channel.status is ChannelStatus.DISSOLVED:
        return Accepted(channel.channel_id, None) if wanted is channel.status else closed(channel)
    if channel.locked and not command.by_admin and wanted is ChannelStatus.ENABLED:
        return Rejected(ErrorCode.FORBIDDEN)
    locked = wanted is ChannelStatus.DISABLED and (command.by_admin or channel.locked)
    if (wanted, locked) == (channel.status, channel.locked):
        return Accepted(channel.channel_id, None)
    told: dict[str, Any] = {"event": _EVENTS[wanted]}
    if command.by_admin:
        told["by_admin"] = True
    entry = system_entry(channel, command, facts, told)
    settled = list(channel.requests) if wanted is ChannelStatus.DISSOLVED else []
    return and_requests(changed(replace(channel, status=wanted, locked=locked), entry), settled=settled)
