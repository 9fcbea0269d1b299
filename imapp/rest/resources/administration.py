"""What administrators of the system look at and do. Each call stands in the audit log."""

from flask import Response

from imapp.rest.administration import admin_only
from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, services
from imapp.rest.schemas import schema_of
from schemas.admin import (
    AdminBody,
    AdminChannel,
    AdminChannelPage,
    AdminChannelQuery,
    AdminConnectionPage,
    AdminHistoryQuery,
    AdminPageQuery,
    AdminQuery,
    AdminUser,
    AdminUserPage,
    AdminUserQuery,
    AuditPage,
    AuditQuery,
    KickBody,
    Kicked,
    MessageTrace,
    RetentionBody,
    RetriedEntries,
    RetryBody,
    TraceQuery,
    UnindexedPage,
)
from schemas.channels import ListQuery, MemberPage
from schemas.errors import ErrorCode
from schemas.messages import Entry, HistoryPage

blueprint = Blueprint(
    "administration",
    __name__,
    description="For administrators of the system: others get 403. Every call stands in the audit log.",
)


@blueprint.get("/admin/users")
@blueprint.arguments(schema_of(AdminUserQuery, query=True), location="query")
@blueprint.response(200, schema_of(AdminUserPage))
@admin_only("user.find")
def find_users(query: AdminUserQuery) -> Response:
    """People, disabled ones too, by user id."""
    return answer(services().admin.people.find(query))


@blueprint.post("/admin/users/<user:user_id>/disable")
@blueprint.arguments(schema_of(AdminBody))
@blueprint.response(200, schema_of(AdminUser))
@admin_only("user.disable")
def disable_user(body: AdminBody, user_id: str) -> Response:
    """Keep somebody out.

    His requests get 401 at once, and his connections end within a second, on every gateway. Doing it again
    changes nothing.
    """
    del body  # its reason is written down
    return answer(services().admin.people.set_active(user_id, active=False))


@blueprint.post("/admin/users/<user:user_id>/enable")
@blueprint.arguments(schema_of(AdminBody))
@blueprint.response(200, schema_of(AdminUser))
@admin_only("user.enable")
def enable_user(body: AdminBody, user_id: str) -> Response:
    """Let somebody in again."""
    del body  # as above
    return answer(services().admin.people.set_active(user_id, active=True))


@blueprint.get("/admin/users/<user:user_id>/connections")
@blueprint.arguments(schema_of(AdminPageQuery, query=True), location="query")
@blueprint.response(200, schema_of(AdminConnectionPage))
@admin_only("user.connections")
def list_connections(query: AdminPageQuery, user_id: str) -> Response:
    """Somebody's open WebSockets, on all gateways, as they were some tenths of a second ago."""
    return answer(services().admin.connections.of_user(user_id, query))


@blueprint.post("/admin/users/<user:user_id>/kick")
@blueprint.arguments(schema_of(KickBody))
@blueprint.response(200, schema_of(Kicked))
@admin_only("user.kick")
def kick_user(body: KickBody, user_id: str) -> Response:
    """Close somebody's WebSockets, or one of them, with 4502, on all gateways.

    A client does not come back by itself after that, but he may: to keep him out, disable him.
    """
    return answer(services().admin.connections.kick(user_id, body.connection_id))


@blueprint.get("/admin/channels")
@blueprint.arguments(schema_of(AdminChannelQuery, query=True), location="query")
@blueprint.response(200, schema_of(AdminChannelPage))
@admin_only("channel.find")
def find_channels(query: AdminChannelQuery) -> Response:
    """Channels, disabled and dissolved ones too, by id."""
    return answer(services().admin.channels.find(query))


@blueprint.get("/admin/channels/<channel:channel_id>")
@blueprint.arguments(schema_of(AdminQuery, query=True), location="query")
@blueprint.response(200, schema_of(AdminChannel))
@admin_only("channel.read")
def get_any_channel(query: AdminQuery, channel_id: str) -> Response:
    """One channel."""
    del query  # as above
    return answer(services().admin.channels.channel(channel_id))


