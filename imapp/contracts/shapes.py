"""JSON Schemas (2020-12) of structs, saying of what the server sends also which fields are always there."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import inspect

Schemas = dict[str, dict[str, Any]]

REF = "#/components/schemas/"
"""What the address of a schema begins with, its name being the rest."""


def shapes_of(*, read: Iterable[type], sent: Iterable[type]) -> Schemas:
    """The schemas by name of structs that the server reads or sends, and of all they are made of."""
    taken, given = tuple(read), tuple(sent)
    _, found = msgspec.json.schema_components((*taken, *given), ref_template=REF + "{name}")
    schemas: Schemas = dict(found)
    for struct in _structs_in(given) - _structs_in(taken):
        # A default says what a reader may leave out. A writer leaves it out only if its struct says so.
        if not struct.__struct_config__.omit_defaults:
            schema = schemas[struct.__name__]
            schema["required"] = list(schema["properties"])
    for schema in schemas.values():
        schema.get("properties", {}).get("type", {}).setdefault("type", "string")
    return schemas


def _structs_in(structs: Iterable[type]) -> set[type[msgspec.Struct]]:
    found: set[type[msgspec.Struct]] = set()
    waiting: list[Any] = list(inspect.multi_type_info(structs))
    while waiting:
        described = waiting.pop()
        if isinstance(described, inspect.StructType):
            if described.cls in found:
                continue
            found.add(described.cls)
            waiting += [field.type for field in described.fields]
        waiting += _parts(described)
    return found


def _parts(described: Any) -> list[Any]:
    match described:
        case inspect.Metadata(type=inner):
            return [inner]
        case inspect.UnionType(types=types):
            return list(types)
        case inspect.ListType(item_type=item) | inspect.DictType(value_type=item):
            return [item]
        case _:
            return []
