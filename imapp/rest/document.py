"""The OpenAPI document, made from the blueprints and the structs, and flask-smorest's part in errors."""

from inspect import getdoc
from typing import Any, Final

import flask_smorest
import msgspec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask, Response
from marshmallow import RAISE
from werkzeug.exceptions import HTTPException

from imapp.rest.blueprint import response_name
from imapp.rest.errors import http_refused, install_errors
from imapp.rest.examples import EXAMPLES, error_example
from imapp.rest.schemas import StructSchema, schema_of
from schemas.errors import MESSAGES, STATUS, ErrorBody, ErrorCode

_ABOUT: Final = """\
Chat over REST: the same verbs as over the WebSocket, with the same shapes and the same error codes.

**Who you are** is in the `Authorization: Bearer` header of every request, health aside.

**Writing.** Every write has a `client_message_id` of your choice. An answer with 2xx means that it is
stored. Without an answer, or with `busy`, repeat it with the same id: it happens once.

**Paging.** Messages by `seq`; every other list by `cursor`, which is passed back as it came and is null at
the end.

**Errors** all have the body `ErrorBody`. Act on its `code`, show its `message` to developers, and name its
`request_id`, which is also the header `X-Request-Id`, when you ask for help.

Unknown fields and unknown parameters are refused. Bodies have at most 64 KiB.
"""

_RETRY_AFTER: Final = {
    "headers": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
}
_HEADERS: Final[dict[int, dict[str, Any]]] = {
    401: {"headers": {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "`Bearer`."}}},
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}


class _Converter(OpenAPIConverter):
    """Also takes over what apispec leaves out: docstring, example, and that unknown fields are refused."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.structs: dict[str, type[msgspec.Struct]] = {}

    def schema2jsonschema(self, schema: StructSchema) -> dict[str, Any]:
        self.structs[schema.struct.__name__] = schema.struct
        described: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        described.pop("additionalProperties", None)
        if schema.unknown == RAISE:
            described["additionalProperties"] = False
        described["description"] = getdoc(schema.struct)
        if schema.struct in EXAMPLES:
            described["examples"] = [EXAMPLES[schema.struct]]
        return described


class _Plugin(MarshmallowPlugin):
    Converter = _Converter


class RestApi(flask_smorest.Api):
    """flask-smorest with our errors and our document."""

    ERROR_SCHEMA = schema_of(ErrorBody)
    DEFAULT_ERROR_RESPONSE_NAME = None  # each operation names its errors

    def __init__(self, app: Flask) -> None:
        self._plugin = _Plugin()
        super().__init__(
            app,
            spec_kwargs={
                "title": "imapp",
                "version": "1.0",
                "openapi_version": "3.1.0",
                "marshmallow_plugin": self._plugin,
                "info": {"description": _ABOUT},
                "security": [{"bearer": []}],
            },
        )
        self.spec.components.security_scheme(
            "bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        )
        for status in sorted(set(STATUS.values())):
            self.spec.components.response(response_name(status), _error_response(status), lazy=True)
        install_errors(app)

    def handle_http_exception(self, error: HTTPException) -> Response:
        """The response to what Flask itself refused."""
        return http_refused(error)

    def _register_pagination_header(self) -> None:
        """Nothing: flask-smorest's own paging is not used, and would leave its shape in the document."""

    def document(self) -> dict[str, Any]:
        """The OpenAPI document of everything registered so far."""
        described: dict[str, Any] = self.spec.to_dict()
        return described

    def bodies(self) -> tuple[type[msgspec.Struct], ...]:
        """The structs of all bodies that the document describes, and of what they are made of."""
        converter = self._plugin.converter
        assert isinstance(converter, _Converter)
        return tuple(converter.structs.values())


def _error_response(status: int) -> dict[str, Any]:
    codes = [code for code in ErrorCode if STATUS[code] == status]
    return {
        "description": "\n".join(f"- `{code.value}`: {MESSAGES[code]}" for code in codes),
        **_HEADERS.get(status, {}),
        "content": {
            "application/json": {
                "schema": schema_of(ErrorBody),
                "examples": {code.value: {"value": error_example(code, status)} for code in codes},
            }
        },
    }
