"""Roles and order in groups."""

from flask import Response

from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller_id, services, write, write_counted, write_outside, written
from imapp.rest.schemas import schema_of
from imapp.services.writing import group_commands as commands
from schemas.channels import WriteQuery, Written
from schemas.errors import ErrorCode
from schemas.groups import (
    AnswerJoinRequestsBody,
    DissolveBody,
    JoinRequestPage,
    JoinRequestQuery,
    MuteMemberBody,
    OwnJoinRequest,
    RequestJoinBody,
    SetAnnouncementBody,
    SetNicknameBody,
    SetRoleBody,
    SetStatusBody,
    TransferOwnerBody,
)

blueprint = Blueprint("groups", __name__, description="Roles and order in groups.")

_CHANNEL = "/channels/<channel:channel_id>"
_MEMBER = f"{_CHANNEL}/members/<user:user_id>"
_REQUESTS = f"{_CHANNEL}/join-requests"
_ME = "me"
_REFUSES = (
    ErrorCode.FORBIDDEN,
    ErrorCode.NOT_MEMBER,
    ErrorCode.CONFLICT,
    ErrorCode.CHANNEL_DISABLED,
)


@blueprint.put(f"{_MEMBER}/role", refuses=[*_REFUSES, ErrorCode.QUOTA_EXCEEDED])
@blueprint.arguments(schema_of(SetRoleBody))
@blueprint.response(200, schema_of(Written))
def set_role(body: SetRoleBody, channel_id: str, user_id: str) -> Response:
    """Make somebody an admin, or a member again.

    For the owner. A group has at most 20 admins beside him.
    """
    return answer(written(write(commands.set_role(caller_id(), channel_id, user_id, body))))


@blueprint.put(f"{_CHANNEL}/owner", refuses=_REFUSES)
@blueprint.arguments(schema_of(TransferOwnerBody))
@blueprint.response(200, schema_of(Written))
def transfer_owner(body: TransferOwnerBody, channel_id: str) -> Response:
    """Hand a group over to another member.

    For the owner, who becomes a member. Whom he hands it to is not muted any more.
    """
    return answer(written(write(commands.transfer_owner(caller_id(), channel_id, body))))


@blueprint.put(f"{_MEMBER}/nickname", refuses=[*_REFUSES, ErrorCode.MUTED])
@blueprint.arguments(schema_of(SetNicknameBody))
@blueprint.response(200, schema_of(Written))
def set_nickname(body: SetNicknameBody, channel_id: str, user_id: str) -> Response:
    """Name a member in the group.

    Yourself (`me`), or for the owner and admins somebody of a lower role. Later messages have the nickname as
    `sender_name`; an empty one takes it away.
    """
    whom = caller_id() if user_id == _ME else user_id
    return answer(written(write(commands.set_nickname(caller_id(), channel_id, whom, body))))


@blueprint.put(f"{_MEMBER}/mute", refuses=_REFUSES)
@blueprint.arguments(schema_of(MuteMemberBody))
@blueprint.response(200, schema_of(Written))
def mute_member(body: MuteMemberBody, channel_id: str, user_id: str) -> Response:
    """Let somebody write nothing until a time.

    For the owner and admins, on those of a lower role. What he sends meanwhile gets `muted` with `until`.
    """
    return answer(written(write(commands.mute_member(caller_id(), channel_id, user_id, body))))


@blueprint.delete(f"{_MEMBER}/mute", refuses=_REFUSES)
@blueprint.arguments(schema_of(WriteQuery, query=True), location="query")
@blueprint.response(200, schema_of(Written))
def unmute_member(query: WriteQuery, channel_id: str, user_id: str) -> Response:
    """Let him write again before that time."""
    command = commands.unmute_member(caller_id(), channel_id, user_id, query.client_message_id)
    return answer(written(write(command)))


@blueprint.put(f"{_CHANNEL}/announcement", refuses=[*_REFUSES, ErrorCode.MUTED])
@blueprint.arguments(schema_of(SetAnnouncementBody))
@blueprint.response(200, schema_of(Written))
def set_announcement(body: SetAnnouncementBody, channel_id: str) -> Response:
    """Put up an announcement; an empty text takes it away.

    For the owner and admins. The channel shows it with who and when, and its log has an entry.
    """
    return answer(written(write(commands.set_announcement(caller_id(), channel_id, body))))


