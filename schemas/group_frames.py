"""The frames about roles and order in groups; `schemas.frames` has all others and the whole."""

from schemas.common import (
    AnnouncementText,
    ChannelId,
    ClientMessageId,
    GrantableRole,
    JoinReason,
    MuteUntil,
    Nickname,
    SettableStatus,
    UserId,
    UserIds,
)
from schemas.requests import Request


class SetRole(Request, kw_only=True, tag="set_role"):
    """Make somebody an admin, or a member again."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    user_id: UserId
    role: GrantableRole


class TransferOwner(Request, kw_only=True, tag="transfer_owner"):
    """Hand a group over to another member; you become a member."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    user_id: UserId


class SetAnnouncement(Request, kw_only=True, tag="set_announcement"):
    """Put up an announcement, or take it away with an empty text."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    text: AnnouncementText


class SetNickname(Request, kw_only=True, tag="set_nickname"):
    """Name yourself, or somebody of a lower role, in a group; an empty nickname takes it away."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    user_id: UserId | None = None
    nickname: Nickname


class MuteMember(Request, kw_only=True, tag="mute_member"):
    """Let somebody of a lower role write nothing until a time."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    user_id: UserId
    until: MuteUntil


class UnmuteMember(Request, kw_only=True, tag="unmute_member"):
    """Let him write again."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    user_id: UserId


class SetStatus(Request, kw_only=True, tag="set_status"):
    """Disable a group, so that nobody writes to it, or enable it again."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    status: SettableStatus


class Dissolve(Request, kw_only=True, tag="dissolve"):
    """End a group for ever. Its members go on reading it."""

    client_message_id: ClientMessageId
    channel_id: ChannelId


class RequestJoin(Request, kw_only=True, tag="request_join"):
    """Ask the admins of a group that takes requests to let you in."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    reason: JoinReason = ""


class WithdrawJoinRequest(Request, kw_only=True, tag="withdraw_join_request"):
    """Take your request back, while nobody has answered it."""

    client_message_id: ClientMessageId
    channel_id: ChannelId


class AnswerJoinRequests(Request, kw_only=True, tag="answer_join_requests"):
    """Let in people who asked or were proposed, or refuse them; all or none."""

    client_message_id: ClientMessageId
    channel_id: ChannelId
    user_ids: UserIds
    accept: bool
