"""Fixtures of the tests that attack."""

import pytest

from devstack.services import Stack
from tests.support.bystander import Attack, under_attack
from tests.support.scene import Scene


@pytest.fixture
def attack(scene: Scene) -> Attack:
    """The time of an attack; meanwhile Bo writes to Chen on the same gateway, and is served."""
    bo, chen = scene.people("bo", "chen")
    client = scene.connect(bo)
    return lambda: under_attack(scene.cluster, client, chen)


@pytest.fixture(scope="session")
def index_url(stack: Stack) -> str:
    """Where Elasticsearch is."""
    return stack.es_url
