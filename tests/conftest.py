"""Fixtures of all tests: the servers, a shared cluster, clusters to hurt; and the suite's own guard."""

import itertools
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psutil
import pytest
from hypothesis import settings

from devstack.services import Stack, running
from imapp.stores.mongo import Database, connect
from imapp.stores.schema import create_schema
from tests.support.cluster import Cluster
from tests.support.contract import check_contract
from tests.support.leaks import left_behind, mark_this_run
from tests.support.recorder import Recorder
from tests.support.scene import Scene

# A machine with two busy cores misses hypothesis's 200 ms now and then, which says nothing about the code.
settings.register_profile("imapp", deadline=None)
settings.load_profile("imapp")

MARK: Final = mark_this_run()
_TESTS: Final = Path(__file__).parent
_HURTFUL: Final = {"e2e", "faults"}
_clusters: Final[list[Cluster]] = []
_numbers: Final = itertools.count(1)

ClusterFactory = Callable[..., Cluster]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """MongoDB, RabbitMQ and Elasticsearch, started for this run or found running."""
    with running("test") as stack:
        yield stack


@pytest.fixture(scope="session")
def cluster(stack: Stack) -> Iterator[Cluster]:
    """The product with two gateways and two writers, shared by all tests that do it no harm."""
    with ExitStack() as keep:
        yield start_cluster(stack, keep)


@pytest.fixture(scope="session")
def indexed_cluster(stack: Stack) -> Iterator[Cluster]:
    """Likewise, with Elasticsearch, for which tests of other things need not wait."""
    with ExitStack() as keep:
        yield start_cluster(stack, keep, es_url=stack.es_url)


@pytest.fixture
def own_cluster(stack: Stack) -> Iterator[ClusterFactory]:
    """Makes clusters for this test alone, to be hurt; arguments as of `Cluster`."""
    with ExitStack() as keep:
        yield lambda **options: start_cluster(stack, keep, **options)


@pytest.fixture
def database(stack: Stack) -> Iterator[Database]:
    """A database of its own with all collections, for tests of the stores."""
    url = urlsplit(stack.mongo_url)._replace(path=f"/test-{os.getpid()}-{next(_numbers)}").geturl()
    database = connect(url, pool_size=2)
    create_schema(database)
    yield database
    database.client.drop_database(database.name)
    database.client.close()


@pytest.fixture
def recorder() -> Recorder:
    """An empty record."""
    return Recorder()


@pytest.fixture
def scene(request: pytest.FixtureRequest, recorder: Recorder) -> Iterator[Scene]:
    """People on the shared cluster, or with the mark `indexed` on the one that has Elasticsearch."""
    indexed = request.node.get_closest_marker("indexed")
    cluster: Cluster = request.getfixturevalue("indexed_cluster" if indexed else "cluster")
    with Scene(cluster, recorder) as scene:
        yield scene


def start_cluster(stack: Stack, keep: ExitStack, **options: Any) -> Cluster:
    """A running cluster, until `keep` is closed."""
    namespace = f"t{os.getpid()}-{next(_numbers)}"
    cluster = Cluster(stack.mongo_url, stack.amqp_url, namespace, **options)
    keep.callback(_clusters.remove, cluster)
    _clusters.append(cluster)
    return keep.enter_context(cluster)


# ---- options and the suite's guard


def pytest_addoption(parser: pytest.Parser) -> None:
    """How often the faults of `tests/faults` are repeated; without it they run once, in their short form."""
    parser.addoption("--fault-rounds", type=int, default=0, help="run the faults' long form so many times")
    parser.addoption("--fault-seed", type=int, default=0, help="the first round's seed, instead of any")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the servers is marked so, and can be left out. Who hurts the servers comes last."""
    items.sort(key=lambda item: not _HURTFUL.isdisjoint(item.path.relative_to(_TESTS).parts))
    for item in items:
        if _needs_services(item):
            item.add_marker("services")


def _needs_services(item: pytest.Item) -> bool:
    return not {"stack", "scene"}.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    """A test that saw a frame which breaks the AsyncAPI document has failed."""
    yield
    check_contract()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """Likewise for what came until its sockets were closed."""
    yield
    check_contract()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows the end of every process's log."""
    report = yield
    if report.failed and _needs_services(item):
        for cluster in _clusters:
            report.sections += [(f"log of {name}", text) for name, text in cluster.tails() if text]
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """No process outlives the suite."""
    leaked = left_behind(MARK)
    if leaked:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        for process in leaked:
            with suppress(psutil.Error):
                print(f"\nleft behind: {process.pid} {' '.join(process.cmdline())}")
                process.kill()
