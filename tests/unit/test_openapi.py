"""The OpenAPI document: valid, complete, true to the code, and the one that is committed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from flask import Flask
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator

from imapp.app import create_document
from imapp.rest import install_routes
from imapp.rest.examples import EXAMPLES
from imapp.rest.guard import PUBLIC
from tests.unit.test_rest_guard import make_app

COMMITTED: Final = Path(__file__).parents[2] / "docs" / "openapi.json"
METHODS: Final = {"get", "post", "put", "patch", "delete"}
DOCUMENT: Final = create_document()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation: its path, its method and what is said of it."""
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS & item.keys():
            yield path, method, item[method]


def test_the_committed_document_is_up_to_date() -> None:
    written = json.dumps(create_document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"

    assert COMMITTED.read_text(encoding="utf-8") == written, "run `make openapi` and commit docs/openapi.json"


def test_it_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_it_is_made_anew_each_time() -> None:
    assert create_document() == create_document()


def test_it_describes_every_route_and_no_other() -> None:
    app = Flask("test", static_folder=None)
    install_routes(app)
    served = {
        (method.lower(), re.sub(r"<\w+:(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
        if not rule.endpoint.startswith("documentation.")
    }

    assert {(method, path) for path, method, _ in operations()} == served


def test_every_operation_has_a_name_a_sentence_and_one_tag() -> None:
    found = [operation for _, _, operation in operations()]
    tags = {tag["name"]: tag["description"] for tag in DOCUMENT["tags"]}

    assert len({operation["operationId"] for operation in found}) == len(found)
    for operation in found:
        assert operation["summary"].endswith(".")
        assert "\n" not in operation["summary"]
        (tag,) = operation["tags"]
        assert tags[tag]


def test_a_token_is_needed_but_for_the_health_of_the_process() -> None:
    assert DOCUMENT["security"] == [{"bearer": []}]

    public = {path for path, _, operation in operations() if operation.get("security") == []}

    health = {"/api/v1/health/live", "/api/v1/health/ready"}
    assert public == {*health, "/api/v1/files/{file_id}/signed"}  # which asks by its signature
    assert {f"health.{path.rpartition('/')[2]}" for path in health} <= PUBLIC


def test_every_operation_names_its_errors() -> None:
    for path, method, operation in operations():
        statuses = {int(status) for status in operation["responses"]}
        expected = {422, 500}
        expected |= set() if operation.get("security") == [] else {401, 503}
        expected |= {404} if "{" in path else set()
        expected |= {413, 415} if "requestBody" in operation else set()
        assert expected <= statuses, f"{method} {path}"
        assert len(statuses & {200, 201}) == 1, f"{method} {path}"


def test_every_error_has_the_one_body_and_an_example_of_each_code() -> None:
    for response in DOCUMENT["components"]["responses"].values():
        content = response["content"]["application/json"]
        assert content["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
        for code, example in content["examples"].items():
            assert example["value"]["code"] == code
            assert f"`{code}`" in response["description"]


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"].keys() - {"ErrorBody"}))
def test_every_shape_has_an_example_that_fits_it(name: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    (example,) = schema["examples"]

    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(example)


@pytest.mark.parametrize("struct", EXAMPLES, ids=lambda struct: struct.__name__)
def test_every_example_is_what_the_server_would_take_or_send(struct: type) -> None:
    assert msgspec.to_builtins(msgspec.convert(EXAMPLES[struct], struct)) == EXAMPLES[struct]


# ---- the page that shows it


def test_the_document_is_served_to_anybody() -> None:
    assert make_app().test_client().get("/api/v1/openapi.json").get_json() == DOCUMENT


def test_the_page_loads_everything_from_here() -> None:
    client = make_app().test_client()
    page = client.get("/docs")

    assert page.mimetype == "text/html"
    assert "http" not in page.text
    for name, kind in [("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css")]:
        assert f"docs/{name}" in page.text
        with client.get(f"/docs/{name}") as asset:
            assert asset.mimetype == kind


def test_the_page_needs_no_script_or_style_of_its_own() -> None:
    client = make_app().test_client()
    page = client.get("/docs")

    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "SwaggerUIBundle" in client.get("/docs/start.js").text
