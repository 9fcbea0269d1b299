"""What a client may ask once it has said hello: one function a request."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec

from imapp.domain.ids import split_message_id
from imapp.errors import RequestError
from imapp.gateway.batcher import RETRY_AFTER_S
from imapp.gateway.personal import refusal
from imapp.services.personal import requests as personal
from imapp.services.writing import commands
from imapp.ws.client import Client
from imapp.ws.dialogue import encode, error_frame
from imapp.ws.group_verbs import GROUP_VERBS
from imapp.ws.submitting import submit, submit_counted
from schemas import frames
from schemas.conversations import Conversation, ReadState, UnreadQuery
from schemas.emojis import EmojiQuery
from schemas.errors import ErrorCode
from schemas.messages import HistoryQuery
from schemas.receipts import Nudged
from schemas.search import MessageSearch
from schemas.settings import Settings
from schemas.tasks import AnyPersonalWrite, PersonalAnswer


def _send(client: Client, request: frames.Send) -> None:
    submit(client, request.id, commands.send(client.user_id, request))


def _recall(client: Client, request: frames.Recall) -> None:
    _check_place(request.channel_id, request.message_id)
    command = commands.recall(client.user_id, request.message_id, request.client_message_id)
    submit(client, request.id, command)


def _edit(client: Client, request: frames.Edit) -> None:
    _check_place(request.channel_id, request.message_id)
    submit(client, request.id, commands.edit(client.user_id, request.message_id, request))


def _check_place(channel_id: str, message_id: str) -> None:
    """Nothing if the message is one of the channel, which its id says.

    Raises:
        RequestError: `not_found`: there is no such message in it.
    """
    if split_message_id(message_id)[0] != channel_id:
        raise RequestError(ErrorCode.NOT_FOUND)


def _create_group(client: Client, request: frames.CreateGroup) -> None:
    submit_counted(client, request.id, commands.create_group(client.user_id, request))


def _open_direct(client: Client, request: frames.OpenDirect) -> None:
    command = commands.open_direct(client.user_id, request.to, request.client_message_id)
    submit(client, request.id, command)


def _update_channel(client: Client, request: frames.UpdateChannel) -> None:
    submit(client, request.id, commands.update_channel(client.user_id, request.channel_id, request))


def _add_members(client: Client, request: frames.AddMembers) -> None:
    submit_counted(client, request.id, commands.add_members(client.user_id, request.channel_id, request))


def _remove_member(client: Client, request: frames.RemoveMember) -> None:
    command = commands.remove_member(
        client.user_id, request.channel_id, request.user_id, request.client_message_id
    )
    submit(client, request.id, command)


def _leave(client: Client, request: frames.Leave) -> None:
    command = commands.leave(client.user_id, request.channel_id, request.client_message_id)
    submit(client, request.id, command)


def _read(client: Client, request: frames.Read) -> None:
    services = client.services
    services.limits.marks.check(client.user_id)
    under_way = services.gateway.marks.highest(request.channel_id, client.user_id)
    seq = max(request.seq, under_way)
    state = services.conversations.read_state(client.user_id, request.channel_id, seq)

    def answer(safe: bool) -> None:
        if safe:
            client.reply(encode(with_id(frames.ReadReply, request.id, state)))
        else:
            busy = RequestError(ErrorCode.BUSY, retry_after=RETRY_AFTER_S)
            client.reply(error_frame(request.id, busy))

    _mark(client, state, answer)


def _mark(client: Client, state: ReadState, answer: Callable[[bool], None]) -> None:
    if state.read_seq == 0:
        answer(True)  # there is nothing to keep
    else:
        client.services.gateway.marks.add(state.channel_id, client.user_id, state.read_seq, answer)


def _set_conversation(client: Client, request: frames.SetConversation) -> None:
    services = client.services
    services.limits.marks.check(client.user_id)
    services.conversations.check_settable(client.user_id, request.channel_id)
    make = personal.set_conversation(client.user_id, request.channel_id, request)
    _ask_personal(client, request.id, make, partial(_with_body, frames.ConversationReply, Conversation))


def _change_me(client: Client, request: frames.ChangeMe) -> None:
    client.services.limits.marks.check(client.user_id)
    me = client.services.pictures.set_own(client.user_id, request.avatar)
    client.reply(encode(with_id(frames.ChangeMeReply, request.id, me)))


def _get_settings(client: Client, request: frames.GetSettings) -> None:
    client.services.limits.lists.check(client.user_id)
    settings = client.services.sharing.settings(client.user_id)
    client.reply(encode(with_id(frames.SettingsReply, request.id, settings)))


def _set_settings(client: Client, request: frames.SetSettings) -> None:
    client.services.limits.marks.check(client.user_id)
    make = personal.set_settings(client.user_id, request)
    _ask_personal(client, request.id, make, partial(_with_body, frames.SettingsReply, Settings))


def _ask_personal(
    client: Client,
    request_id: str,
    make: Callable[[str, int], AnyPersonalWrite],
    worded: Callable[[str, bytes], bytes],
) -> None:
    """Send a personal write; its answer comes on the connection it came from."""

    def answer(answer: PersonalAnswer) -> None:
        frame = error_frame(request_id, refusal(answer)) if answer.code else worded(request_id, answer.body)
        client.reply(frame)
        client.under_way.release()

    client.under_way.acquire()
    try:
        client.services.gateway.personal.submit(make, answer)
    except RequestError:
        client.under_way.release()
        raise


def _unread(client: Client, request: frames.Unread) -> None:
    client.services.limits.history.check(client.user_id)
    query = UnreadQuery(before=request.before, limit=request.limit)
    page = client.services.unread.page(client.user_id, request.channel_id, query)
    client.reply(encode(with_id(frames.UnreadReply, request.id, page)))


def _search_messages(client: Client, request: frames.SearchMessages) -> None:
    client.services.limits.searches.check(client.user_id)
    fields = MessageSearch.__struct_fields__
    search = MessageSearch(**{name: getattr(request, name) for name in fields})
    page = client.services.search.page(client.user_id, search)
    client.reply(encode(with_id(frames.SearchMessagesReply, request.id, page)))


def _message_receipts(client: Client, request: frames.MessageReceipts) -> None:
    client.services.limits.history.check(client.user_id)
    found = client.services.summaries.own(client.user_id, request.message_ids)
    client.reply(encode(with_id(frames.MessageReceiptsReply, request.id, found)))


def _nudge(client: Client, request: frames.Nudge) -> None:
    client.services.limits.nudges.check(client.user_id)
    make = personal.nudge(client.user_id, request.message_id, request.client_message_id)
    _ask_personal(client, request.id, make, partial(_with_body, frames.NudgeReply, Nudged))


def _with_body(kind: Any, shape: Any, request_id: str, body: bytes) -> bytes:
    return encode(with_id(kind, request_id, msgspec.json.decode(body, type=shape)))


def _received(client: Client, request: frames.Received) -> None:
    received = client.services.gateway.received
    if not received.add(request.channel_id, client.user_id, request.seq, from_seq=request.from_seq):
        raise RequestError(ErrorCode.BUSY, retry_after=RETRY_AFTER_S)


def _sync(client: Client, request: frames.Sync) -> None:
    client.services.limits.sync.check(client.user_id)
    page = client.services.conversations.sync(client.user_id, request.cursor)
    client.reply(encode(with_id(frames.SyncReply, request.id, page)))


def _history(client: Client, request: frames.History) -> None:
    client.services.limits.history.check(client.user_id)
    query = HistoryQuery(
        before=request.before, after=request.after, around=request.around, limit=request.limit
    )
    page = client.services.history.page(client.user_id, request.channel_id, query)
    client.reply(encode(with_id(frames.HistoryReply, request.id, page)))
    client.services.gateway.received.add_page(client.user_id, page.channel_id, page.entries)


def _watch(client: Client, request: frames.Watch) -> None:
    client.services.limits.lists.check(client.user_id)  # four queries about up to 500 people
    users = client.services.gateway.presence.watch(client, request.user_ids)
    client.reply(encode(frames.WatchReply(id=request.id, users=users)))


def _emojis(client: Client, request: frames.Emojis) -> None:
    client.services.limits.lists.check(client.user_id)
    query = EmojiQuery(pack=request.pack, cursor=request.cursor, limit=request.limit)
    page = client.services.emojis.page(query)
    client.reply(encode(with_id(frames.EmojisReply, request.id, page)))


def _typing(client: Client, request: frames.Typing) -> None:
    client.services.gateway.presence.typed(client, request.channel_id, client.user_name)


def _ping(client: Client, request: frames.Ping) -> None:
    client.reply(encode(frames.Pong(id=request.id)))


def with_id(kind: Any, request_id: str, page: Any) -> Any:
    """A page of REST as the reply to a request: the same fields, and the id."""
    return kind(id=request_id, **{name: getattr(page, name) for name in page.__struct_fields__})


VERBS: Final[dict[type, Callable[[Client, Any], None]]] = {
    frames.Send: _send,
    frames.Recall: _recall,
    frames.Edit: _edit,
    frames.Read: _read,
    frames.SetConversation: _set_conversation,
    frames.ChangeMe: _change_me,
    frames.GetSettings: _get_settings,
    frames.SetSettings: _set_settings,
    frames.Unread: _unread,
    frames.SearchMessages: _search_messages,
    frames.MessageReceipts: _message_receipts,
    frames.Nudge: _nudge,
    frames.Received: _received,
    frames.Sync: _sync,
    frames.History: _history,
    frames.CreateGroup: _create_group,
    frames.OpenDirect: _open_direct,
    frames.UpdateChannel: _update_channel,
    frames.AddMembers: _add_members,
    frames.RemoveMember: _remove_member,
    frames.Leave: _leave,
    **GROUP_VERBS,
    frames.Watch: _watch,
    frames.Emojis: _emojis,
    frames.Typing: _typing,
    frames.Ping: _ping,
}
