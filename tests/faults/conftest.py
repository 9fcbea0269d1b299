"""The system that is hurt and mended, and how hard it is hurt."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from devstack.services import Stack
from tests.conftest import start_cluster
from tests.support.cluster import Cluster
from tests.support.endpoint import Endpoint, webhook_settings
from tests.support.load import Crowd, Load
from tests.support.scene import Scene

_ENVIRONMENT: Final = {
    "IM_STANDBY_DELAY_S": "0.5",
    "IM_GIVE_BACK_AFTER_S": "5",
    "IM_PUSH_SWEEP_S": "1",
    # What a worker has taken for the webhook when it dies is due again 30 s and twice this later.
    "IM_PUSH_TIMEOUT_S": "1",
}
_SHORT_SEED: Final = 1
_HERE: Final = Path(__file__).parent
_PATIENCE_S: Final = 900


@dataclass(frozen=True, slots=True)
class Force:
    """How hard a fault hits: the crowd, how long something hangs, is too much or away, and how many.

    `whole_s` is how soon after a restart everybody is served again: 5 s are promised, to which the long form
    holds us on a machine of its own; the short one runs where others work too.
    """

    crowd: Crowd
    hang_s: float
    many: int
    overload_s: float
    outage_s: float
    reconnects: int
    restarts: int
    whole_s: float


SHORT: Final = Force(
    Crowd(), hang_s=2.0, many=100, overload_s=6.0, outage_s=1.0, reconnects=200, restarts=1, whole_s=30.0
)
LONG: Final = Force(
    Crowd(pairs=20, groups=6, group_size=10, window=5, pause_s=1.0),
    hang_s=10.0,
    many=500,
    overload_s=60.0,
    outage_s=75.0,
    reconnects=500,
    restarts=2,
    whole_s=5.0,
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """In the long form every test comes once for each seed."""
    if "seed" in metafunc.fixturenames:
        first = metafunc.config.getoption("--fault-seed") or random.SystemRandom().randrange(10**6)
        rounds = metafunc.config.getoption("--fault-rounds")
        seeds = range(first, first + rounds) if rounds else [_SHORT_SEED]
        metafunc.parametrize("seed", list(seeds), ids=lambda seed: f"seed-{seed}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long is left to the long form; no fault is given up because others use the machine too."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(_PATIENCE_S))
    if config.getoption("--fault-rounds"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)


@pytest.fixture
def force(request: pytest.FixtureRequest) -> Force:
    """Of the short or of the long form."""
    return LONG if request.config.getoption("--fault-rounds") else SHORT


@pytest.fixture
def rng(seed: int, request: pytest.FixtureRequest) -> random.Random:
    """Chance, the same for the same test and seed."""
    return random.Random(f"{seed} {request.node.originalname}")


@pytest.fixture(scope="session")
def endpoint() -> Iterator[Endpoint]:
    """Where those who are not connected are told."""
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def patient(stack: Stack, endpoint: Endpoint) -> Iterator[Cluster]:
    """Two gateways, two writers that stand by for each other, and a receipts worker: to be hurt by all."""
    environment = {
        **_ENVIRONMENT,
        **webhook_settings(endpoint.url),
    }
    with ExitStack() as keep:
        yield start_cluster(stack, keep, environment=environment, metrics=True)


@pytest.fixture
def hurt(patient: Cluster, stack: Stack) -> Iterator[Cluster]:
    """The cluster, mended of what the last test did to it, and its servers."""
    patient.mend()
    yield patient
    for server in stack.servers:
        server.start()


@pytest.fixture
def load(
    hurt: Cluster, endpoint: Endpoint, rng: random.Random, request: pytest.FixtureRequest
) -> Iterator[Load]:
    """A crowd that begins to talk when the test enters the load; its result is printed."""
    endpoint.deliveries.clear()
    force: Force = request.getfixturevalue("force")
    with Scene(hurt) as scene:
        load = Load(scene, force.crowd, rng, endpoint=endpoint)
        yield load
        load.say_result(request.node.name)
