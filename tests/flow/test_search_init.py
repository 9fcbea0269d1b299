"""`imapp search init` on an Elasticsearch that has nothing of this system yet."""

import secrets
from collections.abc import Iterator
from typing import Any, cast

import pytest
import requests
from click.testing import CliRunner

from imapp.cli import main
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.indices import Indices
from imapp.stores.generations import GenerationStore
from imapp.stores.mongo import Database
from imapp.wiring import SearchTools
from tests.support.archive import drop_indices, index_names
from tests.support.tokens import JWT_KEY


@pytest.fixture
def indices(database: Database, index_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Indices]:
    """Those that the command is about; they are not there."""
    namespace = f"t{secrets.token_hex(4)}"
    indices = Indices(ArchiveClient(index_url, read_s=30), namespace, GenerationStore(database).load)
    tools = SearchTools(indices, cast("Any", None))
    monkeypatch.setattr("imapp.cli.search.search_tools", lambda _: tools)
    monkeypatch.setenv("IM_JWT_KEY", JWT_KEY)
    yield indices
    drop_indices(index_url, namespace)


def init() -> str:
    """What the command says."""
    done = CliRunner().invoke(main, ["search", "init"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def there(indices: Indices, index_url: str) -> tuple[bool, list[str]]:
    """Whether the template is there, and which indices are."""
    template = requests.get(f"{index_url}/_index_template/{indices.alias}", timeout=30)
    return template.ok, index_names(index_url, indices.alias.removesuffix("-messages"))


def test_it_makes_the_template_and_the_indices_of_two_months_and_again_changes_nothing(
    indices: Indices, index_url: str
) -> None:
    assert there(indices, index_url) == (False, [])

    told = init()

    has_template, names = there(indices, index_url)
    assert (has_template, len(names)) == (True, 2)
    assert told == f"{indices.alias}: ready, 2 indices are read\n"
    assert indices.behind_alias() == names
    assert init() == told
    assert there(indices, index_url) == (True, names)


def test_an_index_of_any_month_takes_no_field_that_nobody_has_thought_of(
    indices: Indices, index_url: str
) -> None:
    init()
    long_ago = f"{indices.alias}-2020.01-1"
    indices.create([long_ago])

    for name in indices.behind_alias():
        mapping = requests.get(f"{index_url}/{name}/_mapping", timeout=30).json()[name]["mappings"]
        assert mapping["dynamic"] == "strict"
        answer = requests.put(f"{index_url}/{name}/_doc/1", json={"unheard_of": 1}, timeout=30)
        assert (answer.status_code, answer.json()["error"]["type"]) == (
            400,
            "strict_dynamic_mapping_exception",
        )
    assert long_ago in indices.behind_alias()
