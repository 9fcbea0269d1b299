"""Who may do what in a channel: one table, asked by the core and by nobody else."""

import enum
from typing import Final

from schemas.common import ChannelType, Role


class Action(enum.Enum):
    """What a present member may want to do."""

    SEND = "send"
    ADD = "add"
    REMOVE = "remove"
    LEAVE = "leave"
    UPDATE = "update"


_RANK: Final = {Role.MEMBER: 0, Role.ADMIN: 1, Role.OWNER: 2}

# The lowest role that may; an action that is missing for a type of channel is nobody's.
_LOWEST: Final = {
    ChannelType.DIRECT: {Action.SEND: Role.MEMBER, Action.ADD: Role.MEMBER},
    ChannelType.GROUP: {
        Action.SEND: Role.MEMBER,
        Action.ADD: Role.MEMBER,
        Action.LEAVE: Role.MEMBER,
        Action.REMOVE: Role.ADMIN,
        Action.UPDATE: Role.ADMIN,
    },
}


def may(action: Action, role: Role, channel_type: ChannelType) -> bool:
    """Whether a present member with this role may do this in such a channel."""
    lowest = _LOWEST[channel_type].get(action)
    return lowest is not None and _RANK[role] >= _RANK[lowest]


def outranks(role: Role, other: Role) -> bool:
    """Whether somebody with this role may act on somebody with the other."""
    return _RANK[role] > _RANK[other]
