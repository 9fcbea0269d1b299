"""The fields of a schema as documents show them: type, limits, default, description."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from imapp.contracts.shapes import REF

Schema = dict[str, Any]

_UNITS: Final = {"Length": "characters", "Items": "entries"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a shape. `schema` is its type without null, which `nullable` stands for."""

    name: str
    schema: Schema
    required: bool
    nullable: bool

    @property
    def description(self) -> str:
        """What it is, in a sentence or two; may be empty."""
        return str(self.schema.get("description", ""))

    @property
    def limits(self) -> str:
        """What values it takes beyond its type; empty for any."""
        return "; ".join(_limits(self.schema))

    @property
    def has_default(self) -> bool:
        """Whether its absence means a value other than null."""
        return self.schema.get("default") is not None


def fields_of(schema: Schema) -> list[Field]:
    """The fields of an object's schema."""
    required = schema.get("required", ())
    return [
        Field(name, inner, name in required, nullable)
        for name, described in schema.get("properties", {}).items()
        for inner, nullable in [without_null(described)]
    ]


def without_null(schema: Schema) -> tuple[Schema, bool]:
    """A schema without its alternative null, and whether there was one. What is said further out wins."""
    parts = schema.get("anyOf", ())
    others = [part for part in parts if part != {"type": "null"}]
    if len(others) == len(parts):
        return schema, False
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return ({**others[0], **rest} if len(others) == 1 else {**rest, "anyOf": others}), True


def reference(schema: Schema) -> str:
    """The name of the shape that a schema refers to; empty if it refers to none."""
    return str(schema.get("$ref", "")).removeprefix(REF)


def _limits(schema: Schema) -> Iterator[str]:
    for what, unit in _UNITS.items():
        yield from _range(schema.get(f"min{what}"), schema.get(f"max{what}"), unit)
    yield from _range(schema.get("minimum"), schema.get("maximum"), "")
    if "pattern" in schema:
        yield f"pattern `{schema['pattern']}`"


def _range(low: int | None, high: int | None, unit: str) -> Iterator[str]:
    """In words; numbers with a comma between thousands."""
    if low is None and high is None:
        return
    if low == high:
        text = f"exactly {low:,}"
    elif high is None:
        text = f"at least {low:,}"
    else:
        text = f"{low:,} to {high:,}" if low is not None else f"at most {high:,}"
    yield f"{text} {unit}".rstrip()
