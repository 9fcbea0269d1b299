"""The REST API keeps its OpenAPI document, whatever comes: schemathesis asks, right and wrong.

Each operation is asked a bounded number of times, always the same, by a member of a channel and by a
stranger without a token. Half of the time ids in paths and bodies are of things that exist.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from imapp.app import create_document
from tests.support.chatter import direct_channel
from tests.support.cluster import Cluster
from tests.support.scene import Scene
from tests.support.tokens import make_token
from tests.support.waiting import PATIENCE_S

SCHEMA: Final = schemathesis.openapi.from_dict(create_document())
# One that could not be read has no `ok` and ends the run.
OPERATIONS: Final = [result.ok() for result in SCHEMA.get_all_operations()]  # type: ignore[union-attr]
KEPT: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Health takes nothing that could be wrong.
OPERATIONS_BY_MODE: Final = [
    pytest.param(operation, mode, id=f"{operation.label}-{mode.value}")
    for operation in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation.definition.raw.get("security") != []
]
# Beyond it the web server refuses before the application sees the request.
LONGEST_ADDRESS: Final = 8_000
BUDGET: Final = settings(
    max_examples=12, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@dataclass(frozen=True, slots=True)
class Place:
    """What exists, and who may see it."""

    url: str
    token: str
    ids: dict[str, str]


@pytest.fixture(scope="module")
def place(indexed_cluster: Cluster) -> Iterator[Place]:
    """A group of three with some messages in it."""
    with Scene(indexed_cluster) as scene:
        an, bo, chen = scene.people("an", "bo", "chen")
        client = scene.connect(an)
        group = client.write("create_group", name="Team", user_ids=[bo, chen]).channel_id
        direct_channel(client, bo)
        sent = [client.send_text(group, f"text {number}") for number in range(5)]
        ids = {
            "channel_id": group,
            "message_id": str(sent[-1].message_id),
            "user_id": bo,
            "shortcode": "grinning",
        }
        yield Place(indexed_cluster.gateway_urls[0], make_token(an), ids)


@pytest.mark.parametrize(("operation", "mode"), OPERATIONS_BY_MODE)
def test_a_member_gets_what_the_document_says(operation: Any, mode: GenerationMode, place: Place) -> None:
    headers = {"Authorization": f"Bearer {place.token}"}

    @BUDGET
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def ask(case: Case[Any], real: bool) -> None:
        if real:
            _make_real(case, place.ids)
        response = _ask(case, place, headers)
        if mode is GenerationMode.NEGATIVE and not real:  # a real id may mend what was wrong on purpose
            case.validate_response(response, checks=[negative_data_rejection])

    ask()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: str(operation.label))
def test_a_stranger_gets_nothing_but_a_documented_refusal(operation: Any, place: Place) -> None:
    public = operation.definition.raw.get("security") == []

    @BUDGET
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def ask(case: Case[Any]) -> None:
        _make_real(case, place.ids)
        response = _ask(case, place, {"Authorization": ""})
        assert public or response.status_code == 401

    ask()


def _ask(case: Case[Any], place: Place, headers: dict[str, str]) -> Any:
    """The response, which the document allows."""
    address = requests.Request("GET", case.as_transport_kwargs(base_url=place.url)["url"], params=case.query)
    assume(len(str(address.prepare().url)) < LONGEST_ADDRESS)
    response = case.call(base_url=place.url, headers=headers, timeout=PATIENCE_S)
    case.validate_response(response, checks=KEPT)
    return response


def _make_real(case: Case[Any], ids: dict[str, str]) -> None:
    """Put ids of things that exist where the case has made-up ones."""
    for name, value in ids.items():
        for part in (case.path_parameters, case.query, case.body):
            if isinstance(part, dict) and name in part:
                part[name] = value
    if isinstance(case.body, dict) and "to" in case.body:
        case.body["to"] = ids["user_id"]
    if isinstance(case.body, dict) and "user_ids" in case.body:
        case.body["user_ids"] = [ids["user_id"]]
