"""Channels and what is written in them, for administrators. Whoever calls this has written it down."""

from typing import Final

import msgspec

from imapp.domain.channel import Member
from imapp.domain.entries import wire_entry, wire_time
from imapp.errors import RequestError
from imapp.services.reading.access import AccessService, Readable
from imapp.services.reading.cursors import after_id
from imapp.services.reading.directory import DirectoryService
from imapp.services.reading.history import HistoryService
from imapp.stores.channel_rows import Head
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberRow, MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.users import UserStore
from schemas.admin import AdminChannel, AdminChannelPage, AdminChannelQuery, AdminHistoryQuery
from schemas.channels import ListQuery, MemberPage
from schemas.common import ChannelId, Notify, Role
from schemas.errors import ErrorCode
from schemas.messages import Entry, HistoryPage, HistoryQuery

LOOKED_THROUGH: Final = 5_000
"""So many entries a page of one sender's messages looks through: no index finds them in their order."""


class ReadsAll(AccessService):
    """For who may read every channel from its first entry on."""

    def readable(self, user_id: str, channel_id: str) -> Readable:
        """The channel, whoever asks.

        Raises:
            RequestError: `not_found`.
        """
        del user_id
        head = self._channels.heads([channel_id]).get(channel_id)
        if head is None:
            raise RequestError(ErrorCode.NOT_FOUND)
        return Readable(head, _as_if_always_there(head))

    def present(self, user_id: str, channel_id: str) -> Readable:
        """The same."""
        return self.readable(user_id, channel_id)


class ChannelAdmin:
    """Finds channels and entries."""

    def __init__(
        self, channels: ChannelStore, members: MemberStore, log: MessageLog, users: UserStore
    ) -> None:
        self._channels = channels
        self._members = members
        self._log = log
        self._access = ReadsAll(channels, members)
        self._history = HistoryService(self._access, log)
        self._directory = DirectoryService(self._access, members, users)

    def find(self, query: AdminChannelQuery) -> AdminChannelPage:
        """Channels by id.

        Raises:
            RequestError: `invalid`.
        """
        if sum(way is not None for way in (query.ids, query.name, query.member)) > 1:
            raise RequestError(ErrorCode.INVALID, query="give one of ids, name, member")
        after = after_id(query.cursor, ChannelId)
        ids = _ids_of(query.ids) if query.ids is not None else None
        if query.member is not None:
            ids = self._members.channels_of(query.member)
        found = self._channels.found(
            ids=ids, name=query.name or "", status=query.status, after=after, limit=query.limit + 1
        )
        page = [_wire(head) for head in found[: query.limit]]
        return AdminChannelPage(channels=page, cursor=page[-1].channel_id if len(found) > len(page) else None)

    def channel(self, channel_id: str) -> AdminChannel:
        """One channel; raises RequestError `not_found`."""
        return _wire(self._access.readable("", channel_id).head)

    def set_retention(self, channel_id: str, days: int | None) -> AdminChannel:
        """The channel, which keeps its messages for so long from now on; raises RequestError `not_found`."""
        if not self._channels.set_retention(channel_id, days):
            raise RequestError(ErrorCode.NOT_FOUND)
        return self.channel(channel_id)

    def members(self, channel_id: str, query: ListQuery) -> MemberPage:
        """Who is in a channel now; raises RequestError `not_found` or `invalid`."""
        return self._directory.members("", channel_id, query)

    def history(self, channel_id: str, query: AdminHistoryQuery) -> HistoryPage:
        """A page of a channel's log, or of what one person wrote in it.

        Raises:
            RequestError: `not_found`, `invalid`.
        """
        if query.sender is None:
            where = HistoryQuery(
                before=query.before, after=query.after, around=query.around, limit=query.limit
            )
            return self._history.page("", channel_id, where)
        if query.after is not None or query.around is not None:
            raise RequestError(ErrorCode.INVALID, query="with sender, only before")
        return self._of_sender(channel_id, query.sender, query)

    def entry(self, message_id: str) -> Entry:
        """One entry; raises RequestError `not_found`."""
        return self._history.entry("", message_id)

    def _of_sender(self, channel_id: str, sender: str, query: AdminHistoryQuery) -> HistoryPage:
        readable = self._access.readable("", channel_id)
        first, last = readable.head.kept_from_seq, readable.last_seq
        high = last if query.before is None else min(last, query.before - 1)
        low = max(first, high - LOOKED_THROUGH + 1)
        entries = self._log.written_by(sender, channel_id, low, high, limit=query.limit)
        if len(entries) == query.limit:
            low = entries[0].seq
        return HistoryPage(
            channel_id=channel_id,
            entries=[wire_entry(entry) for entry in entries],
            from_seq=min(low, max(high, 0)),
            to_seq=max(high, 0),
            more_before=low > first,
            more_after=high < last,
        )


def _as_if_always_there(head: Head) -> MemberRow:
    return MemberRow(
        channel_id=head.channel.channel_id,
        member=Member(user_id="", role=Role.MEMBER, spans=((head.kept_from_seq, None),)),
        joined_ms=head.channel.created_ms,
        read_seq=0,
        read_countable=0,
        notify=Notify.ALL,
        pinned=False,
        changed_at=head.changed_at,
    )


def _ids_of(ids: str) -> list[str]:
    try:
        return msgspec.convert(ids.split(","), list[ChannelId])
    except msgspec.ValidationError as error:
        raise RequestError(ErrorCode.INVALID, ids=str(error)[:200]) from error


def _wire(head: Head) -> AdminChannel:
    channel = head.channel
    return AdminChannel(
        channel_id=channel.channel_id,
        channel_type=channel.type,
        name=channel.name,
        avatar=channel.avatar,
        creator=channel.creator,
        owner=channel.owner,
        status=channel.status,
        max_members=channel.max_members,
        member_count=head.member_count,
        last_seq=channel.last_seq,
        last_time=wire_time(head.last_ms),
        created_at=wire_time(channel.created_ms),
        retention_days=head.retention_days,
        kept_from_seq=head.kept_from_seq,
    )
