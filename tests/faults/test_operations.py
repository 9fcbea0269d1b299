"""What operators suffer: too many users, a wrong clock."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles
from typing import Final

import pytest

from devstack.services import Stack
from imapp.gateway.batcher import MAX_COMMANDS
from tests.conftest import start_cluster
from tests.faults.conftest import Force
from tests.support.clock import ClockFile
from tests.support.flood import Flooder
from tests.support.link import RefusedError
from tests.support.load import Crowd, Load
from tests.support.scene import Scene

_NORMAL_S: Final = 60.0
_FLOODERS: Final = 10
_CAPACITY: Final = MAX_COMMANDS / 1.0  # a second: the writer of `slow_load` needs one for each batch
_TOO_MUCH: Final = 2.0  # times the capacity
_OFFERED: Final = 1.5  # times, at least, on a machine that is busy with other things
_KEPT: Final = 0.5  # of the capacity, at least, for what is stored meanwhile
_REFUSED_S: Final = 2.0
"""Nine of ten refusals come sooner; who was refused by his time-out would have waited 5 s."""

_ANSWER_LIMIT_S: Final = 10.0
_TWO_HOURS_S: Final = 7200  # a token is good for one


@pytest.fixture
def slow_load(stack: Stack, rng: random.Random, request: pytest.FixtureRequest) -> Iterator[Load]:
    """A crowd on one gateway whose writer needs a second for a batch: that can be outdone on any machine."""
    with ExitStack() as keep:
        cluster = start_cluster(
            stack, keep, gateways=1, writers=1, shards=1, failpoints={"writer-0": "writer.stored=slow"}
        )
        crowd = Crowd(pairs=10, groups=0, window=1, pause_s=0.5)
        with Scene(cluster) as scene:
            load = Load(scene, crowd, rng)
            yield load
            load.say_result(request.node.name)


def test_under_twice_the_load_the_rest_is_refused_at_once_and_it_is_normal_again_soon(
    slow_load: Load, force: Force
) -> None:
    """Guard: a gateway refuses who would wait over 2 s before his batch leaves (`Batcher._is_full`).

    Twice what the writer can store is sent, whatever the answers are.
    Switch: with `_is_full` looking at full queues alone everybody waits for his time-out, 5 s, and in the
    short form has an answer before it (nobody is refused).
    """
    flooders = _flooders(slow_load.scene)
    with slow_load as load:
        load.wait_moment()
        with ThreadPoolExecutor(len(flooders)) as pool:
            rate = _TOO_MUCH * _CAPACITY / len(flooders)
            list(pool.map(lambda flooder: flooder.flood(rate, force.overload_s), flooders))
            load.hurts_now()
            list(pool.map(Flooder.settle, flooders))
        load.wait_recovered(_NORMAL_S, promise="it is normal soon after an overload")
        assert load.lately_s < _NORMAL_S, f"normal {load.lately_s:.1f} s after the overload"
        before = load.refusals
        load.hurts_now()
        load.wait_recovered(_NORMAL_S, promise="everybody is served when the overload is over")
        assert load.refusals == before, "nobody is refused any more"
    offered = sum(flooder.sent for flooder in flooders) / force.overload_s
    assert offered > _OFFERED * _CAPACITY, f"{offered:.0f} a second sent, twice {_CAPACITY:.0f} wanted"
    stored = sum(flooder.stored for flooder in flooders) / force.overload_s
    assert stored > _KEPT * _CAPACITY, f"{stored:.0f} a second were stored, {_CAPACITY:.0f} are possible"
    refused = [seconds for flooder in flooders for seconds in flooder.refused_s]
    assert refused, "an overload that refuses nobody is none"
    nine_of_ten = quantiles(refused, n=10)[-1]
    assert nine_of_ten < _REFUSED_S, f"a tenth of the refusals took {nine_of_ten:.1f} s or more"
    assert not load.silences
    assert max(person.slowest_s for person in load.everybody) < _ANSWER_LIMIT_S


def _flooders(scene: Scene) -> list[Flooder]:
    """People with a direct chat each, who have nothing to do with the crowd."""
    names = scene.people(*(f"f{number}" for number in range(_FLOODERS)))
    others = scene.people(*(f"to{number}" for number in range(_FLOODERS)))
    with ThreadPoolExecutor(_FLOODERS) as pool:  # the writer takes a second for one as for ten
        return list(pool.map(lambda name, other: Flooder(scene, name, other), names, others))


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
