"""Whether this process lives and serves."""

from flask import Response

from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, services
from imapp.rest.schemas import schema_of
from schemas.health import Dependency, Liveness, Readiness

blueprint = Blueprint("health", __name__, description="For load balancers and process managers; no token.")


@blueprint.get("/health/live")
@blueprint.response(200, schema_of(Liveness))
def live() -> Response:
    """Whether the process answers."""
    return answer(Liveness())


@blueprint.get("/health/ready")
@blueprint.response(200, schema_of(Readiness))
@blueprint.alt_response(503, schema=schema_of(Readiness), description="Not now; the body says why.")
def ready() -> Response:
    """Whether the process can serve: what it depends on answers, and it is not about to stop."""
    problems, draining = services().health.problems(), services().gateway.draining
    is_ready = not draining and services().health.can_serve()
    parts = {name: Dependency(ok=reason is None, reason=reason) for name, reason in problems.items()}
    degraded = is_ready and not all(part.ok for part in parts.values())
    body = Readiness(ready=is_ready, degraded=degraded, draining=draining, **parts)
    return answer(body, 200 if is_ready else 503)
