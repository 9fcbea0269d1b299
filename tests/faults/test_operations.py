"""What operators suffer: too many users, a wrong clock."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from devstack.services import Stack
from tests.conftest import start_cluster
from tests.faults.conftest import Force
from tests.support.clock import ClockFile
from tests.support.link import RefusedError
from tests.support.load import Crowd, Load
from tests.support.scene import Scene
from tests.support.waiting import eventually

_NORMAL_S: Final = 60.0
_AT_ONCE_S: Final = (
    4.5  # without waiting for the time-out of a write, 5 s; replies are looked at in their order
)
_ANSWER_LIMIT_S: Final = 10.0
_TWO_HOURS_S: Final = 7200  # a token is good for one


@pytest.fixture
def slow_load(stack: Stack, rng: random.Random, request: pytest.FixtureRequest) -> Iterator[Load]:
    """Twice as much under way as a slow writer takes before its gateway must refuse."""
    with ExitStack() as keep:
        cluster = start_cluster(
            stack, keep, gateways=1, writers=1, shards=1, failpoints={"writer-0": "writer.stored=slow"}
        )
        crowd = Crowd(pairs=10, groups=0, window=100, pause_s=0.0)
        with Scene(cluster) as scene:
            load = Load(scene, crowd, rng)
            yield load
            load.say_result(request.node.name)


def test_under_twice_the_load_the_rest_is_refused_at_once_and_it_is_normal_again_soon(
    slow_load: Load, force: Force
) -> None:
    """Guard: a gateway refuses who would wait over 2 s before his batch leaves (`Batcher._is_full`).

    Switch: without that everybody waits for his time-out, 5 s (nobody is refused at once).
    """
    with slow_load as load:
        eventually(lambda: load.refusals > 0, timeout=_NORMAL_S, what="somebody is refused")
        load.wait_time(force.overload_s)
        load.ease(window=1, pause_s=0.5)
        load.hurts_now()
        load.wait_recovered(_NORMAL_S, promise="everybody is served soon after an overload")
        before = load.refusals
        load.hurts_now()
        load.wait_recovered(_NORMAL_S, promise="it is normal after an overload")
        assert load.refusals == before, "nobody is refused any more"
    assert not load.silences
    assert min(person.soonest_refusal_s for person in load.everybody) < _AT_ONCE_S
    assert max(person.slowest_s for person in load.everybody) < _ANSWER_LIMIT_S


@pytest.mark.parametrize("step_s", [_TWO_HOURS_S, pytest.param(-_TWO_HOURS_S, marks=pytest.mark.long)])
def test_a_gateway_whose_clock_jumps_takes_no_token_and_loses_no_message(
    load: Load, tmp_path: Path, step_s: int
) -> None:
    """Guard: waits use the monotonic clock, order is `seq`, and a token that seems over is refused.

    Switch: without the check of `exp` and `iat` in `services.identity.tokens` the gateway lets anybody in.
    """
    clock = ClockFile(tmp_path / "clock")
    load.cluster.restart("gateway-0", environment=clock.environment)
    try:
        with load:
            load.wait_moment()
            load.hurts_now()
            clock.step(step_s)
            with pytest.raises(RefusedError):
                load.scene.connect(load.pairs[0].user)
            load.wait_recovered()
            clock.step(0)  # whoever reads in the end has a token of the right time
    finally:
        load.cluster.restart("gateway-0", environment=dict.fromkeys(clock.environment, ""))
    assert not load.silences
