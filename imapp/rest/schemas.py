"""Marshmallow schemas made from the structs of `schemas/`, which remain the only definition of a shape.

The fields tell apispec what a struct says of itself. `load` leaves the judgement to msgspec, so REST and
WebSocket refuse the same things in the same words.
"""

import functools
import re
from typing import Any, ClassVar, Final

import msgspec
from marshmallow import EXCLUDE, RAISE, Schema, fields
from msgspec import inspect

from imapp.errors import RequestError
from imapp.services.operating.uniqueness import check_names
from schemas.errors import ErrorCode

# The keyword of JSON Schema for each constraint; lengths are named after what they count.
_KEYWORDS: Final = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "pattern": "pattern",
}
_LENGTHS: Final = {inspect.StrType: "Length", inspect.ListType: "Items", inspect.DictType: "Properties"}
_SIMPLE: Final[dict[type, type[fields.Field[Any]]]] = {
    inspect.StrType: fields.String,
    inspect.IntType: fields.Integer,
    inspect.FloatType: fields.Float,
    inspect.BoolType: fields.Boolean,
    inspect.DictType: fields.Dict,
    inspect.AnyType: fields.Raw,
}
_WRONG_FIELD: Final = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<field>.*?)`")
_PLACE: Final = re.compile(r" - at `\$\.?(?P<place>.*)`$", re.DOTALL)
_REASON_CHARS: Final = 200


class StructSchema(Schema):
    """Stands for a struct in flask-smorest and apispec."""

    struct: ClassVar[type[msgspec.Struct]]
    decoder: ClassVar["msgspec.json.Decoder[Any]"]

    def load(self, data: Any, **_: Any) -> Any:
        """The struct that is in JSON bytes, or in a mapping of query parameters.

        Raises:
            RequestError: `invalid`; says what is wrong where.
        """
        try:
            if not isinstance(data, bytes):
                return msgspec.convert(data, self.struct)
            body = self.decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _refusal(str(error)) from error
        check_names(data)
        return body


@functools.cache
def schema_of(struct: type[msgspec.Struct], *, query: bool = False) -> StructSchema:
    """The schema of a struct. With `query`, of one whose fields are parameters, which are never null."""
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)
    body: dict[str, Any] = {field.encode_name: _field(field, query=query) for field in described.fields}
    body["struct"] = struct
    body["decoder"] = msgspec.json.Decoder(struct)
    body["Meta"] = type("Meta", (), {"unknown": RAISE if described.forbid_unknown_fields else EXCLUDE})
    made: type[StructSchema] = type(struct.__name__, (StructSchema,), body)
    return made()


def _field(described: inspect.Field, *, query: bool) -> "fields.Field[Any]":
    options: dict[str, Any] = {"required": described.required}
    if described.default is not msgspec.NODEFAULT and not (query and described.default is None):
        options["load_default"] = described.default
    elif described.default_factory is not msgspec.NODEFAULT:
        options["metadata"] = {"default": described.default_factory()}
    field = _of_type(described.type, options)
    if query:
        field.allow_none = False
    return field


def _of_type(described: inspect.Type, options: dict[str, Any]) -> "fields.Field[Any]":
    match described:
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            return _of_type(inner, _with(options, extra or {}))
        case inspect.UnionType(types=types):
            inner = next(part for part in types if not isinstance(part, inspect.NoneType))
            return _of_type(inner, {**options, "allow_none": described.includes_none})
        case inspect.StructType(cls=struct):
            return fields.Nested(schema_of(struct), **options)
        case inspect.ListType(item_type=item):
            return fields.List(_of_type(item, {}), **_with(options, _constraints(described)))
        case inspect.EnumType(cls=names):
            return fields.Enum(names, by_value=fields.String, **options)
    return _SIMPLE[type(described)](**_with(options, _constraints(described)))


def _constraints(described: inspect.Type) -> dict[str, Any]:
    found = {keyword: getattr(described, name, None) for name, keyword in _KEYWORDS.items()}
    counted = _LENGTHS.get(type(described))
    if counted:
        found |= {f"min{counted}": described.min_length, f"max{counted}": described.max_length}  # type: ignore[attr-defined]
    return {keyword: value for keyword, value in found.items() if value is not None}


def _with(options: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """What is said of a field further out goes before what its type says."""
    return {**options, "metadata": {**metadata, **options.get("metadata", {})}}


def _refusal(reason: str) -> RequestError:
    place = _PLACE.search(reason)
    where, what = (place["place"], reason[: place.start()]) if place else ("", reason)
    wrong = _WRONG_FIELD.match(what)
    if wrong:
        where = f"{where}.{wrong['field']}" if where else wrong["field"]
        what = "required" if wrong["what"] == "missing required" else "unknown"
    return invalid(where or "body", what)


def invalid(where: str, what: str) -> RequestError:
    """The refusal of an argument; both texts may come from the client."""
    refused = RequestError(ErrorCode.INVALID)
    refused.errors = {where[:_REASON_CHARS]: what[:_REASON_CHARS]}
    return refused
