"""Direct chats and groups."""

from flask import Response

from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller_id, services, write, write_counted, written
from imapp.rest.schemas import schema_of
from imapp.services.writing import commands
from schemas.channels import Channel, CreateGroupBody, OpenDirectBody, UpdateChannelBody, Written
from schemas.errors import ErrorCode

blueprint = Blueprint("channels", __name__, description="Direct chats of two people, and groups.")


@blueprint.post(
    "/channels",
    refuses=[ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.CHANNEL_FULL, ErrorCode.QUOTA_EXCEEDED],
)
@blueprint.arguments(schema_of(CreateGroupBody))
@blueprint.response(201, schema_of(Written))
def create_group(body: CreateGroupBody) -> Response:
    """Make a group.

    You become its owner. Its log begins with a system entry that says who is in it.
    """
    return answer(written(write_counted(commands.create_group(caller_id(), body))), 201)


@blueprint.post("/channels/direct", refuses=[ErrorCode.NOT_FOUND])
@blueprint.arguments(schema_of(OpenDirectBody))
@blueprint.response(200, schema_of(Written))
def open_direct(body: OpenDirectBody) -> Response:
    """The direct chat with one person.

    It is made if there is none. It shows up in nobody's list before it has a message.
    """
    return answer(written(write(commands.open_direct(caller_id(), body.to, body.client_message_id))))


@blueprint.get("/channels/<channel:channel_id>")
@blueprint.response(200, schema_of(Channel))
def get_channel(channel_id: str) -> Response:
    """A channel that you are or were in.

    A direct chat has the other person's name and avatar. For who has left, `last_seq` stays where he left.
    """
    return answer(services().directory.channel(caller_id(), channel_id))


@blueprint.patch(
    "/channels/<channel:channel_id>",
    refuses=[
        ErrorCode.FORBIDDEN,
        ErrorCode.NOT_MEMBER,
        ErrorCode.CHANNEL_DISABLED,
        ErrorCode.MUTED,
        ErrorCode.CHANNEL_FULL,
        ErrorCode.CONFLICT,
    ],
)
@blueprint.arguments(schema_of(UpdateChannelBody))
@blueprint.response(200, schema_of(Written))
def update_channel(body: UpdateChannelBody, channel_id: str) -> Response:
    """Rename a group, change its avatar or its settings.

    For its owner and admins; name and avatar for all members if `edit` says so. A field that is absent or
    null stays as it is. `max_members` is never below the number of members (`channel_full`).
    """
    return answer(written(write(commands.update_channel(caller_id(), channel_id, body))))
