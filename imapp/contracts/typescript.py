"""TypeScript types of all REST bodies and frames, for whoever writes a client in a browser."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from imapp.contracts.asyncapi import REQUESTS, SERVER_FRAMES
from imapp.contracts.fields import Field, fields_of, reference, without_null
from imapp.contracts.shapes import Schemas, shapes_of
from schemas.errors import ADVICE, ErrorCode
from schemas.frames import CLOSE_REASONS, EVENTS, REPLIES, ErrorReply

_HEAD: Final = """\
// The shapes of imapp's WebSocket frames and REST bodies. Generated from the server's own; do not edit.
// What a client need not send, and what the server leaves out when it has its default, is optional.
"""
_PLAIN: Final = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
_OBJECT: Final = "{ [name: string]: unknown }"


def create_typescript(bodies: Iterable[type]) -> str:
    """A `.d.ts` module with all frames and these structs of REST."""
    read = [struct for struct in bodies if struct.__struct_config__.forbid_unknown_fields]  # type: ignore[attr-defined]
    sent = [struct for struct in bodies if struct not in read]
    schemas = shapes_of(read=(*REQUESTS, *read), sent=(*SERVER_FRAMES, *sent))
    parts = [_HEAD, *_enums(schemas), *_shapes(schemas), *_unions(), _replies(), _closes()]
    return "\n".join(parts)


# ---- declarations


def _enums(schemas: Schemas) -> Iterator[str]:
    named = {name: schema for name, schema in schemas.items() if "enum" in schema}
    for name, schema in sorted(named.items()):
        yield _comment(schema.get("description", "")) + _alias(name, map(_literal, schema["enum"]))
    advice = "\n".join(f"{code.value}: {ADVICE[code]}" for code in ErrorCode)
    yield _comment(f"Why a request was refused. Later versions may add to these.\n\n{advice}") + _alias(
        "ErrorCode", (_literal(code.value) for code in ErrorCode)
    )


def _shapes(schemas: Schemas) -> Iterator[str]:
    for name, schema in sorted(schemas.items()):
        if "properties" in schema:
            fields = "".join(map(_field, fields_of(schema)))
            yield f"{_comment(schema.get('description', ''))}export interface {name} {{\n{fields}}}\n"
        elif "enum" not in schema:
            yield f"{_comment(schema.get('description', ''))}export type {name} = {_OBJECT};\n"


def _unions() -> Iterator[str]:
    names = [struct.__name__ for struct in REQUESTS]
    yield _comment("What a client sends, told apart by `type`.") + _alias("ClientFrame", names)
    events = [struct.__name__ for struct in EVENTS]
    yield _comment("What a client is told without having asked, told apart by `type`.") + _alias(
        "Event", events
    )
    replies = [struct.__name__ for struct in SERVER_FRAMES if struct not in EVENTS]
    yield _comment("What answers a request: its `id` says which one, and `ReplyTo` in which shape.") + _alias(
        "Reply", replies
    )
    yield _comment("What the server sends.") + _alias("ServerFrame", ["Reply", "Event"])


def _replies() -> str:
    rows = "".join(
        f"  {request.__struct_config__.tag}: {reply.__name__ if reply else 'never'};\n"
        for request, reply in REPLIES.items()
    )
    return (
        f"{_comment('What each request is answered with when it is not refused; never: with nothing.')}"
        f"export interface Replies {{\n{rows}}}\n\n"
        f"{_comment('The reply to a request of this type.')}"
        f'export type ReplyTo<T extends ClientFrame["type"]> = Replies[T] | {ErrorReply.__name__};\n'
    )


def _closes() -> str:
    reasons = "\n".join(f"{int(code)}: {reason}" for code, reason in CLOSE_REASONS.items())
    return _comment(f"Why the socket was closed.\n\n{reasons}") + _alias(
        "CloseCode", (str(int(code)) for code in CLOSE_REASONS)
    )


def _field(field: Field) -> str:
    said = [field.description, f"{field.limits[:1].upper()}{field.limits[1:]}." if field.limits else ""]
    if not field.required and field.has_default and field.schema["default"] not in ({}, []):
        said.append(f"Default: {_literal(field.schema['default'])}.")
    comment = _comment(" ".join(filter(None, said)), indent="  ")
    mark, null = "" if field.required else "?", " | null" if field.nullable else ""
    return f"{comment}  {field.name}{mark}: {_type(field.schema)}{null};\n"


# ---- types and words


def _type(schema: dict[str, Any]) -> str:
    inner, nullable = without_null(schema)
    if nullable:
        return f"{_type(inner)} | null"
    if reference(schema):
        return reference(schema)
    if "enum" in schema:
        return str(schema.get("title") or " | ".join(map(_literal, schema["enum"])))
    return " | ".join(map(_type, schema["anyOf"])) if "anyOf" in schema else _simple(schema)


def _simple(schema: dict[str, Any]) -> str:
    if schema.get("type") == "array":
        item = _type(schema["items"])
        return f"({item})[]" if " | " in item else f"{item}[]"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"{{ [name: string]: {_type(values)} }}" if values else _OBJECT
    return _PLAIN[schema["type"]] if "type" in schema else "unknown"


def _alias(name: str, members: Iterable[str]) -> str:
    """A union, one member a line."""
    return f"export type {name} =\n" + "\n".join(f"  | {member}" for member in members) + ";\n"


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _comment(text: str, *, indent: str = "") -> str:
    """A doc comment; nothing for no text. What would end it is taken apart."""
    lines = text.replace("*/", "* /").splitlines()
    if not lines:
        return ""
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    body = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{body}{indent} */\n"
