"""What administrators of the system look at and do. Each call stands in the audit log."""

from flask import Response

from imapp.rest.administration import admin_only
from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, services
from imapp.rest.schemas import schema_of
from schemas.admin import (
    AdminBody,
    AdminUser,
    AdminUserPage,
    AdminUserQuery,
    AuditPage,
    AuditQuery,
)

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


@blueprint.get("/admin/audit")
@blueprint.arguments(schema_of(AuditQuery, query=True), location="query")
@blueprint.response(200, schema_of(AuditPage))
@admin_only("audit.read")
def read_audit(query: AuditQuery) -> Response:
    """What administrators have done, the latest first.

    Each record was written before its action was begun. Nothing changes or deletes one.
    """
    return answer(services().admin.audit.page(query))
