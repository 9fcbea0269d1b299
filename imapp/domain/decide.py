"""The core: one command against one channel's state. Pure; repeats are the caller's to find first."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from imapp.domain import amendments, direct, groups, joining, leading, standing
from imapp.domain.channel import Channel
from imapp.domain.decisions import Accepted, Decision, Facts
from schemas import commands


def decide(channel: Channel | None, channel_id: str, command: commands.AnyCommand, facts: Facts) -> Decision:
    """The answer to a command that is no repeat. `channel_id` is the id the channel has or would get."""
    match command:
        case commands.SendMessage():
            return direct.send(channel, channel_id, command, facts)
        case commands.OpenDirect():
            return direct.open_direct(channel, channel_id, command, facts)
        case commands.RecallMessage():
            return amendments.recall(channel, command, facts)
        case commands.EditMessage():
            return amendments.edit(channel, command, facts)
        case _:
            return _OF_CHANNEL[type(command)](channel, command, facts)


def apply(channel: Channel | None, accepted: Accepted) -> Channel:
    """The channel's state after an accepted command."""
    if accepted.change is not None:
        channel = accepted.change.after
    assert channel is not None, "a plain send has a channel"
    if accepted.entry is not None:
        channel.append(accepted.entry)
    return channel


_OF_CHANNEL: Final[Mapping[type, Callable[[Channel | None, Any, Facts], Decision]]] = {
    commands.CreateGroup: groups.create,
    commands.UpdateChannel: groups.update,
    commands.AddMembers: joining.add,
    commands.RemoveMember: groups.remove,
    commands.Leave: groups.remove,
    commands.SetRole: leading.set_role,
    commands.TransferOwner: leading.transfer,
    commands.SetNickname: leading.set_nickname,
    commands.MuteMember: leading.mute,
    commands.SetAnnouncement: standing.announce,
    commands.SetStatus: standing.set_status,
    commands.RequestJoin: joining.request,
    commands.WithdrawJoinRequest: joining.withdraw,
    commands.AnswerJoinRequests: joining.answer,
}
"""What decides on each command that names its channel."""
