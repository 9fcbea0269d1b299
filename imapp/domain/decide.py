"""The core: one command against one channel's state. Pure; repeats are the caller's to find first."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from imapp.domain import amendments, direct, groups, joining, leading, standing
from imapp.domain.channel import Channel
from imapp.domain.decisions import Accepted, Decision, Facts
from schemas import tasks


def decide(channel: Channel | None, channel_id: str, command: tasks.AnyCommand, facts: Facts) -> Decision:
    """The answer to a command that is no repeat. `channel_id` is the id the channel has or would get."""
    match command:
        case tasks.SendMessage():
            return direct.send(channel, channel_id, command, facts)
        case tasks.OpenDirect():
            return direct.open_direct(channel, channel_id, command, facts)
        case tasks.RecallMessage():
            return amendments.recall(channel, command, facts)
        case tasks.EditMessage():
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
    tasks.CreateGroup: groups.create,
    tasks.UpdateChannel: groups.update,
    tasks.AddMembers: joining.add,
    tasks.RemoveMember: groups.remove,
    tasks.Leave: groups.remove,
    tasks.SetRole: leading.set_role,
    tasks.TransferOwner: leading.transfer,
    tasks.SetNickname: leading.set_nickname,
    tasks.MuteMember: leading.mute,
    tasks.SetAnnouncement: standing.announce,
    tasks.SetStatus: standing.set_status,
    tasks.RequestJoin: joining.request,
    tasks.WithdrawJoinRequest: joining.withdraw,
    tasks.AnswerJoinRequests: joining.answer,
}
"""What decides on each command that names its channel."""
