"""`set_conversation`: what somebody has set about a conversation for himself, told to all his devices."""

from typing import Final

import msgspec

from imapp.domain.ids import message_id
from imapp.errors import RequestError
from imapp.services.outgoing.frames import websocket_frame
from imapp.services.personal.runner import Outcome
from imapp.services.reading.conversation_rows import ConversationRows
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.channel_rows import Head
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberRow, MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.personal import Draft, PersonalState
from schemas.common import Notify
from schemas.conversations import Conversation
from schemas.errors import ErrorCode
from schemas.frames import ConversationEvent
from schemas.tasks import Notice, SetConversation

_ENCODER: Final = msgspec.json.Encoder()
_NOT_MARKED: Final = -1
_READABLE_SOON_S: Final = 1.0


class ConversationSetter:
    """Writes one member's settings of one channel."""

    def __init__(
        self, *, channels: ChannelStore, members: MemberStore, log: MessageLog, rows: ConversationRows
    ) -> None:
        self._channels = channels
        self._members = members
        self._log = log
        self._rows = rows

    def set(self, write: SetConversation) -> Outcome:
        """The conversation as it is then, with an event that shows it to all devices of its owner.

        Raises:
            RequestError: `not_found`: he was never in it, or it has no message yet.
        """
        row, head = self._found(write)
        state = self._state(write, row, head)
        self._members.set_state(write.channel_id, write.actor, write.at_ms, state)
        row, head = self._found(write)
        (shown,) = self._rows.describe(write.actor, [row], {write.channel_id: head})
        return Outcome(shown, [_notice(write.actor, shown)])

    def _found(self, write: SetConversation) -> tuple[MemberRow, Head]:
        row = self._members.find(write.channel_id, write.actor)
        head = self._channels.heads([write.channel_id]).get(write.channel_id) if row else None
        if row is None or head is None or not head.channel.last_seq:
            raise RequestError(ErrorCode.NOT_FOUND)
        return row, head

    def _state(self, write: SetConversation, row: MemberRow, head: Head) -> PersonalState:
        # Not beyond what there is: what comes later must neither be hidden nor cleared by it.
        last = row.newest(head.channel.last_seq)
        read_seq = with_own_messages(row, head).read_seq
        text, reply_to = write.draft or ("", None)
        return PersonalState(
            pinned=write.pinned,
            notify=Notify(write.notify) if write.notify is not None else None,
            hidden_seq=None if write.hidden_seq is None else min(write.hidden_seq, last),
            marked_seq=(
                None if write.marked_unread is None else read_seq if write.marked_unread else _NOT_MARKED
            ),
            cleared=self._cleared(row, min(write.cleared_seq or 0, last)),
            draft=None if write.draft is None else Draft(text, reply_to, write.at_ms),
        )

    def _cleared(self, row: MemberRow, seq: int) -> tuple[int, int] | None:
        """Up to where it is cleared, and how many entries up to there count; None if it was before."""
        if seq <= row.cleared_seq:
            return None
        countable = self._log.countables([(row.channel_id, seq)]).get(message_id(row.channel_id, seq))
        if countable is None:  # its head is seen a moment before it can be read
            raise RequestError(ErrorCode.BUSY, retry_after=_READABLE_SOON_S)
        return seq, countable


def _notice(user_id: str, shown: Conversation) -> Notice:
    event = ConversationEvent(
        channel_id=shown.channel_id,
        read_seq=shown.read_seq,
        unread=shown.unread,
        unread_label=shown.unread_label,
        conversation=shown,
    )
    return Notice(user_id=user_id, frame=websocket_frame(_ENCODER.encode(event)))
