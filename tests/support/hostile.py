"""Hostile values for every field of a schema, made from the schema: what must not be taken, as JSON text."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

OPERATORS: Final = (
    '{"$ne":null}',
    '{"$gt":""}',
    '{"$regex":".*"}',
    '{"$where":"sleep(1000)"}',
    '{"$in":[]}',
    '{"__proto__":{}}',
)
NO_NUMBERS: Final = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "01", "+1", "0x1", ".5", "1.")
LONE_SURROGATES: Final = ('"\\ud800"', '"a\\udfffb"', '"\\udc00\\ud800"')
_DEEP: Final = "[" * 20_000
_OF_TYPE: Final = {
    "string": ('"x"',),
    "integer": ("7", "-1"),
    "number": ("1.5",),
    "boolean": ("true", "false"),
    "array": ("[]", "[1]", "[[]]"),
    "object": ("{}", *OPERATORS),
    "null": ("null",),
}
_NASTY_TEXTS: Final = (
    *(
        "",
        " ",
        "a b",
        "\0",
        "a\0b",
        "a\r\nb",
        "\x1b[2J",
        "a\tb",
        "a\n",
        "\x7f",
        "\x9b31m",
        "é",
        "\u202eb",
        "..",
        "$where",
    ),
    *(
        "../../etc/passwd",
        "a/b",
        "a:b",
        "<script>",
        "javascript:alert(1)",
        "0" * 23,
        "0" * 25,
        "A" * 24,
        "[$ne]=",
    ),
)
_BOUNDS: Final = (-(10**400), -(2**64), -(2**63), -1, 0, 2**31, 2**53, 2**63, 2**64, 10**400)


class Shapes:
    """The schemas of one document, by name."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self._components = components

    def of(self, schema: Schema) -> Schema:
        """The schema that another one refers to, or itself."""
        while "$ref" in schema:
            schema = self._components[schema["$ref"].rpartition("/")[2]]
        return schema

    def fields(self, schema: Schema) -> Mapping[str, Schema]:
        """What an object may have."""
        fields: Mapping[str, Schema] = self.of(schema)["properties"]
        return fields

    def required(self, schema: Schema) -> list[str]:
        """What an object must have."""
        return list(self.of(schema).get("required", ()))

    def good(self, schema: Schema) -> Any:
        """A value that fits."""
        schema = self._choices(schema)[0]
        if "examples" in schema or "enum" in schema:
            return (schema.get("examples") or schema["enum"])[0]
        kind = schema.get("type")
        if kind == "array":
            return [self.good(schema["items"])] * schema.get("minItems", 0)
        if kind == "object":
            return {name: self.good(self.fields(schema)[name]) for name in self.required(schema)}
        if kind == "string":
            return "x" * max(1, schema.get("minLength", 1))
        return {"integer": schema.get("minimum", 1), "boolean": True}.get(str(kind))

    def bad(self, schema: Schema) -> list[str]:
        """Values that do not fit, as JSON text or as text that is no JSON."""
        choices = self._choices(schema)
        kinds = {kind for choice in choices for kind in _kinds(choice)}
        if not kinds:
            return []  # anything goes
        wrong_kinds = [text for kind, texts in _OF_TYPE.items() if kind not in kinds for text in texts]
        wrong_values = [text for choice in choices for text in self._wrong_values(choice)]
        never = [*NO_NUMBERS, *LONE_SURROGATES, _DEEP]
        fits_integer = {"7", "-1"} if "number" in kinds else set()
        found = dict.fromkeys([*wrong_kinds, *wrong_values, *never])
        return [text for text in found if text not in fits_integer]

    def _choices(self, schema: Schema) -> list[Schema]:
        """The alternatives of a schema, the one that is not null first."""
        schema = self.of(schema)
        if "anyOf" not in schema:
            return [schema]
        choices = [self.of({**choice}) for choice in schema["anyOf"]]
        return sorted(choices, key=lambda choice: choice.get("type") == "null")

    def _wrong_values(self, schema: Schema) -> Iterator[str]:
        if "enum" in schema:
            yield from map(json.dumps, ("", "x", str(schema["enum"][0]).upper() + " "))
        elif schema.get("type") == "string":
            yield from map(json.dumps, _wrong_texts(schema))
        elif schema.get("type") == "integer":
            yield from map(json.dumps, _wrong_integers(schema))
            yield '"7"'
        elif schema.get("type") == "array":
            if "maxItems" in schema:
                yield json.dumps([self.good(schema["items"])] * (schema["maxItems"] + 1))
            yield from (f"[{text}]" for text in self.bad(schema["items"]))


def _kinds(schema: Schema) -> set[str]:
    if "enum" in schema:
        return {"string", "null"} if None in schema["enum"] else {"string"}
    kind = schema.get("type")
    return set(kind) if isinstance(kind, list) else {kind} if kind else set()


def _wrong_texts(schema: Schema) -> Iterable[str]:
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    for text in _NASTY_TEXTS:
        too_short = len(text) < schema.get("minLength", 0)
        if too_short or not re.search(schema.get("pattern", ""), text):
            yield text


def _wrong_integers(schema: Schema) -> Iterable[int]:
    least, most = schema.get("minimum"), schema.get("maximum")
    near = [*([least - 1] if least is not None else []), *([most + 1] if most is not None else [])]
    for value in (*near, *_BOUNDS):
        if (
            (least is not None and value < least)
            or (most is not None and value > most)
            or abs(value) >= 2**64
        ):
            yield value
