"""The core: one command against one channel's state. Pure; repeats are the caller's to find first."""

from imapp.domain import direct, groups
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
        case _:
            return _decide_group(channel, command, facts)


def apply(channel: Channel | None, accepted: Accepted) -> Channel:
    """The channel's state after an accepted command."""
    if accepted.change is not None:
        channel = accepted.change.after
    assert channel is not None, "a plain send has a channel"
    if accepted.entry is not None:
        channel.append(accepted.entry)
    return channel


def _decide_group(channel: Channel | None, command: tasks.GroupCommand, facts: Facts) -> Decision:
    match command:
        case tasks.CreateGroup():
            return groups.create(channel, command, facts)
        case tasks.UpdateChannel():
            return groups.update(channel, command, facts)
        case tasks.AddMembers():
            return groups.add(channel, command, facts)
        case tasks.RemoveMember() | tasks.Leave():
            return groups.remove(channel, command, facts)
