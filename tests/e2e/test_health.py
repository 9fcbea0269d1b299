"""Health answers at once and tells the truth while MongoDB or RabbitMQ hangs, and afterwards."""

import time
from functools import partial
from typing import Any

import pytest
import requests

from devstack.services import Stack
from tests.conftest import ClusterFactory
from tests.support.waiting import eventually

AT_ONCE_S = 1.0
NOTICED_S = 30.0


def health(url: str) -> tuple[int, dict[str, Any]]:
    """What `ready` answers, after `live` has; neither may take a second."""
    live = requests.get(f"{url}/api/v1/health/live", timeout=AT_ONCE_S)
    ready = requests.get(f"{url}/api/v1/health/ready", timeout=AT_ONCE_S)
    assert live.status_code == 200
    return ready.status_code, ready.json()


def is_lost(url: str, name: str) -> bool:
    """Whether `ready` says that this dependency, and no other server, does not answer."""
    status, body = health(url)
    return status == 503 and body[name]["ok"] is False and "no answer" in body[name]["reason"]


@pytest.mark.parametrize("name", ["mongodb", "rabbitmq"])
def test_a_server_that_hangs_is_reported_and_holds_up_no_answer(
    own_cluster: ClusterFactory, stack: Stack, name: str
) -> None:
    server = stack.mongod if name == "mongodb" else stack.rabbitmq
    cluster = own_cluster(gateways=1, writers=1, shards=1)
    (url,) = cluster.gateway_urls

    server.freeze()
    try:
        eventually(partial(is_lost, url, name), timeout=NOTICED_S)
        begun = time.monotonic()
        for _ in range(10):
            assert is_lost(url, name)
        assert time.monotonic() - begun < 20 * AT_ONCE_S
    finally:
        server.thaw()

    eventually(lambda: health(url)[0] == 200, timeout=NOTICED_S, what="ready again")


def test_a_shard_without_a_writer_is_reported_after_its_grace(own_cluster: ClusterFactory) -> None:
    cluster = own_cluster(gateways=1, writers=1, shards=1)
    (url,) = cluster.gateway_urls

    cluster.kill("writer-0")
    at_first, _ = health(url)
    eventually(lambda: health(url)[0] == 503, timeout=NOTICED_S)
    _, body = health(url)

    assert at_first == 200
    assert str(body["writers"]["reason"]).startswith("no writer for 1 of 1 shards")
    assert body["mongodb"] == body["rabbitmq"] == {"ok": True, "reason": None}


def test_a_missing_receipts_worker_is_reported_and_the_gateway_stays_ready(
    own_cluster: ClusterFactory,
) -> None:
    cluster = own_cluster(gateways=1, writers=1, shards=1)
    (url,) = cluster.gateway_urls

    cluster.kill("receipts")

    eventually(lambda: not health(url)[1]["receipts"]["ok"], timeout=NOTICED_S)
    eventually(lambda: not health(url)[1]["pushes"]["ok"], timeout=NOTICED_S)
    status, body = health(url)
    assert (status, body["ready"]) == (200, True)
    assert "nobody serves the queue receipts" in body["receipts"]["reason"]
    cluster.processes["receipts"].start()
    eventually(lambda: health(url)[1]["receipts"]["ok"], timeout=NOTICED_S)
