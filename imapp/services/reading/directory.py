"""Channels, members and people, as clients list them."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from imapp.domain.channel import Member as StoredMember
from imapp.domain.entries import wire_time
from imapp.domain.permissions import Action, may
from imapp.errors import RequestError
from imapp.services.reading.access import AccessService, Readable
from imapp.services.reading.cursors import after_id
from imapp.stores.members import MemberStore
from imapp.stores.users import UserStore
from schemas.channels import Channel, ListQuery, Member, MemberPage
from schemas.common import ChannelType, UserId, UserIds
from schemas.errors import ErrorCode
from schemas.groups import Announcement, GroupSettings, OwnMembership
from schemas.users import UserPage, UserQuery


class DirectoryService:
    """Reads for people what the others and their channels look like."""

    def __init__(
        self,
        access: AccessService,
        members: MemberStore,
        users: UserStore,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._access = access
        self._members = members
        self._users = users

    def channel(self, user_id: str, channel_id: str) -> Channel:
        """A channel, for somebody who is or was in it.

        Raises:
            RequestError: `not_found`.
        """
        readable = self._access.readable(user_id, channel_id)
        head = readable.head
        name, avatar, peer = self._face(user_id, readable)
        return Channel(
            channel_id=channel_id,
            channel_type=head.channel.type,
            name=name,
            avatar=avatar,
            peer=peer,
            creator=head.channel.creator,
            owner=head.channel.owner,
            status=head.channel.status,
            max_members=head.channel.max_members,
            member_count=head.member_count,
            last_seq=readable.last_seq,
            created_at=wire_time(head.channel.created_ms),
            **self._order(readable),
        )

    def members(self, user_id: str, channel_id: str, query: ListQuery) -> MemberPage:
        """Who is in a channel, for somebody who is in it too.

        Raises:
            RequestError: `not_found`, `not_member`, or `invalid` for a cursor that is not ours.
        """
        readable = self._access.present(user_id, channel_id)
        sees_mutes = may(Action.MUTE, readable.row.member.role, readable.head.channel.type)
        rows = self._members.page(channel_id, after_id(query.cursor, UserId), query.limit + 1)
        page = rows[: query.limit]
        profiles = self._users.profiles(row.member.user_id for row in page)
        members = []
        for row in page:
            name = row.member.user_id
            profile = profiles.get(name)
            members.append(
                Member(
                    user_id=name,
                    name=profile.name if profile else name,
                    avatar=profile.avatar if profile else "",
                    role=row.member.role,
                    joined_at=wire_time(row.joined_ms),
                    nickname=row.member.nickname,
                    muted_until=self._muted_until(row.member) if sees_mutes or name == user_id else None,
                )
            )
        return MemberPage(members=members, cursor=members[-1].user_id if len(rows) > len(page) else None)

    def people(self, query: UserQuery) -> UserPage:
        """Active people: those with the ids, or those whose name starts so, or everybody.

        Raises:
            RequestError: `invalid`.
        """
        if query.ids is not None and query.name is not None:
            raise RequestError(ErrorCode.INVALID, query="give one of ids and name")
        after, limit = after_id(query.cursor, UserId), query.limit + 1
        if query.ids is not None:
            found = self._users.by_ids(user_ids_of(query.ids), after, limit)
        else:
            found = self._users.by_name(_prefix(query.name), after, limit)
        page = found[: query.limit]
        return UserPage(users=page, cursor=page[-1].user_id if len(found) > len(page) else None)

    def _order(self, readable: Readable) -> dict[str, Any]:
        """What only those see who are in: it changes when they no longer are."""
        channel, member = readable.head.channel, readable.row.member
        if not member.present:
            return {}
        put_up, settings = channel.announcement, channel.settings
        order: dict[str, Any] = {
            "me": OwnMembership(
                role=member.role, nickname=member.nickname, muted_until=self._muted_until(member)
            )
        }
        if channel.type is ChannelType.GROUP:
            order["settings"] = GroupSettings(
                join=settings.join, mute_all=settings.mute_all, edit=settings.edit
            )
        if put_up:
            order["announcement"] = Announcement(text=put_up.text, by=put_up.by, at=wire_time(put_up.at_ms))
        return order

    def _muted_until(self, member: StoredMember) -> str | None:
        is_muted = member.muted_until_ms > self._clock() * 1000
        return wire_time(member.muted_until_ms) if is_muted else None

    def _face(self, user_id: str, readable: Readable) -> tuple[str, str, str | None]:
        """Name, avatar and peer: a direct chat looks like the other person."""
        channel = readable.head.channel
        if channel.type is not ChannelType.DIRECT:
            return channel.name, channel.avatar, None
        peer_id = self._members.peers([channel.channel_id], user_id).get(channel.channel_id)
        profile = self._users.profiles([peer_id]).get(peer_id) if peer_id else None
        return (profile.name, profile.avatar, peer_id) if profile else (channel.name, channel.avatar, peer_id)


def user_ids_of(ids: str) -> list[str]:
    """The user ids in a parameter that has commas between them.

    Raises:
        RequestError: `invalid`.
    """
    try:
        return msgspec.convert(ids.split(","), UserIds)
    except msgspec.ValidationError as error:
        raise RequestError(ErrorCode.INVALID, ids=str(error)[:200]) from error


def _prefix(name: str | None) -> str:
    # MongoDB refuses a pattern with a zero byte, and no name has one.
    if name is not None and "\0" in name:
        raise RequestError(ErrorCode.INVALID, name="a name has no zero byte")
    return name or ""
