"""Channels as they are when they begin."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from imapp.domain.channel import Channel, Member
from imapp.domain.decisions import Accepted, Change
from imapp.domain.entries import LogEntry
from schemas.common import ChannelStatus, ChannelType, Role


def members(names: Iterable[str]) -> list[Member]:
    """These people, who have been in from the start."""
    return [Member(name, Role.MEMBER, ((1, None),)) for name in names]


def group(channel_id: str, people: Iterable[Member] = (), **fields: Any) -> Channel:
    """A group of An's with these members, with other fields as given."""
    channel = Channel(
        channel_id=channel_id,
        type=ChannelType.GROUP,
        name="lunch",
        avatar="",
        creator="an",
        owner="an",
        max_members=500,
        status=ChannelStatus.ENABLED,
        created_ms=1_000,
        members={member.user_id: member for member in people},
    )
    return replace(channel, **fields)


def direct(channel_id: str, names: Iterable[str] = ("an", "bo"), **fields: Any) -> Channel:
    """A direct chat of these two, with other fields as given."""
    return group(channel_id, members(names), type=ChannelType.DIRECT, name="", owner=None, **fields)


def begun(channel: Channel, entry: LogEntry | None = None) -> Accepted:
    """What is stored when a channel begins with all its members, and with this entry if there is one."""
    people = tuple(channel.members.values())
    change = Change(channel, people, joins=tuple(channel.members), created=True)
    return Accepted(channel.channel_id, entry, change)
