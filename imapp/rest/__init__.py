"""REST: the same verbs as the WebSocket, and what a client lists beside its chats.

Purpose: `resources` holds one blueprint a resource; `blueprint` is how they declare an operation, `schemas`
makes flask-smorest's schemas from the structs, `guard` asks everybody who he is, `errors` answers every
refusal in one form, `document` describes it all, `documentation` shows it to people.
What stays out: rules, stores, the broker. A view reads its arguments, makes one call and answers.
Threads: a greenlet per request; nothing here waits except in calls of `imapp.gateway` and `imapp.services`.
Invariants: a route is closed unless `guard.PUBLIC` names it; every error has the body `ErrorBody`; no
answer is kept by a cache; what the document says is made from what runs.
Allowed imports: `imapp.contracts`, `imapp.gateway`, `imapp.services` and below, flask, flask_smorest,
marshmallow, apispec.
"""

from flask import Flask

from imapp.rest.context import RestServices, set_services
from imapp.rest.document import RestApi
from imapp.rest.documentation import install_documentation
from imapp.rest.guard import install_guard
from imapp.rest.paths import install_converters
from imapp.rest.resources import BLUEPRINTS
from schemas.common import MAX_FRAME_BYTES


def install_rest(app: Flask, services: RestServices) -> None:
    """Serve `/api/v1`, its OpenAPI document and `/docs`."""
    set_services(app, services)
    install_routes(app)


def install_routes(app: Flask) -> RestApi:
    """Add all routes to an application, which needs no services yet; gives what describes them."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_FRAME_BYTES
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # what is not in the document is not answered
    app.url_map.merge_slashes = False  # a doubled slash is a mistake, not a redirect
    install_converters(app)
    install_guard(app)
    api = RestApi(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix="/api/v1")
    install_documentation(app, api.document())
    return api
