"""An indexer at its place."""

import secrets
from collections.abc import Iterator

import pytest

from devstack.services import Stack
from imapp.stores.mongo import Database
from tests.support.archive import drop_indices
from tests.support.es_proxy import es_proxy
from tests.support.index_place import Place


@pytest.fixture
def place(database: Database, stack: Stack) -> Iterator[Place]:
    namespace = f"t{secrets.token_hex(4)}"
    with es_proxy(stack.es_url) as proxy:
        yield Place(database, proxy, namespace)
        drop_indices(stack.es_url, namespace)
