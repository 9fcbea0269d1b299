"""The system with an archive that is hurt and mended, who moves what is old there, and who reads it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from devstack.services import Stack
from tests.conftest import start_cluster
from tests.faults.conftest import Force
from tests.support.archivist import Archivist
from tests.support.cluster import Cluster
from tests.support.load import Load
from tests.support.scene import Scene
from tests.support.talk import Talk, begin_talk


@pytest.fixture(scope="session")
def archived(stack: Stack) -> Iterator[Cluster]:
    """A gateway, a writer and a worker that indexes: what faults of the archive hurt, not `patient`."""
    with ExitStack() as keep:
        yield start_cluster(stack, keep, es_url=stack.es_url, gateways=1, writers=1)


@pytest.fixture
def hurt(archived: Cluster, stack: Stack) -> Iterator[Cluster]:
    """In the place of the cluster that the other faults share; mended, and its Elasticsearch as well."""
    archived.mend()
    yield archived
    stack.elasticsearch.start()


@pytest.fixture
def force(force: Force) -> Force:
    """A crowd with one group: in the end all of them read everything from the archive."""
    return replace(force, crowd=replace(force.crowd, groups=1, group_size=4))


@pytest.fixture
def load(load: Load) -> Load:
    """Receipts and pushes are not judged: here is no webhook, and what they count leaves the log."""
    load.judges_marks = False
    return load


@pytest.fixture
def archivist(hurt: Cluster) -> Archivist:
    """Who moves what is old; no move is under way."""
    archivist = Archivist(hurt)
    archivist.outlive()
    return archivist


@pytest.fixture
def talk(hurt: Cluster) -> Iterator[Talk]:
    """Begun, and indexed as far as it goes."""
    with Scene(hurt) as scene:
        yield begin_talk(scene)