@blueprint.put("/admin/channels/<channel:channel_id>/retention")
@blueprint.arguments(schema_of(RetentionBody))
@blueprint.response(200, schema_of(AdminChannel))
@admin_only("channel.retention")
def set_retention(body: RetentionBody, channel_id: str) -> Response:
    """Set for how long a channel keeps its messages.

    What is older is deleted for good, for everybody, the next night: it can't be brought back. Doing it again
    changes nothing.
    """
    return answer(services().admin.channels.set_retention(channel_id, body.retention_days))


@blueprint.get("/admin/channels/<channel:channel_id>/members")
@blueprint.arguments(schema_of(AdminPageQuery, query=True), location="query")
@blueprint.response(200, schema_of(MemberPage))
@admin_only("channel.members")
def list_any_members(query: AdminPageQuery, channel_id: str) -> Response:
    """Who is in a channel now, by user id."""
    page = ListQuery(cursor=query.cursor, limit=query.limit)
    return answer(services().admin.channels.members(channel_id, page))


@blueprint.get("/admin/channels/<channel:channel_id>/messages")
@blueprint.arguments(schema_of(AdminHistoryQuery, query=True), location="query")
@blueprint.response(200, schema_of(HistoryPage))
@admin_only("channel.history")
def list_any_messages(query: AdminHistoryQuery, channel_id: str) -> Response:
    """A page of a channel's log, from its first entry on, whoever was in it.

    With `sender`, what he wrote: each page looks through 5,000 entries at most, so one may hold few or none;
    go on with `before` = `from_seq` while `more_before` is true. Nobody is told, and nothing counts as read.
    """
    return answer(services().admin.channels.history(channel_id, query))


@blueprint.get("/admin/messages/<message:message_id>")
@blueprint.arguments(schema_of(AdminQuery, query=True), location="query")
@blueprint.response(200, schema_of(Entry))
@admin_only("message.read")
def get_any_message(query: AdminQuery, message_id: str) -> Response:
    """One entry."""
    del query  # as above
    return answer(services().admin.channels.entry(message_id))


@blueprint.get("/admin/messages/<message:message_id>/trace")
@blueprint.arguments(schema_of(TraceQuery, query=True), location="query")
@blueprint.response(200, schema_of(MessageTrace))
@admin_only("message.trace")
def trace_message(query: TraceQuery, message_id: str) -> Response:
    """The life of one message, without its text: where it was when, who has received and read it.

    What the gateways remember is bounded; `unknown` says what is missing. Takes up to a second.
    """
    return answer(services().admin.traces.trace(message_id, query))


@blueprint.get("/admin/archive/unindexed")
@blueprint.arguments(schema_of(AdminPageQuery, query=True), location="query")
@blueprint.response(200, schema_of(UnindexedPage))
@admin_only("archive.unindexed")
def list_unindexed(query: AdminPageQuery) -> Response:
    """Entries that Elasticsearch has refused, by message id. They can be read, and are not found."""
    return answer(services().admin.unindexed.page(query))


@blueprint.post("/admin/archive/unindexed/retry", refuses=[ErrorCode.SEARCH_UNAVAILABLE])
@blueprint.arguments(schema_of(RetryBody))
@blueprint.response(200, schema_of(RetriedEntries))
@admin_only("archive.retry")
def retry_unindexed(body: RetryBody) -> Response:
    """Try a page of them again, as they are now. Go on with `cursor` until it is null."""
    return answer(services().admin.unindexed.retry(body))


@blueprint.get("/admin/audit")
@blueprint.arguments(schema_of(AuditQuery, query=True), location="query")
@blueprint.response(200, schema_of(AuditPage))
@admin_only("audit.read")
def read_audit(query: AuditQuery) -> Response:
    """What administrators have done, the latest first.

    Each record was written before its action was begun. Nothing changes or deletes one.
    """
    return answer(services().admin.audit.page(query))