@blueprint.put(f"{_CHANNEL}/status", refuses=_REFUSES)
@blueprint.arguments(schema_of(SetStatusBody))
@blueprint.response(200, schema_of(Written))
def set_status(body: SetStatusBody, channel_id: str) -> Response:
    """Disable a group, so that nobody writes to it, or enable it again.

    For the owner. Reading and leaving stay possible. What an admin of the system has disabled stays so.
    """
    return answer(written(write(commands.set_status(caller_id(), channel_id, body))))


@blueprint.post(f"{_CHANNEL}/dissolve", refuses=_REFUSES)
@blueprint.arguments(schema_of(DissolveBody))
@blueprint.response(200, schema_of(Written))
def dissolve(body: DissolveBody, channel_id: str) -> Response:
    """End a group for ever.

    For the owner. Its members go on reading it, and may leave; again, it is nothing to do.
    """
    return answer(written(write(commands.dissolve(caller_id(), channel_id, body.client_message_id))))


@blueprint.get(_REQUESTS, refuses=[ErrorCode.FORBIDDEN, ErrorCode.NOT_MEMBER])
@blueprint.arguments(schema_of(JoinRequestQuery, query=True), location="query")
@blueprint.response(200, schema_of(JoinRequestPage))
def list_join_requests(query: JoinRequestQuery, channel_id: str) -> Response:
    """Who waits to be let in, by user id; with `status=refused` who was refused lately.

    For the owner and admins.
    """
    return answer(services().join_requests.page(caller_id(), channel_id, query))


@blueprint.post(
    _REQUESTS,
    refuses=[ErrorCode.FORBIDDEN, ErrorCode.NOT_MEMBER, ErrorCode.CONFLICT, ErrorCode.QUOTA_EXCEEDED],
)
@blueprint.arguments(schema_of(RequestJoinBody))
@blueprint.response(200, schema_of(Written))
def request_join(body: RequestJoinBody, channel_id: str) -> Response:
    """Ask to be let into a group whose `join` is `approval`; any other looks like none.

    Whoever was refused may ask again after 7 days; `forbidden` says from when on. A request is forgotten
    after 7 days.
    """
    return answer(written(write_outside(commands.request_join(caller_id(), channel_id, body))))


@blueprint.get(f"{_REQUESTS}/me")
@blueprint.response(200, schema_of(OwnJoinRequest))
def get_own_join_request(channel_id: str) -> Response:
    """My request to be let in, or one that somebody made for me, while it waits or is known as refused."""
    return answer(services().join_requests.own(caller_id(), channel_id))


@blueprint.delete(f"{_REQUESTS}/me", refuses=[ErrorCode.FORBIDDEN, ErrorCode.CONFLICT])
@blueprint.arguments(schema_of(WriteQuery, query=True), location="query")
@blueprint.response(200, schema_of(Written))
def withdraw_join_request(query: WriteQuery, channel_id: str) -> Response:
    """Take my request back.

    `not_found` if none waits; `forbidden` once it is refused, so that nobody asks anew before his time.
    """
    command = commands.withdraw_join_request(caller_id(), channel_id, query.client_message_id)
    return answer(written(write_outside(command)))


@blueprint.patch(_REQUESTS, refuses=[*_REFUSES, ErrorCode.CHANNEL_FULL, ErrorCode.QUOTA_EXCEEDED])
@blueprint.arguments(schema_of(AnswerJoinRequestsBody))
@blueprint.response(200, schema_of(Written))
def answer_join_requests(body: AnswerJoinRequestsBody, channel_id: str) -> Response:
    """Let in people who asked or were proposed, or refuse them; all or none.

    For the owner and admins. Who is in or was refused already is ignored; who never asked is `not_found`.
    """
    command = commands.answer_join_requests(caller_id(), channel_id, body)
    return answer(written(write_counted(command) if command.accept else write(command)))
