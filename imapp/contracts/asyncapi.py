"""The AsyncAPI 3.0 document of the WebSocket, made from the registries of `schemas/frames`."""

from collections.abc import Iterable
from inspect import getdoc
from typing import Any, Final, get_args

import msgspec

from imapp.contracts.frame_examples import FRAME_EXAMPLES
from imapp.contracts.shapes import REF, shapes_of
from schemas.errors import ADVICE, MESSAGES, STATUS, ErrorCode
from schemas.frames import CLOSE_REASONS, EVENTS, REPLIES, ClientFrame, ErrorReply, Request

Document = dict[str, Any]

REQUESTS: Final[tuple[type[Request], ...]] = get_args(ClientFrame)
"""The structs of all requests, in the order of the protocol."""
_ANSWERS: Final = tuple(dict.fromkeys(reply for reply in REPLIES.values() if reply is not None))
SERVER_FRAMES: Final[tuple[type[msgspec.Struct], ...]] = (*_ANSWERS, ErrorReply, *EVENTS)
"""The structs of everything that the server sends."""

_ABOUT: Final = """\
Chat over one WebSocket: the same verbs as over REST, with the same shapes and the same error codes.

A frame is one JSON object in one text message of at most 64 KiB, told apart by `type`. A request has an \
`id` of the client's choice, and its reply carries it back: `ok` (or `pong`) in the shape that the request \
announces, or `error`. Events have no `id`. Ignore fields and event types that you do not know.

The first request is `hello`, within 5 s. A write has a `client_message_id`; repeat it with the same one \
until it is answered: it happens once.\
"""
_CHANNEL: Final = "#/channels/socket"


def create_asyncapi() -> Document:
    """The document. Needs no settings and connects to nothing."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "imapp socket",
            "version": "1.0",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"gateway": _server()},
        "channels": {"socket": _channel()},
        "operations": {
            **{_tag(request): _request_operation(request) for request in REQUESTS},
            "event": _event_operation(),
        },
        "components": {
            "messages": {struct.__name__: _message(struct) for struct in (*REQUESTS, *SERVER_FRAMES)},
            "schemas": shapes_of(read=REQUESTS, sent=SERVER_FRAMES),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "correlationIds": {
                "request": {
                    "description": "A reply carries the `id` of its request.",
                    "location": "$message.payload#/id",
                }
            },
        },
    }


def _server() -> Document:
    return {
        "host": "{host}",
        "protocol": "wss",
        "description": "Any gateway; behind TLS `wss`, on a developer's machine `ws`.",
        "variables": {"host": {"default": "localhost:8080", "description": "Where imapp is served."}},
        "security": [{"$ref": "#/components/securitySchemes/bearer"}],
    }


def _channel() -> Document:
    return {
        "address": "/ws",
        "title": "The one socket of a device",
        "description": f"{_closes_text()}\n\n{_errors_text()}",
        "servers": [{"$ref": "#/servers/gateway"}],
        "messages": {
            struct.__name__: {"$ref": f"#/components/messages/{struct.__name__}"}
            for struct in (*REQUESTS, *SERVER_FRAMES)
        },
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-close-codes": [
            {"code": int(code), "name": code.name.lower(), "description": reason}
            for code, reason in CLOSE_REASONS.items()
        ],
        "x-error-codes": [
            {
                "code": code.value,
                "status": STATUS[code],
                "message": MESSAGES[code],
                "description": ADVICE[code],
            }
            for code in ErrorCode
        ],
    }


def _request_operation(request: type[Request]) -> Document:
    """Seen from the server, which the document describes: it receives, and replies."""
    reply = REPLIES[request]
    answers: list[type] = [ErrorReply] if reply is None else [reply, ErrorReply]
    return {
        "action": "receive",
        "title": _tag(request),
        "summary": _sentence(request),
        "channel": {"$ref": _CHANNEL},
        "messages": _refs([request]),
        "reply": {"channel": {"$ref": _CHANNEL}, "messages": _refs(answers)},
        "x-silent": reply is None,
    }


def _event_operation() -> Document:
    return {
        "action": "send",
        "title": "event",
        "summary": "What a client is told without having asked.",
        "channel": {"$ref": _CHANNEL},
        "messages": _refs(EVENTS),
    }


def _message(struct: type[msgspec.Struct]) -> Document:
    described: Document = {
        "name": _tag(struct),
        "title": struct.__name__,
        "summary": _sentence(struct),
        "contentType": "application/json",
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": REF + struct.__name__},
        },
    }
    if "id" in struct.__struct_fields__:
        described["correlationId"] = {"$ref": "#/components/correlationIds/request"}
    if struct in FRAME_EXAMPLES:
        described["examples"] = [{"name": _tag(struct), "payload": FRAME_EXAMPLES[struct]}]
    return described


def _refs(structs: Iterable[type]) -> list[Document]:
    return [{"$ref": f"{_CHANNEL}/messages/{struct.__name__}"} for struct in structs]


def _tag(struct: type[msgspec.Struct]) -> str:
    return str(struct.__struct_config__.tag)


def _sentence(struct: type) -> str:
    return (getdoc(struct) or "").partition("\n\n")[0].replace("\n", " ")


def _closes_text() -> str:
    rows = "\n".join(f"| {int(code)} | {reason} |" for code, reason in CLOSE_REASONS.items())
    return f"Close codes. 45xx: do not reconnect by yourself.\n\n| code | why |\n|---|---|\n{rows}"


def _errors_text() -> str:
    rows = "\n".join(f"| `{code.value}` | {MESSAGES[code]} | {ADVICE[code]} |" for code in ErrorCode)
    return f"Error codes.\n\n| code | meaning | what to do |\n|---|---|---|\n{rows}"
