"""From requests to personal writes: the checks that need no state. Over WebSocket and REST alike."""

from collections.abc import Callable

from imapp.domain.ids import split_message_id
from imapp.errors import RequestError
from schemas.conversations import DraftBody, SetConversationBody
from schemas.errors import ErrorCode
from schemas.frames import SetConversation as SetConversationFrame
from schemas.frames import SetSettings as SetSettingsFrame
from schemas.settings import SettingsBody
from schemas.tasks import AnyPersonalWrite, Remind, SetConversation, SetSettings

Make = Callable[[str, int], AnyPersonalWrite]
"""Gives the write for a request id and a time."""


def set_conversation(
    user_id: str, channel_id: str, wanted: SetConversationBody | SetConversationFrame
) -> Make:
    """The write that changes what somebody has set about a conversation.

    Raises:
        RequestError: `invalid`: it changes nothing, or a draft answers a message of another channel.
    """
    draft = None if wanted.draft is None else _draft(channel_id, wanted.draft)
    changes = (
        wanted.pinned,
        wanted.notify,
        wanted.hidden_seq,
        wanted.marked_unread,
        wanted.cleared_seq,
        draft,
    )
    if all(change is None for change in changes):
        raise RequestError(ErrorCode.INVALID, body="say what to change")
    return lambda request_id, at_ms: SetConversation(
        request_id=request_id,
        actor=user_id,
        at_ms=at_ms,
        channel_id=channel_id,
        pinned=wanted.pinned,
        notify=wanted.notify.value if wanted.notify is not None else None,
        hidden_seq=wanted.hidden_seq,
        marked_unread=wanted.marked_unread,
        cleared_seq=wanted.cleared_seq,
        draft=draft,
    )


def set_settings(user_id: str, wanted: SettingsBody | SetSettingsFrame) -> Make:
    """The write that changes what somebody has set for himself."""
    return lambda request_id, at_ms: SetSettings(
        request_id=request_id, actor=user_id, at_ms=at_ms, share_read=wanted.share_read
    )


def nudge(user_id: str, message_id: str, client_message_id: str) -> Make:
    """The write that reminds others of a message."""
    return lambda request_id, at_ms: Remind(
        request_id=request_id,
        actor=user_id,
        at_ms=at_ms,
        message_id=message_id,
        client_message_id=client_message_id,
    )


def _draft(channel_id: str, draft: DraftBody) -> tuple[str, str | None]:
    if draft.reply_to is not None and split_message_id(draft.reply_to)[0] != channel_id:
        raise RequestError(ErrorCode.INVALID, draft="it answers a message of another channel")
    return draft.text, draft.reply_to
