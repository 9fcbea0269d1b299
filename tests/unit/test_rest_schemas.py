"""The schemas that flask-smorest gets say of each shape exactly what msgspec itself says of it."""

from inspect import cleandoc
from typing import Any, Final

import msgspec
import pytest

from imapp.app import create_document
from imapp.errors import RequestError
from imapp.rest.schemas import schema_of
from schemas import channels, conversations, errors, health, messages, users

MODULES: Final = (channels, conversations, errors, health, messages, users)
SHAPES: Final = {
    name: shape
    for module in MODULES
    for name, shape in vars(module).items()
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct) and shape is not msgspec.Struct
}
DOCUMENT: Final = create_document()
DESCRIBED: Final[dict[str, Any]] = DOCUMENT["components"]["schemas"]
QUERIES: Final = [
    "ConversationQuery",
    "HistoryQuery",
    "ListQuery",
    "SyncQuery",
    "UnreadQuery",
    "UserQuery",
    "WriteQuery",
]


def meaning(schema: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema in one of its many equal forms: null apart, enumerations in place, in one order."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if "enum" in named.get(name, {}):
        return meaning(named[name], named) | {key: value for key, value in schema.items() if key == "default"}
    schema = {key: value for key, value in schema.items() if key != "title"}
    if "anyOf" in schema:
        (inner,) = (part for part in schema.pop("anyOf") if part != {"type": "null"})
        return {**meaning(inner, named), **schema, "null": True}
    if isinstance(schema.get("type"), list):
        (kind,) = (part for part in schema["type"] if part != "null")
        if "enum" in schema:
            schema["enum"] = [value for value in schema["enum"] if value is not None]
        return {**meaning({**schema, "type": kind}, named), "null": True}
    if "items" in schema:
        schema["items"] = meaning(schema["items"], named)
    if "enum" in schema:
        # Only the struct's enumeration has a docstring.
        values = [value for value in schema["enum"] if value is not None]  # null is told apart
        return {"enum": sorted(values)} | {key: schema[key] for key in ("default",) if key in schema}
    if schema.get("additionalProperties") == {}:
        del schema["additionalProperties"]
    return {**schema, "$ref": name} if name else schema


def of_msgspec(shape: type) -> dict[str, Any]:
    _, named = msgspec.json.schema_components([shape], ref_template="#/components/schemas/{name}")
    properties = named[shape.__name__]["properties"]
    return {name: meaning(schema, named) for name, schema in properties.items()}


@pytest.mark.parametrize("name", sorted(SHAPES.keys() - set(QUERIES)))
def test_the_document_says_of_each_field_what_msgspec_says(name: str) -> None:
    described = {field: meaning(schema, {}) for field, schema in DESCRIBED[name]["properties"].items()}

    assert described == of_msgspec(SHAPES[name])


@pytest.mark.parametrize("name", sorted(SHAPES.keys() - set(QUERIES)))
def test_the_document_says_of_each_shape_what_msgspec_says(name: str) -> None:
    described = DESCRIBED[name]
    _, named = msgspec.json.schema_components([SHAPES[name]])
    expected = named[name]

    assert described["description"] == cleandoc(expected["description"])
    assert sorted(described.get("required", [])) == sorted(expected["required"])
    assert described.get("additionalProperties", True) == expected.get("additionalProperties", True)


@pytest.mark.parametrize("name", QUERIES)
def test_the_parameters_of_a_query_are_its_fields(name: str) -> None:
    expected = of_msgspec(SHAPES[name])
    operations = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]
    queries = [
        {parameter["name"]: parameter for parameter in operation["parameters"]}
        for operation in operations
        if isinstance(operation, dict) and "parameters" in operation
    ]

    described = next(query for query in queries if query.keys() == expected.keys())

    for field, parameter in described.items():
        said = {"description": parameter["description"], **parameter["schema"]}
        without_null = {key: value for key, value in expected[field].items() if key != "null"}
        if without_null.get("default", "") is None:  # absent is how a parameter is null
            del without_null["default"]
        assert meaning(said, {}) == without_null
        assert parameter["required"] == ("default" not in expected[field])


def test_a_schema_loads_a_struct() -> None:
    body = schema_of(messages.SendBody).load(b'{"client_message_id":"1","content":"hi"}')

    assert body == messages.SendBody(client_message_id="1", content="hi")


def test_two_loads_share_nothing() -> None:
    schema = schema_of(messages.SendBody)
    first, second = schema.load(b'{"client_message_id":"1"}'), schema.load(b'{"client_message_id":"1"}')

    first.extra["a"] = 1

    assert second.extra == {}


def test_a_schema_refuses_as_msgspec_does() -> None:
    with pytest.raises(RequestError) as refused:
        schema_of(channels.AddMembersBody).load(b'{"client_message_id":"1","user_ids":["bo","c n"]}')

    assert refused.value.errors is not None
    assert list(refused.value.errors) == ["user_ids[1]"]


def test_a_long_text_of_the_client_comes_back_short() -> None:
    with pytest.raises(RequestError) as refused:
        schema_of(messages.SendBody).load(b'{"%s":1}' % (b"x" * 10_000))

    assert refused.value.errors == {"x" * 200: "unknown"}
