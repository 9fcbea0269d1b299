"""Whether this process lives and serves."""

from flask import Response

from imapp.logs import get_log
from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, services
from imapp.rest.schemas import schema_of
from schemas.health import Dependency, Liveness, Readiness

blueprint = Blueprint("health", __name__, description="For load balancers and process managers; no token.")

log = get_log("health")


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
    mongodb, rabbitmq, draining = _mongodb(), _rabbitmq(), services().gateway.draining
    is_ready = mongodb.ok and rabbitmq.ok and not draining
    readiness = Readiness(ready=is_ready, mongodb=mongodb, rabbitmq=rabbitmq, draining=draining)
    return answer(readiness, 200 if is_ready else 503)


def _mongodb() -> Dependency:
    problem = services().health.store_problem()
    if problem is None:
        return Dependency(ok=True)
    log.warning("store_unavailable", error=problem)
    # The rest of it names hosts, which are not everybody's business.
    return Dependency(ok=False, reason=f"no answer: {problem.partition(':')[0]}")


def _rabbitmq() -> Dependency:
    if services().gateway.connected:
        return Dependency(ok=True)
    return Dependency(ok=False, reason="not connected")
