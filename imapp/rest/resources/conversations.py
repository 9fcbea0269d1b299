"""My conversation list, what changed in it, and how far I have read."""

import gevent
from flask import Response
from gevent.event import AsyncResult

from imapp.errors import RequestError
from imapp.gateway.batcher import RETRY_AFTER_S
from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller_id, services
from imapp.rest.schemas import schema_of
from imapp.services.personal import requests as personal
from schemas.conversations import (
    Conversation,
    ConversationPage,
    ConversationQuery,
    ReadBody,
    ReadState,
    SetConversationBody,
    SyncPage,
    SyncQuery,
    UnreadPage,
    UnreadQuery,
)
from schemas.errors import ErrorCode

blueprint = Blueprint(
    "conversations", __name__, description="My conversation list, what changed in it, how far I have read."
)

_ONE = "/conversations/<channel:channel_id>"


@blueprint.get("/conversations")
@blueprint.arguments(schema_of(ConversationQuery, query=True), location="query")
@blueprint.response(200, schema_of(ConversationPage))
def list_conversations(query: ConversationQuery) -> Response:
    """My conversation list.

    Pinned ones come first, then those with something unread, each by last time, newest first. Hidden ones
    are not in it: ask for them by `show`.
    """
    return answer(services().conversations.page(caller_id(), query))


@blueprint.get(_ONE)
@blueprint.response(200, schema_of(Conversation))
def get_conversation(channel_id: str) -> Response:
    """One of my conversations."""
    return answer(services().conversations.conversation(caller_id(), channel_id))


@blueprint.patch(_ONE)
@blueprint.arguments(schema_of(SetConversationBody))
@blueprint.response(200, schema_of(Conversation))
def set_conversation(body: SetConversationBody, channel_id: str) -> Response:
    """Change what I have set about a conversation, for me alone.

    Pin it, choose what may disturb me, hide it, mark it as unread, clear my history, keep a draft. Answered
    once it is stored, with the conversation as it is then; all my devices hear of it. It is a state: repeat
    it until you have an answer.
    """
    services().conversations.check_settable(caller_id(), channel_id)
    stored = services().gateway.personal.ask(personal.set_conversation(caller_id(), channel_id, body))
    return Response(stored, mimetype="application/json")


@blueprint.get(f"{_ONE}/unread")
@blueprint.arguments(schema_of(UnreadQuery, query=True), location="query")
@blueprint.response(200, schema_of(UnreadPage))
def explain_unread(query: UnreadQuery, channel_id: str) -> Response:
    """Which entries count as unread, and why the others do not.

    From the newest on, every seq with its reason. `recounted` is counted in the log, not taken from the
    counters that `unread` comes from: the two are equal.
    """
    return answer(services().unread.page(caller_id(), channel_id, query))


@blueprint.put(f"{_ONE}/read")
@blueprint.arguments(schema_of(ReadBody))
@blueprint.response(200, schema_of(ReadState))
def mark_read(body: ReadBody, channel_id: str) -> Response:
    """Everything up to a seq has been read.

    My watermark only grows: a lower seq than before changes nothing. Answered once the mark is safe; the
    conversation list follows within a second.
    """
    seq = max(body.seq, services().gateway.marks.highest(channel_id, caller_id()))
    state = services().conversations.read_state(caller_id(), channel_id, seq)
    if state.read_seq and not _is_held(channel_id, state.read_seq):
        raise RequestError(ErrorCode.BUSY, retry_after=RETRY_AFTER_S)
    return answer(state)


@blueprint.get("/sync")
@blueprint.arguments(schema_of(SyncQuery, query=True), location="query")
@blueprint.response(200, schema_of(SyncPage))
def sync(query: SyncQuery) -> Response:
    """Which of my conversations changed since a cursor; without one, all of them.

    Ask again at once with the new cursor while `more` is true. A conversation may come twice.
    """
    return answer(services().conversations.sync(caller_id(), query.cursor))


def _is_held(channel_id: str, seq: int) -> bool:
    """Whether the broker holds the mark, so that it can't be lost."""
    held: AsyncResult = AsyncResult()
    services().gateway.marks.add(channel_id, caller_id(), seq, held.set)
    try:
        return bool(held.get(timeout=services().command_timeout_s))
    except gevent.Timeout:
        return False
