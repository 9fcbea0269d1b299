"""What one row of a conversation list shows, cut to what its reader may see."""

from collections.abc import Iterable, Mapping

import msgspec

from imapp.domain.decisions import Profile
from imapp.domain.entries import STATUS_NAMES, TYPE_NAMES, wire_time
from imapp.domain.ids import message_id
from imapp.domain.unread import unread_label
from imapp.services.reading.departures import as_seen_by
from imapp.services.reading.mentions import unread_mentions
from imapp.services.reading.newest import NewestEntries
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.channel_rows import Head
from imapp.stores.channel_rows import Preview as StoredPreview
from imapp.stores.members import MemberRow, MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import to_ms
from imapp.stores.personal import Draft as StoredDraft
from imapp.stores.users import UserStore
from schemas.common import ChannelType, Membership
from schemas.conversations import Conversation, Draft, Preview


class ListPosition(msgspec.Struct, array_like=True, frozen=True):
    """Where a row stands in the conversation list."""

    pinned: bool
    unread: bool
    last_ms: int
    channel_id: str

    @property
    def order(self) -> tuple[bool, bool, int, str]:
        """Pinned first, then unread, then newest first (seed: 按是否存在未读消息和最后聊天时间倒序)."""
        return (not self.pinned, not self.unread, -self.last_ms, self.channel_id)


class ConversationRows:
    """Describes conversations, with as many reads for five hundred of them as for one."""

    def __init__(self, members: MemberStore, log: MessageLog, users: UserStore) -> None:
        self._members = members
        self._log = log
        self._users = users
        self._newest = NewestEntries(log)

    def describe(
        self, user_id: str, rows: Iterable[MemberRow], heads: Mapping[str, Head]
    ) -> list[Conversation]:
        """The conversations of these rows, in their order; a channel without any entry is none yet."""
        shown = _with_entries(rows, heads)
        peers = self._peers(user_id, [heads[row.channel_id] for row in shown])
        newest = self._newest.of(shown, heads)
        mentions = unread_mentions(shown, heads, self._log)
        counts = self._newest.unread(shown, heads, newest)
        return [
            _conversation(
                with_own_messages(row, heads[row.channel_id]),
                as_seen_by(row, heads[row.channel_id]),
                (what.preview, count),
                peer=peers.get(row.channel_id),
                mentioned_seq=mentions.get(row.channel_id),
            )
            for row, what, count in zip(shown, newest, counts, strict=True)
        ]

    def positions(
        self, rows: Iterable[MemberRow], heads: Mapping[str, Head]
    ) -> list[tuple[ListPosition, MemberRow]]:
        """Where the conversations of these rows stand in the list: all that sorting them needs."""
        shown = _with_entries(rows, heads)
        newest = self._newest.of(shown, heads)
        counts = self._newest.unread(shown, heads, newest)
        return [
            (_position(row, heads[row.channel_id], what.preview, count), row)
            for row, what, count in zip(shown, newest, counts, strict=True)
        ]

    def unread(self, row: MemberRow, head: Head) -> int:
        """How much of what this member may see lies beyond his watermark, and was not recalled."""
        heads = {row.channel_id: head}
        return self._newest.unread([row], heads, self._newest.of([row], heads))[0]

    def _peers(self, user_id: str, heads: list[Head]) -> dict[str, Profile]:
        direct = [head.channel.channel_id for head in heads if head.channel.type is ChannelType.DIRECT]
        peers = self._members.peers(direct, user_id) if direct else {}
        profiles = self._users.profiles(set(peers.values())) if peers else {}
        return {channel_id: profiles[peer] for channel_id, peer in peers.items() if peer in profiles}


def is_hidden(row: MemberRow, heads: Mapping[str, Head]) -> bool:
    """Whether its owner has hidden this conversation, and nothing has come since."""
    head = heads.get(row.channel_id)
    return head is not None and row.hidden(head.channel.last_seq)


def _with_entries(rows: Iterable[MemberRow], heads: Mapping[str, Head]) -> list[MemberRow]:
    return [row for row in rows if row.channel_id in heads and heads[row.channel_id].channel.last_seq]


def _position(row: MemberRow, head: Head, preview: StoredPreview | None, count: int) -> ListPosition:
    left = count > 0 or with_own_messages(row, head).marked_unread
    return ListPosition(row.pinned, left, _last_ms(row, head, preview), row.channel_id)


def _last_ms(row: MemberRow, head: Head, preview: StoredPreview | None) -> int:
    """When he saw the last of it. How it goes on is no business of who has left and cleared all (I3)."""
    if preview is not None:
        return preview.time_ms
    return head.last_ms if row.member.present else to_ms(row.changed_at)


def _conversation(
    row: MemberRow,
    head: Head,
    what: tuple[StoredPreview | None, int],
    *,
    peer: Profile | None,
    mentioned_seq: int | None,
) -> Conversation:
    preview, count = what
    return Conversation(
        channel_id=row.channel_id,
        channel_type=head.channel.type,
        name=peer.name if peer else head.channel.name,
        avatar=peer.avatar if peer else head.channel.avatar,
        peer=peer.user_id if peer else None,
        status=head.channel.status,
        membership=Membership.NORMAL if row.member.present else Membership.LEFT,
        member_count=head.member_count,
        last_seq=row.newest(head.channel.last_seq),
        read_seq=row.read_seq,
        unread=count,
        unread_label=unread_label(count),
        last_message=_preview(row.channel_id, preview) if preview else None,
        last_time=wire_time(_last_ms(row, head, preview)),
        pinned=row.pinned,
        notify=row.notify,
        mentioned_seq=mentioned_seq,
        hidden=row.hidden(head.channel.last_seq),
        marked_unread=row.marked_unread,
        cleared_seq=row.cleared_seq,
        removed_seq=row.removed_seq(head.kept_from_seq),
        draft=_draft(row.draft) if row.draft else None,
    )


def _draft(draft: StoredDraft) -> Draft:
    return Draft(text=draft.text, reply_to=draft.reply_to, updated_at=wire_time(draft.at_ms))


def _preview(channel_id: str, preview: StoredPreview) -> Preview:
    return Preview(
        message_id=message_id(channel_id, preview.seq),
        seq=preview.seq,
        sender=preview.sender,
        sender_name=preview.sender_name,
        message_type=TYPE_NAMES[preview.type],
        content=preview.content,
        extra=preview.extra,
        status=STATUS_NAMES[preview.status],
        server_time=wire_time(preview.time_ms),
    )
