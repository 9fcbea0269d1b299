"""The entries of a channel's log."""

from flask import Response

from imapp.domain.ids import message_id as id_at
from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller_id, services, write, written
from imapp.rest.schemas import schema_of
from imapp.services.personal import requests as personal
from imapp.services.pushes.summaries import message_ids_of
from imapp.services.writing import commands
from schemas.channels import Written
from schemas.commands import SendMessage
from schemas.errors import ErrorCode
from schemas.messages import EditBody, HistoryPage, HistoryQuery, OneEntry, RecallBody, SendBody
from schemas.receipts import (
    NudgeBody,
    Nudged,
    PushPage,
    PushQuery,
    ReceiptQuery,
    ReceiptSummaries,
    ReceiptSummary,
)

blueprint = Blueprint("messages", __name__, description="The entries of a channel's log.")

_LOG = "/channels/<channel:channel_id>/messages"
_REFUSES = (ErrorCode.NOT_MEMBER, ErrorCode.CHANNEL_DISABLED, ErrorCode.MUTED, ErrorCode.CONFLICT)


@blueprint.post(_LOG, refuses=_REFUSES)
@blueprint.arguments(schema_of(SendBody))
@blueprint.response(201, schema_of(OneEntry))
def send_message(body: SendBody, channel_id: str) -> Response:
    """Send a message to a channel.

    Answered once it is stored, with the entry it has become. Repeat it with the same `client_message_id`
    until you have an answer: it is stored once, and every repeat gives the same entry.
    """
    return _sent(commands.send_to_channel(caller_id(), channel_id, body))


@blueprint.post("/users/<user:user_id>/messages", refuses=_REFUSES)
@blueprint.arguments(schema_of(SendBody))
@blueprint.response(201, schema_of(OneEntry))
def send_to_person(body: SendBody, user_id: str) -> Response:
    """Send a message to a person.

    It goes to the direct chat with him, which is made if there is none.
    """
    return _sent(commands.send_to_person(caller_id(), user_id, body))


@blueprint.get(_LOG)
@blueprint.arguments(schema_of(HistoryQuery, query=True), location="query")
@blueprint.response(200, schema_of(HistoryPage))
def list_messages(query: HistoryQuery, channel_id: str) -> Response:
    """A page of a channel's log.

    Give at most one of `before`, `after` and `around`; with none you get the newest. Who joined later or has
    left gets what was written while he was in.
    """
    page = services().history.page(caller_id(), channel_id, query)
    services().gateway.received.add_page(caller_id(), channel_id, page.entries)
    return answer(page)


@blueprint.get("/messages/<message:message_id>")
@blueprint.response(200, schema_of(OneEntry))
def get_message(message_id: str) -> Response:
    """One entry as it is now, with what it answers; of a recalled one, that it was recalled."""
    entry = services().history.entry(caller_id(), message_id)
    services().gateway.received.add_page(caller_id(), entry.channel_id, [entry])
    return answer(entry)


@blueprint.post(
    "/messages/<message:message_id>/recall",
    refuses=[*_REFUSES, ErrorCode.FORBIDDEN, ErrorCode.RECALL_WINDOW_PASSED],
)
@blueprint.arguments(schema_of(RecallBody))
@blueprint.response(200, schema_of(Written))
def recall_message(body: RecallBody, message_id: str) -> Response:
    """Take back a message.

    What it said is gone, for everybody and everywhere; its place in the log stays. One's own messages for a
    while after sending; admins of a group those of all, at any time.
    """
    return answer(written(write(commands.recall(caller_id(), message_id, body.client_message_id))))


@blueprint.post(
    "/messages/<message:message_id>/edit",
    refuses=[
        *_REFUSES,
        ErrorCode.FORBIDDEN,
        ErrorCode.EDIT_WINDOW_PASSED,
        ErrorCode.MESSAGE_RECALLED,
    ],
)
@blueprint.arguments(schema_of(EditBody))
@blueprint.response(200, schema_of(Written))
def edit_message(body: EditBody, message_id: str) -> Response:
    """Let a text of mine say something else, for a while after sending.

    Give the whole text and all of its mentions. The entry keeps its seq and gets `edited_at`.
    """
    return answer(written(write(commands.edit(caller_id(), message_id, body))))


@blueprint.get("/messages/<message:message_id>/pushes", refuses=[ErrorCode.NOT_MEMBER])
@blueprint.arguments(schema_of(PushQuery, query=True), location="query")
@blueprint.response(200, schema_of(PushPage))
def list_pushes(query: PushQuery, message_id: str) -> Response:
    """Who received and who read a message: one row a recipient.

    Recipients are all whose stay in the channel covers the message, without its sender, whether or not they
    are still there. Asked by a present member who may read the message. What a device has just said counts
    within some seconds.
    """
    return answer(services().pushes.page(caller_id(), message_id, query))


@blueprint.get("/messages/<message:message_id>/receipts", refuses=[ErrorCode.NOT_MEMBER])
@blueprint.response(200, schema_of(ReceiptSummary))
def get_receipts(message_id: str) -> Response:
    """How far a message got: how many recipients it has, and how many of them received and read it.

    For a present member who may read the message. Who they are is told by `pushes`.
    """
    return answer(services().summaries.one(caller_id(), message_id))


@blueprint.post(
    "/messages/<message:message_id>/nudge",
    refuses=[
        ErrorCode.NOT_MEMBER,
        ErrorCode.FORBIDDEN,
        ErrorCode.MESSAGE_RECALLED,
        ErrorCode.CHANNEL_DISABLED,
        ErrorCode.MUTED,
        ErrorCode.QUOTA_EXCEEDED,
    ],
)
@blueprint.arguments(schema_of(NudgeBody))
@blueprint.response(200, schema_of(Nudged))
def nudge(body: NudgeBody, message_id: str) -> Response:
    """Remind those who have not read a message of mine.

    By an event, and by a push whether or not they are connected or have muted the conversation. Once in a
    while for a message (`rate_limited`). Repeat it with the same `client_message_id` until it is answered.
    """
    make = personal.nudge(caller_id(), message_id, body.client_message_id)
    return Response(services().gateway.personal.ask(make), mimetype="application/json")


@blueprint.get("/receipts")
@blueprint.arguments(schema_of(ReceiptQuery, query=True), location="query")
@blueprint.response(200, schema_of(ReceiptSummaries))
def list_receipts(query: ReceiptQuery) -> Response:
    """How far messages of mine got, up to 20 at once, in the order of `ids`.

    What is not mine, is gone for me, or is of a channel that I have left is left out.
    """
    return answer(services().summaries.own(caller_id(), message_ids_of(query.ids)))


def _sent(command: SendMessage) -> Response:
    result = write(command)
    # Read back, so that the answer to a repeat is the entry of the first time, cleared or not.
    entry = services().history.sent(command.actor, id_at(result.channel_id, result.seq))
    return answer(entry, 201)
