"""What administrators of the system do to channels and messages: commands on the shard, as all are."""

from flask import Response

from imapp.rest.administration import admin_only
from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller_id, services, write, written
from imapp.rest.schemas import schema_of
from imapp.services.writing import commands
from schemas.admin import AdminPageQuery, AdminRecallBody, AdminStatusBody, VersionPage
from schemas.channels import Written
from schemas.commands import SetStatus
from schemas.errors import ErrorCode

blueprint = Blueprint(
    "moderation",
    __name__,
    description="What administrators of the system do to channels and messages. It stands in the audit log.",
)

_MESSAGE = "/admin/messages/<message:message_id>"


@blueprint.put("/admin/channels/<channel:channel_id>/status", refuses=[ErrorCode.CONFLICT])
@blueprint.arguments(schema_of(AdminStatusBody))
@blueprint.response(200, schema_of(Written))
@admin_only("channel.status")
def set_any_status(body: AdminStatusBody, channel_id: str) -> Response:
    """Disable a channel, enable it again, or dissolve it for ever.

    An entry of its log tells its members. What you have disabled its owner can't enable.
    """
    command = SetStatus(
        actor=caller_id(),
        client_message_id=body.client_message_id,
        channel_id=channel_id,
        status=body.status.value,
        by_admin=True,
    )
    return answer(written(write(command)))


@blueprint.post(f"{_MESSAGE}/recall", refuses=[ErrorCode.CONFLICT])
@blueprint.arguments(schema_of(AdminRecallBody))
@blueprint.response(200, schema_of(Written))
@admin_only("message.recall")
def recall_any_message(body: AdminRecallBody, message_id: str) -> Response:
    """Take back anybody's message, at any time. What it said is gone, for you too."""
    command = commands.recall(caller_id(), message_id, body.client_message_id, by_admin=True)
    return answer(written(write(command)))


@blueprint.get(f"{_MESSAGE}/versions")
@blueprint.arguments(schema_of(AdminPageQuery, query=True), location="query")
@blueprint.response(200, schema_of(VersionPage))
@admin_only("message.versions")
def list_versions(query: AdminPageQuery, message_id: str) -> Response:
    """What a message said before it was edited, oldest first. Nothing is left after a recall."""
    return answer(services().admin.versions.page(message_id, query))
