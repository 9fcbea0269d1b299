"""A person's conversations: the list, what changed since a cursor, and read marks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from imapp.domain.ids import message_id
from imapp.domain.unread import unread_label
from imapp.errors import RequestError
from imapp.services.reading.access import AccessService
from imapp.services.reading.conversation_rows import ConversationRows, ListPosition, is_hidden
from imapp.services.reading.cursors import decode_cursor, encode_cursor
from imapp.stores.channel_rows import Head
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberRow, MemberStore
from imapp.stores.messages import MessageLog
from schemas.conversations import (
    Conversation,
    ConversationPage,
    ConversationQuery,
    ReadState,
    Shown,
    SyncPage,
)
from schemas.errors import ErrorCode

_SYNC_PAGE: Final = 200
# A change may be stamped some seconds before it can be seen (a transaction's commit); clients drop by seq
# what they get twice.
_OVERLAP_MS: Final = 10_000


class SyncPosition(msgspec.Struct, array_like=True):
    """Where a round of sync stands: changes up to `since_ms` are known, those after (at_ms, id) not."""

    epoch: str
    since_ms: int
    at_ms: int = 0
    channel_id: str = ""


class ConversationService:
    """Reads what a person's clients show beside the open chat."""

    def __init__(
        self,
        *,
        access: AccessService,
        channels: ChannelStore,
        members: MemberStore,
        log: MessageLog,
        rows: ConversationRows,
        epoch: str,
    ) -> None:
        self._access = access
        self._channels = channels
        self._members = members
        self._log = log
        self._rows = rows
        self.epoch = epoch

    def page(self, user_id: str, query: ConversationQuery) -> ConversationPage:
        """Pinned first, then unread, then newest first (seed: 按是否存在未读消息和最后聊天时间倒序).

        Raises:
            RequestError: `invalid` for a cursor that is not ours.
        """
        after = decode_cursor(query.cursor, ListPosition).order if query.cursor is not None else None
        members = self._members.rows_of(user_id)
        heads = self._channels.heads(row.channel_id for row in members)
        wanted = query.show is Shown.HIDDEN
        rows = [row for row in members if is_hidden(row, heads) is wanted]
        # All are sorted, but only those of the page are described.
        places = sorted(self._rows.positions(rows, heads), key=_order)
        if after is not None:
            places = [place for place in places if place[0].order > after]
        page, more = places[: query.limit], len(places) > query.limit
        return ConversationPage(
            conversations=self._rows.describe(user_id, [row for _, row in page], heads),
            cursor=encode_cursor(page[-1][0]) if more else None,
        )

    def sync(self, user_id: str, cursor: str | None) -> SyncPage:
        """What changed since the cursor, oldest change first; everything without one or in a new epoch.

        Raises:
            RequestError: `invalid` for a cursor that is not ours.
        """
        position = SyncPosition(self.epoch, 0) if cursor is None else decode_cursor(cursor, SyncPosition)
        if position.epoch != self.epoch:
            position = SyncPosition(self.epoch, 0)
        rows = {row.channel_id: row for row in self._members.rows_of(user_id)}
        heads = self._channels.heads(rows)
        changed = _changed(rows, heads, position)
        page, more = changed[:_SYNC_PAGE], len(changed) > _SYNC_PAGE
        return SyncPage(
            epoch=self.epoch,
            conversations=self._rows.describe(user_id, [rows[name] for _, name in page], heads),
            cursor=encode_cursor(_following(position, page, more=more)),
            more=more,
        )

    def conversation(self, user_id: str, channel_id: str) -> Conversation:
        """One row of the list.

        Raises:
            RequestError: `not_found`.
        """
        readable = self._access.readable(user_id, channel_id)
        shown = self._rows.describe(user_id, [readable.row], {channel_id: readable.head})
        if not shown:
            raise RequestError(ErrorCode.NOT_FOUND)
        return shown[0]

    def check_settable(self, user_id: str, channel_id: str) -> None:
        """Nothing if this is a conversation of his, present or past.

        Raises:
            RequestError: `not_found`.
        """
        if not self._access.readable(user_id, channel_id).head.channel.last_seq:
            raise RequestError(ErrorCode.NOT_FOUND)

    def read_state(self, user_id: str, channel_id: str, seq: int) -> ReadState:
        """What a channel will look like to somebody who has read it up to `seq`.

        Raises:
            RequestError: `not_found`.
        """
        readable = self._access.readable(user_id, channel_id)
        row = readable.row
        mark = min(seq, readable.last_seq)
        if mark > row.read_seq:
            countable = self._log.countables([(channel_id, mark)]).get(message_id(channel_id, mark))
            if countable is not None:
                row = replace(row, read_seq=mark, read_countable=countable)
        count = self._rows.unread(row, readable.head)
        return ReadState(
            channel_id=channel_id, read_seq=row.read_seq, unread=count, unread_label=unread_label(count)
        )


def _changed(
    rows: Mapping[str, MemberRow], heads: Mapping[str, Head], position: SyncPosition
) -> list[tuple[int, str]]:
    """(time of the change, channel id) of what a round of sync has still to show, in that order."""
    horizon = position.since_ms - _OVERLAP_MS
    stamps = [(_ms(_changed_at(rows[channel_id], head)), channel_id) for channel_id, head in heads.items()]
    known = (position.at_ms, position.channel_id)
    return sorted(stamp for stamp in stamps if stamp[0] >= horizon and stamp > known)


def _changed_at(row: MemberRow, head: Head) -> datetime:
    """Of who has left only his own row counts: the channel's stamp would tell him that others go on."""
    return max(row.changed_at, head.changed_at) if row.member.present else row.changed_at


def _following(position: SyncPosition, page: list[tuple[int, str]], *, more: bool) -> SyncPosition:
    at_ms, channel_id = page[-1] if page else (position.at_ms, position.channel_id)
    if more:
        return SyncPosition(position.epoch, position.since_ms, at_ms, channel_id)
    return SyncPosition(position.epoch, max(position.since_ms, at_ms))


def _ms(value: datetime) -> int:
    return int(value.timestamp() * 1000)


def _order(place: tuple[ListPosition, MemberRow]) -> tuple[bool, bool, int, str]:
    return place[0].order
