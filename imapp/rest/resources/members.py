"""Who is in a channel."""

from flask import Response

from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller_id, services, write, write_counted, written
from imapp.rest.schemas import schema_of
from imapp.services.writing import commands
from schemas.channels import AddMembersBody, ListQuery, MemberPage, WriteQuery, Written
from schemas.errors import ErrorCode

blueprint = Blueprint("members", __name__, description="Who is in a channel, who comes and who goes.")

_ONE = "/channels/<channel:channel_id>/members/<user:user_id>"
_MANY = "/channels/<channel:channel_id>/members"
_REFUSES = (ErrorCode.FORBIDDEN, ErrorCode.NOT_MEMBER, ErrorCode.CONFLICT)


@blueprint.get(_MANY, refuses=[ErrorCode.NOT_MEMBER])
@blueprint.arguments(schema_of(ListQuery, query=True), location="query")
@blueprint.response(200, schema_of(MemberPage))
def list_members(query: ListQuery, channel_id: str) -> Response:
    """Who is in a channel now, by user id. Only for its members."""
    return answer(services().directory.members(caller_id(), channel_id, query))


@blueprint.post(
    _MANY,
    refuses=[*_REFUSES, ErrorCode.CHANNEL_DISABLED, ErrorCode.CHANNEL_FULL, ErrorCode.QUOTA_EXCEEDED],
)
@blueprint.arguments(schema_of(AddMembersBody))
@blueprint.response(200, schema_of(Written))
def add_members(body: AddMembersBody, channel_id: str) -> Response:
    """Add people to a channel, all or none.

    They read it from here on. Where `join` is `approval`, a member's people wait for an admin; where it is
    `admins`, only the owner and admins add. A direct chat becomes a group with you as its owner, and keeps
    its id and log.
    """
    return answer(written(write_counted(commands.add_members(caller_id(), channel_id, body))))


@blueprint.delete(_ONE, refuses=[*_REFUSES, ErrorCode.CHANNEL_DISABLED])
@blueprint.arguments(schema_of(WriteQuery, query=True), location="query")
@blueprint.response(200, schema_of(Written))
def remove_member(query: WriteQuery, channel_id: str, user_id: str) -> Response:
    """Take somebody out of a group.

    For those with a higher role than his. He still reads what came before.
    """
    command = commands.remove_member(caller_id(), channel_id, user_id, query.client_message_id)
    return answer(written(write(command)))


@blueprint.delete(f"{_MANY}/me", refuses=_REFUSES)
@blueprint.arguments(schema_of(WriteQuery, query=True), location="query")
@blueprint.response(200, schema_of(Written))
def leave(query: WriteQuery, channel_id: str) -> Response:
    """Leave a group.

    You still read what came before. The longest-standing admin or else member follows an owner who leaves.
    """
    return answer(written(write(commands.leave(caller_id(), channel_id, query.client_message_id))))
