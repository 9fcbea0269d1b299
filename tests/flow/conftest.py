"""Fixtures of several files: attacks, an administrator, the index, a push service."""

from collections.abc import Iterator

import pytest

from devstack.services import Stack
from tests.support.bystander import Attack, under_attack
from tests.support.endpoint import Endpoint
from tests.support.operator import Operator
from tests.support.scene import Scene


@pytest.fixture
def attack(scene: Scene) -> Attack:
    """The time of an attack; meanwhile Bo writes to Chen on the same gateway, and is served."""
    bo, chen = scene.people("bo", "chen")
    client = scene.connect(bo)
    return lambda: under_attack(scene.cluster, client, chen)


@pytest.fixture
def operator(scene: Scene) -> Operator:
    """Olga, who administrates the system."""
    (olga,) = scene.people("olga")
    return Operator(scene.cluster, olga)


@pytest.fixture(scope="session")
def index_url(stack: Stack) -> str:
    """Where Elasticsearch is."""
    return stack.es_url


@pytest.fixture(scope="module")
def listening() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(listening: Endpoint) -> Iterator[Endpoint]:
    """The push service of the cluster; what it is told to fail with does not outlive the test."""
    yield listening
    listening.failing = False
    listening.fail_with.clear()
