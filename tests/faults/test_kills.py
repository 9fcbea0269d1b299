"""A process of the product dies at any moment, as by `kill -9`."""

import pytest

from tests.support.load import Load


def test_clients_go_on_at_the_other_gateway_when_theirs_is_killed(load: Load) -> None:
    """Guard: clients resume by seq, and a write that is repeated with its client id has one effect.

    Switch: without the unique index on (channel, sender, client id) what was stored before the gateway died
    is stored again (dup).
    """
    with load:
        load.wait_moment()
        load.hurts_now()
        load.cluster.kill("gateway-0")
        load.wait_recovered()


@pytest.mark.parametrize("victim", ["writer-0", pytest.param("writer-1", marks=pytest.mark.long)])
def test_the_standby_goes_on_when_the_active_writer_is_killed(load: Load, victim: str) -> None:
    """Guard: tasks are acknowledged after they were published (`task_acks_late`), and the standby takes over.

    Switch: without `StandBy` in `workers/celery_app.py` nobody answers for the shard (not whole in time).
    """
    with load:
        load.wait_moment()
        load.hurts_now()
        load.cluster.kill(victim)
        load.wait_recovered()


def test_nobody_who_talks_notices_that_the_receipts_worker_was_killed(load: Load) -> None:
    """Guard: receipts and pushes are off the way of a message, and their queue outlives their worker.

    Switch: dispatching in the writer instead (`outgoing.outlet` waiting in `grown`) makes senders wait.
    """
    with load:
        load.wait_moment()
        load.hurts_now()
        load.cluster.kill("receipts")
        load.wait_recovered()
    assert not load.refusals
