"""My conversation list, what changed in it, and how far I have read."""

import gevent
from flask import Response
from gevent.event import AsyncResult

from imapp.errors import RequestError
from imapp.gateway.batcher import RETRY_AFTER_S
from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller_id, services
from imapp.rest.schemas import schema_of
from schemas.channels import ListQuery
from schemas.conversations import Conversation, ConversationPage, ReadBody, ReadState, SyncPage, SyncQuery
from schemas.errors import ErrorCode

blueprint = Blueprint(
    "conversations", __name__, description="My conversation list, what changed in it, how far I have read."
)

_ONE = "/conversations/<channel:channel_id>"


@blueprint.get("/conversations")
@blueprint.arguments(schema_of(ListQuery, query=True), location="query")
@blueprint.response(200, schema_of(ConversationPage))
def list_conversations(query: ListQuery) -> Response:
    """My conversation list.

    Pinned ones come first, then those with something unread, each by last time, newest first.
    """
    return answer(services().conversations.page(caller_id(), query.cursor, query.limit))


@blueprint.get(_ONE)
@blueprint.response(200, schema_of(Conversation))
def get_conversation(channel_id: str) -> Response:
    """One of my conversations."""
    return answer(services().conversations.conversation(caller_id(), channel_id))


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
