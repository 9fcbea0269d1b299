"""The Flask application of a gateway process."""

from typing import Any

from flask import Flask

from imapp.config import Config
from imapp.contracts.typescript import create_typescript
from imapp.rest import install_rest, install_routes
from imapp.rest.context import RestServices
from imapp.wiring import GatewayServices, gateway_services


def create_app(config: Config) -> Flask:
    """A Flask application with REST and WebSocket, connected to nothing yet but its stores.

    Its `extensions["imapp"]` holds the services; `start` and `drain` of those belong to the process.
    """
    app = Flask("imapp", static_folder=None)
    services = gateway_services(config)
    app.extensions["imapp"] = services
    install_rest(app, _rest_services(services, config))
    services.endpoint.install(app)
    return app


def create_document() -> dict[str, Any]:
    """The OpenAPI document of the REST API. Needs no settings and connects to nothing."""
    return install_routes(Flask("imapp", static_folder=None)).document()


def create_types() -> str:
    """TypeScript types of all REST bodies and frames. Needs no settings and connects to nothing."""
    return create_typescript(install_routes(Flask("imapp", static_folder=None)).bodies())


def services_of(app: Flask) -> GatewayServices:
    """The services behind an application."""
    services: GatewayServices = app.extensions["imapp"]
    return services


def _rest_services(services: GatewayServices, config: Config) -> RestServices:
    return RestServices(
        gateway=services.gateway,
        identity=services.identity,
        directory=services.directory,
        history=services.history,
        join_requests=services.join_requests,
        conversations=services.conversations,
        unread=services.unread,
        pushes=services.pushes,
        emojis=services.emojis,
        summaries=services.summaries,
        search=services.search,
        contacts=services.contacts,
        sharing=services.sharing,
        presence=services.presence,
        health=services.health,
        admin=services.admin,
        quotas=services.quotas,
        keeping=services.keeping,
        fetching=services.fetching,
        pictures=services.pictures,
        signer=services.signer,
        door=services.door,
        prepare=services.prepare,
        command_timeout_s=config.command_timeout_s,
    )
