"""Roles and order in groups: what is shown of them, and the bodies of the requests that change them."""

import enum
from typing import Annotated

from msgspec import Meta, Struct

from schemas.common import (
    MAX_LIST_PAGE,
    AnnouncementText,
    ChannelId,
    ClientMessageId,
    Cursor,
    EditPolicy,
    GrantableRole,
    JoinPolicy,
    JoinReason,
    MuteUntil,
    Nickname,
    Role,
    SettableStatus,
    Timestamp,
    UserId,
    UserIds,
)


class Announcement(Struct, kw_only=True):
    """What is put up in a group, by whom and when."""

    text: str
    by: UserId
    at: Timestamp


class GroupSettings(Struct, kw_only=True):
    """The order of a group, as its admins have set it."""

    join: Annotated[JoinPolicy, Meta(description="Members add people, only admins do, or admins approve.")]
    mute_all: Annotated[bool, Meta(description="Only its owner and admins may write.")]
    edit: Annotated[EditPolicy, Meta(description="Who may change its name and picture.")]


class OwnMembership(Struct, kw_only=True):
    """What I am in a channel."""

    role: Role
    nickname: str
    muted_until: Annotated[Timestamp | None, Meta(description="I may write again then; null: now.")]


class JoinRequestStatus(enum.StrEnum):
    """What became of a request; who is let in has none any more."""

    WAITING = "waiting"
    REFUSED = "refused"


class JoinRequest(Struct, kw_only=True):
    """Somebody who waits to be let in."""

    user_id: UserId
    name: str
    avatar: str
    by: Annotated[UserId, Meta(description="Who proposed him; himself, if he asked.")]
    reason: str
    at: Annotated[Timestamp, Meta(description="When he asked; of the refused when that was.")]


class JoinRequestQuery(Struct, kw_only=True):
    """Which requests: those that wait, or those refused in the last 7 days."""

    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST_PAGE, description="Rows at most.")] = 50
    status: JoinRequestStatus = JoinRequestStatus.WAITING


class OwnJoinRequest(Struct, kw_only=True):
    """My wish to be let in, and what became of it."""

    channel_id: ChannelId
    by: Annotated[UserId, Meta(description="Who proposed me; myself, if I asked.")]
    reason: str
    status: JoinRequestStatus
    at: Annotated[Timestamp, Meta(description="Since when it waits, or when it was refused.")]
    until: Annotated[Timestamp, Meta(description="It is forgotten then.")]


class JoinRequestPage(Struct, kw_only=True):
    """Those who wait or were refused, by user id."""

    channel_id: ChannelId
    requests: list[JoinRequest]
    cursor: Cursor | None


class SetRoleBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """The role that somebody shall have."""

    client_message_id: ClientMessageId
    role: GrantableRole


class TransferOwnerBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who shall own the group."""

    client_message_id: ClientMessageId
    user_id: UserId


class SetAnnouncementBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What shall be put up."""

    client_message_id: ClientMessageId
    text: AnnouncementText


class SetNicknameBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """The name of a member in the group."""

    client_message_id: ClientMessageId
    nickname: Nickname


class MuteMemberBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Until when somebody shall write nothing."""

    client_message_id: ClientMessageId
    until: MuteUntil


class SetStatusBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Whether the group takes messages."""

    client_message_id: ClientMessageId
    status: SettableStatus


class DissolveBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """The end of the group."""

    client_message_id: ClientMessageId


class RequestJoinBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """The wish to be let in."""

    client_message_id: ClientMessageId
    reason: JoinReason = ""


class AnswerJoinRequestsBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who is let in, or refused; all or none."""

    client_message_id: ClientMessageId
    user_ids: UserIds
    accept: bool
