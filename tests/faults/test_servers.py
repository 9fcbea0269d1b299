"""MongoDB or RabbitMQ dies, hangs or runs full: late or refused, never lost, and nobody has to help."""

import pytest

from devstack.services import Stack
from imapp.broker.examination import BrokerExamination
from imapp.broker.topology import Topology
from imapp.services.doctor.broker import broker_findings
from tests.faults.conftest import Force
from tests.support import broker
from tests.support.cluster import Cluster
from tests.support.load import Load
from tests.support.waiting import eventually

_ALARMS = {"memory": broker.memory_alarm, "disk": broker.disk_alarm}
_REFUSED_S = 30.0
_NOTICED_S = {"writer-0": 10.0}
"""Hangs as long in the short form too: who waits for a shorter one has no need of `Batcher.expire`."""

_ANSWER_LIMIT_S = 9.0
"""A write's time-out, 5 s, and what a busy machine adds; less than the 10 s for which something hangs."""


def test_everything_goes_on_when_rabbitmq_was_killed(stack: Stack, load: Load) -> None:
    """Guard: nobody is answered before the store, and gateways drive an unresolved batch again.

    Switch: without the loop in `GatewayConsumer.run` a gateway never hears again (nobody is whole).
    """
    with load:
        load.wait_moment()
        stack.rabbitmq.kill()
        stack.rabbitmq.start()
        load.hurts_now()
        load.wait_recovered(promise="everybody is served once RabbitMQ is back")


def test_everything_goes_on_when_mongodb_was_killed(stack: Stack, load: Load) -> None:
    """Guard: entries are stored with `w=majority, j=true` before anybody is answered (`mongo.DURABLE`).

    Switch: `j=False` with `w=1` in `DURABLE`, and `MAJORITY` as local, lose what was acknowledged within the
    last 100 ms (lost).
    """
    with load:
        load.wait_moment()
        stack.mongod.kill()
        stack.mongod.start()
        load.hurts_now()
        load.wait_recovered(promise="everybody is served once MongoDB is back")


@pytest.mark.parametrize("alarm", ["memory", pytest.param("disk", marks=pytest.mark.long)])
def test_sends_are_refused_in_time_while_rabbitmq_takes_nothing(stack: Stack, load: Load, alarm: str) -> None:
    """Guard: every publish has a time-out, and a gateway refuses with `busy` after `IM_COMMAND_TIMEOUT_S`.

    Switch: without `Batcher.expire` nobody is answered while it lasts (silences).
    """
    with load:
        load.wait_moment()
        with _ALARMS[alarm](stack):
            before = load.refusals
            eventually(lambda: load.refusals > before, timeout=_REFUSED_S, what="somebody is refused")
        load.hurts_now()
        load.wait_recovered(promise="everybody is served once RabbitMQ takes messages again")
    assert not load.silences


@pytest.mark.parametrize("alarm", ["memory", pytest.param("disk", marks=pytest.mark.long)])
def test_the_doctor_names_the_alarm(stack: Stack, hurt: Cluster, alarm: str, seed: int) -> None:
    """Guard: `BrokerExamination.pass_a_message` waits for a confirmation, with a time-out.

    Switch: `_rights` in `services.doctor.broker` answering ok whatever it saw (nothing is found).
    """
    del seed
    before = _failed(hurt)
    with _ALARMS[alarm](stack):
        eventually(
            lambda: any("publishers" in what or "did not take" in what for what in _failed(hurt)),
            timeout=_REFUSED_S,
        )
    assert before == []
    eventually(lambda: _failed(hurt) == [], timeout=_REFUSED_S, what="all is well again")


def _failed(cluster: Cluster) -> list[str]:
    examination = BrokerExamination(cluster.amqp_url, Topology(cluster.namespace, cluster.shards))
    return [
        finding.what
        for finding in broker_findings(examination, unused=["archive"])
        if finding.level == "FAIL"
    ]


@pytest.mark.parametrize(
    "victim",
    [
        "mongod",
        "rabbitmq",
        pytest.param("gateway-0", marks=pytest.mark.long),
        "writer-0",
        pytest.param("writer-1", marks=pytest.mark.long),
        pytest.param("receipts", marks=pytest.mark.long),
    ],
)
def test_what_hangs_is_waited_for_or_gone_round(stack: Stack, load: Load, force: Force, victim: str) -> None:
    """Guard: all waits have time-outs longer than a hiccup (TCP_USER_TIMEOUT 15 s, MongoDB 5 s, 20 s in all),
    and a gateway answers `busy` after `IM_COMMAND_TIMEOUT_S`, 5 s, whoever it is that hangs.

    Switch: without `Batcher.expire` everybody waits until it goes on; with `grown` of `outgoing.outlet`
    waiting until what it hears of is dispatched, a receipts worker that hangs holds up who talks.
    """
    server = {"mongod": stack.mongod, "rabbitmq": stack.rabbitmq}.get(victim)
    with load:
        load.wait_moment()
        (server or load.cluster.processes[victim]).freeze()
        load.wait_time(max(force.hang_s, _NOTICED_S.get(victim, 0.0)))
        (server or load.cluster.processes[victim]).thaw()
        load.hurts_now()
        load.wait_recovered(promise=f"everybody is served after {victim} has hung")
    others = [person for person in load.everybody if f"gateway-{person.first_gateway}" != victim]
    assert not sum(person.silences for person in others), "a gateway that runs has not answered"
    slowest = max(others, key=lambda person: person.slowest_s)
    assert slowest.slowest_s < _ANSWER_LIMIT_S, f"{slowest.user} has waited {slowest.slowest_s:.1f} s"
    if victim == "receipts":
        assert not load.refusals, "who talks waits for the receipts worker"
