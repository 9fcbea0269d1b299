"""`/docs`: Swagger UI from local files, and the document it shows. Nothing is loaded from anywhere else."""

from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
from flask import Blueprint, Flask, Response, abort, send_from_directory

_DIST: Final = Path(str(files("flask_swagger_ui"))) / "dist"
_FILES: Final = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})
_START: Final = "start.js"

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


def install_documentation(app: Flask, document: dict[str, Any]) -> None:
    """Serve a document, and Swagger UI to look at it."""
    described = msgspec.json.encode(document)
    blueprint = Blueprint("documentation", __name__)

    @blueprint.get("/docs")
    def page() -> Response:
        response = Response(_PAGE, mimetype="text/html")
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    @blueprint.get("/docs/<name>")
    def asset(name: str) -> Response:
        if name == _START:
            return Response(_SCRIPT, mimetype="text/javascript")
        if name not in _FILES:
            abort(404)
        return send_from_directory(_DIST, name)

    @blueprint.get("/api/v1/openapi.json")
    def openapi() -> Response:
        return Response(described, mimetype="application/json")

    app.register_blueprint(blueprint)
