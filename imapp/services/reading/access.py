"""Who may read what of a channel: the one place that answers it (I3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from imapp.domain import spans
from imapp.domain.permissions import Action, may
from imapp.errors import RequestError
from imapp.services.reading.departures import as_seen_by
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.channel_rows import Head
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberRow, MemberStore
from schemas.common import ChannelStatus
from schemas.errors import ErrorCode

_NOT_FOUND: Final = ErrorCode.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Readable:
    """A channel as one person may read it."""

    head: Head
    row: MemberRow

    @property
    def last_seq(self) -> int:
        """The newest seq he may know of, 0 for none."""
        return self.row.newest(self.head.channel.last_seq)


class AccessService:
    """Answers for one person and one channel."""

    def __init__(self, channels: ChannelStore, members: MemberStore) -> None:
        self._channels = channels
        self._members = members

    def readable(self, user_id: str, channel_id: str) -> Readable:
        """The channel, for somebody who is or was in it.

        Raises:
            RequestError: `not_found`: there is no such channel, or he was never in it.
        """
        row = self._members.find(channel_id, user_id)
        head = self._channels.heads([channel_id]).get(channel_id) if row else None
        if row is None or head is None:
            raise RequestError(_NOT_FOUND)
        return Readable(as_seen_by(row, head), with_own_messages(row, head))

    def may_read_any(self, user_id: str, positions: Iterable[tuple[str, int]]) -> bool:
        """Whether somebody may read at least one of the entries at these (channel id, seq) positions."""
        wanted = list(positions)
        rows = self._members.find_all((channel_id, user_id) for channel_id in {name for name, _ in wanted})
        return any(
            spans.contains(row.member.spans, seq)
            for channel_id, seq in wanted
            if (row := rows.get((channel_id, user_id))) is not None
        )

    def sees_picture(self, user_id: str, channel_ids: Iterable[str], avatar: str) -> bool:
        """Whether one of these channels is shown to somebody by this avatar (who left: as it was)."""
        rows = self._members.find_all((channel_id, user_id) for channel_id in channel_ids)
        heads = self._channels.heads(channel_id for channel_id, _ in rows)
        return any(
            as_seen_by(row, heads[channel_id]).channel.avatar == avatar
            for (channel_id, _), row in rows.items()
            if channel_id in heads
        )

    def present(self, user_id: str, channel_id: str) -> Readable:
        """The channel, for somebody who is in it now.

        Raises:
            RequestError: `not_found`, or `not_member` for somebody who was in it once.
        """
        readable = self.readable(user_id, channel_id)
        if not readable.row.member.present:
            raise RequestError(ErrorCode.NOT_MEMBER)
        return readable

    def may_speak(self, user_id: str, channel_id: str, now_ms: int) -> bool:
        """Whether somebody could send to a channel at this time: he is in, it is open, he is not muted."""
        row = self._members.find(channel_id, user_id)
        head = self._channels.heads([channel_id]).get(channel_id) if row else None
        if row is None or head is None or not row.member.present:
            return False
        member, channel = row.member, head.channel
        muted = channel.settings.mute_all and not may(Action.SEND_WHEN_MUTED, member.role, channel.type)
        return channel.status is ChannelStatus.ENABLED and member.muted_until_ms <= now_ms and not muted

    def allowed(self, user_id: str, channel_id: str, action: Action) -> Readable:
        """The channel, for somebody who is in it and may do this there.

        Raises:
            RequestError: as `present`, or `forbidden`.
        """
        readable = self.present(user_id, channel_id)
        channel = readable.head.channel
        if not may(action, readable.row.member.role, channel.type, channel.settings):
            raise RequestError(ErrorCode.FORBIDDEN)
        return readable
