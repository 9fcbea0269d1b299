"""Who may do what in a channel: one table, asked by the core, and for lists by `AccessService`."""

import enum
from typing import Final

from imapp.domain.channel import Settings
from schemas.common import ChannelType, EditPolicy, JoinPolicy, Role


class Action(enum.Enum):
    """What a present member may want to do."""

    SEND = "send"
    SEND_WHEN_MUTED = "send_when_muted"  # while all are muted
    ADD = "add"
    PROPOSE = "propose"  # somebody whom an admin then lets in
    ANSWER_REQUESTS = "answer_requests"
    REMOVE = "remove"
    LEAVE = "leave"
    UPDATE = "update"  # name and picture
    CONFIGURE = "configure"  # all other settings
    ANNOUNCE = "announce"
    NICKNAME = "nickname"  # one's own
    NICKNAME_OTHERS = "nickname_others"
    MUTE = "mute"
    SET_ROLE = "set_role"
    TRANSFER = "transfer"
    DISABLE = "disable"
    DISSOLVE = "dissolve"
    MENTION_ALL = "mention_all"  # where there are many
    RECALL = "recall"  # one's own messages, for a while
    RECALL_ANY = "recall_any"  # anybody's, at any time
    EDIT = "edit"  # one's own messages, for a while
    NUDGE = "nudge"  # about one's own messages


_UNSET: Final = Settings()
_RANK: Final = {Role.MEMBER: 0, Role.ADMIN: 1, Role.OWNER: 2}

# The lowest role that may; an action that is missing for a type of channel is nobody's.
_LOWEST: Final = {
    ChannelType.DIRECT: {
        Action.SEND: Role.MEMBER,
        Action.ADD: Role.MEMBER,
        Action.RECALL: Role.MEMBER,
        Action.EDIT: Role.MEMBER,
        Action.NUDGE: Role.MEMBER,
    },
    ChannelType.GROUP: {
        Action.SEND: Role.MEMBER,
        Action.ADD: Role.MEMBER,
        Action.PROPOSE: Role.MEMBER,
        Action.LEAVE: Role.MEMBER,
        Action.NICKNAME: Role.MEMBER,
        Action.SEND_WHEN_MUTED: Role.ADMIN,
        Action.ANSWER_REQUESTS: Role.ADMIN,
        Action.REMOVE: Role.ADMIN,
        Action.UPDATE: Role.ADMIN,
        Action.CONFIGURE: Role.ADMIN,
        Action.ANNOUNCE: Role.ADMIN,
        Action.NICKNAME_OTHERS: Role.ADMIN,
        Action.MUTE: Role.ADMIN,
        Action.SET_ROLE: Role.OWNER,
        Action.TRANSFER: Role.OWNER,
        Action.DISABLE: Role.OWNER,
        Action.DISSOLVE: Role.OWNER,
        Action.MENTION_ALL: Role.ADMIN,
        Action.RECALL: Role.MEMBER,
        Action.RECALL_ANY: Role.ADMIN,
        Action.EDIT: Role.MEMBER,
        Action.NUDGE: Role.MEMBER,
    },
}

ON_LOWER_ROLES: Final = frozenset({Action.REMOVE, Action.NICKNAME_OTHERS, Action.MUTE, Action.SET_ROLE})
"""What one may only do to somebody of a lower role."""


def may(action: Action, role: Role, channel_type: ChannelType, settings: Settings = _UNSET) -> bool:
    """Whether a present member with this role may do this in a channel with these settings."""
    lowest = _LOWEST[channel_type].get(action)
    if lowest is not None and channel_type is ChannelType.GROUP:
        lowest = _as_set(action, lowest, settings)
    return lowest is not None and _RANK[role] >= _RANK[lowest]


def outranks(role: Role, other: Role) -> bool:
    """Whether somebody with this role may act on somebody with the other."""
    return _RANK[role] > _RANK[other]


def _as_set(action: Action, lowest: Role, settings: Settings) -> Role | None:
    """What a group's settings make of the table."""
    if action is Action.ADD and settings.join is not JoinPolicy.INVITE:
        return Role.ADMIN
    if action is Action.PROPOSE and settings.join is not JoinPolicy.APPROVAL:
        return None
    if action is Action.UPDATE and settings.edit is EditPolicy.MEMBERS:
        return Role.MEMBER
    return lowest
