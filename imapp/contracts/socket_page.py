"""The page of `/docs/socket`: the AsyncAPI document for people, as plain HTML without a script."""

import json
import re
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from imapp.contracts.fields import Schema, fields_of, reference, without_null

_HERE: Final = Path(__file__).parent
_CODE: Final = re.compile(r"`([^`]+)`")

STYLE: Final = (_HERE / "socket.css").read_text(encoding="utf-8")
"""The style sheet of the page."""


def render_socket_page(document: dict[str, Any]) -> str:
    """The page of a document; addresses in it are relative to `/docs/socket`."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(words=_words, example=_example, type=_type)
    components, operations = document["components"], document["operations"]
    messages = {name: {**found, "key": name} for name, found in components["messages"].items()}
    requests = [_request(found, messages) for found in operations.values() if found["action"] == "receive"]
    events = [_resolve(messages, ref) for ref in operations["event"]["messages"]]
    return environment.get_template("socket.html").render(
        about=document["info"]["description"].split("\n\n"),
        channel=document["channels"]["socket"],
        requests=requests,
        replies=_replies(requests),
        events=events,
        shapes=_shared_shapes(components["schemas"], messages),
        fields=lambda name: fields_of(components["schemas"][name]),
    )


def _request(operation: dict[str, Any], messages: dict[str, Any]) -> dict[str, Any]:
    reply, *_ = operation["reply"]["messages"]
    return {
        "message": _resolve(messages, operation["messages"][0]),
        "reply": None if operation["x-silent"] else _resolve(messages, reply),
        "refusal": _resolve(messages, operation["reply"]["messages"][-1]),
    }


def _replies(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [request[kind] for kind in ("reply", "refusal") for request in requests if request[kind]]
    return list({message["key"]: message for message in found}.values())


def _shared_shapes(schemas: dict[str, Schema], messages: dict[str, Any]) -> dict[str, Schema]:
    return {name: schema for name, schema in sorted(schemas.items()) if name not in messages}


def _resolve(messages: dict[str, Any], ref: dict[str, str]) -> Any:
    return messages[ref["$ref"].rpartition("/")[2]]


# ---- filters of the template


def _words(text: str) -> Markup:
    """A sentence with what stands between backticks as code."""
    parts = _CODE.split(text)
    shown = [
        Markup("<code>{}</code>").format(part) if odd % 2 else escape(part) for odd, part in enumerate(parts)
    ]
    return Markup("").join(shown)


def _example(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _type(schema: Schema) -> Markup:
    """The type of a field, a shape as a link to where it stands on the page."""
    inner, nullable = without_null(schema)
    if nullable:
        return _type(inner) + " or null"
    name = reference(schema)
    if name:
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "enum" in schema:
        return Markup(", ").join(Markup("<code>{}</code>").format(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return Markup("list of {}").format(_type(schema["items"]))
    return escape(schema.get("type", "anything"))
