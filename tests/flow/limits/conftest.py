"""The system that allows little, shared by all who use up what they may."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from devstack.services import Stack
from tests.conftest import start_cluster
from tests.support.cluster import Cluster
from tests.support.scene import Scene
from tests.support.strict import STRICT


@pytest.fixture(scope="package")
def strict(stack: Stack) -> Iterator[Cluster]:
    """A small system that allows little."""
    with ExitStack() as keep:
        yield start_cluster(stack, keep, environment=STRICT, gateways=1, writers=1, shards=2)


@pytest.fixture
def strict_scene(strict: Cluster) -> Iterator[Scene]:
    """People on the strict system."""
    with Scene(strict) as scene:
        yield scene
