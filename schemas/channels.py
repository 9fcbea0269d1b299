"""Channels, their members, and the commands that change them."""

from typing import Annotated

from msgspec import Meta, Struct

from schemas.common import (
    MAX_LIST_PAGE,
    Avatar,
    ChannelId,
    ChannelStatus,
    ChannelType,
    ClientMessageId,
    Cursor,
    EditPolicy,
    JoinPolicy,
    MaxMembers,
    Membership,
    MessageId,
    Name,
    Role,
    Seq,
    SeqOrZero,
    Timestamp,
    UserId,
    UserIds,
)
from schemas.groups import Announcement, GroupSettings, OwnMembership


class Channel(Struct, kw_only=True):
    """A direct chat or a group, as one of its members sees it."""

    channel_id: ChannelId
    channel_type: ChannelType
    name: str
    avatar: str
    peer: Annotated[UserId | None, Meta(description="The other person of a direct chat.")] = None
    creator: UserId
    owner: UserId | None
    status: ChannelStatus
    max_members: int
    member_count: int
    last_seq: SeqOrZero
    created_at: Timestamp
    announcement: Announcement | None = None
    settings: Annotated[
        GroupSettings | None, Meta(description="Null in direct chats, and for who has left.")
    ] = None
    me: Annotated[OwnMembership | None, Meta(description="Null for who has left.")] = None


class Member(Struct, kw_only=True):
    """One present member of a channel."""

    user_id: UserId
    name: str
    avatar: str
    role: Role
    joined_at: Timestamp
    membership: Membership = Membership.NORMAL
    nickname: Annotated[str, Meta(description="His name in this group; empty for none.")] = ""
    muted_until: Annotated[
        Timestamp | None, Meta(description="Told to the owner, to admins and to himself.")
    ] = None


class MemberPage(Struct, kw_only=True):
    """Members by user id."""

    members: list[Member]
    cursor: Cursor | None


class ListQuery(Struct, kw_only=True):
    """A page of a list."""

    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST_PAGE, description="Rows at most.")] = 50


class CreateGroupBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """A new group; the caller becomes its owner."""

    client_message_id: ClientMessageId
    name: Name
    avatar: Avatar = ""
    user_ids: UserIds


class OpenDirectBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """The direct chat with one person; it is made if there is none."""

    client_message_id: ClientMessageId
    to: UserId


class UpdateChannelBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What changes about a group; absent fields stay."""

    client_message_id: ClientMessageId
    name: Name | None = None
    avatar: Avatar | None = None
    max_members: MaxMembers | None = None
    join: JoinPolicy | None = None
    mute_all: bool | None = None
    edit: EditPolicy | None = None


class AddMembersBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """People to add, all or none; those already in are ignored. A direct chat becomes a group."""

    client_message_id: ClientMessageId
    user_ids: UserIds


class WriteQuery(Struct, kw_only=True):
    """The client's id of a write that has no body."""

    client_message_id: ClientMessageId


class Written(Struct, kw_only=True, omit_defaults=True):
    """What a write did. `message_id` and `seq` are absent when there was nothing to do."""

    channel_id: ChannelId
    message_id: MessageId | None = None
    seq: Seq | None = None
    server_time: Timestamp | None = None
