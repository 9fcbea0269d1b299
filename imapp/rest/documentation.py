"""`/docs`: Swagger UI for REST, a page for the socket, and the documents they show.

All files are local: nothing is loaded from anywhere else.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
from flask import Blueprint, Flask, Response, abort, send_from_directory

from imapp.contracts.asyncapi import create_asyncapi
from imapp.contracts.socket_page import STYLE, render_socket_page

_DIST: Final = Path(str(files("flask_swagger_ui"))) / "dist"
_FILES: Final = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})
_START: Final = "start.js"
_STYLE: Final = "socket.css"

# Addresses are relative, so the page also works behind a gateway that puts a prefix before them.
_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>imapp REST API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div class="swagger-ui"><div class="wrapper"><p><a href="docs/socket">The WebSocket</a> has a page of
its own.</p></div></div>
<div id="ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_SCRIPT: Final = """\
window.ui = SwaggerUIBundle({
  url: "api/v1/openapi.json",
  dom_id: "#ui",
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
});
"""
# Swagger UI sets styles from its script and has its icons as data in its style sheet.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


# The page of the socket has no script at all.
_SOCKET_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def install_documentation(app: Flask, document: dict[str, Any]) -> None:
    """Serve the OpenAPI document with Swagger UI, and the AsyncAPI document with its page."""
    described = msgspec.json.encode(document)
    socket_document = create_asyncapi()
    socket_html = render_socket_page(socket_document)
    texts = {
        _START: (_SCRIPT, "text/javascript"),
        _STYLE: (STYLE, "text/css"),
    }
    blueprint = Blueprint("documentation", __name__)

    @blueprint.get("/docs")
    def page() -> Response:
        return _page(_PAGE, _POLICY)

    @blueprint.get("/docs/socket")
    def socket() -> Response:
        return _page(socket_html, _SOCKET_POLICY)

    @blueprint.get("/docs/<name>")
    def asset(name: str) -> Response:
        if name in texts:
            text, mimetype = texts[name]
            return Response(text, mimetype=mimetype)
        if name not in _FILES:
            abort(404)
        return send_from_directory(_DIST, name)

    @blueprint.get("/api/v1/openapi.json")
    def openapi() -> Response:
        return Response(described, mimetype="application/json")

    @blueprint.get("/api/v1/asyncapi.json")
    def asyncapi() -> Response:
        return Response(msgspec.json.encode(socket_document), mimetype="application/json")

    app.register_blueprint(blueprint)


def _page(html: str, policy: str) -> Response:
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = policy
    return response
