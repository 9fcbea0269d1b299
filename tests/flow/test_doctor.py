"""The doctor finds what was broken on purpose, says how to mend it, and works when nothing else does."""

import json
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from kombu.connection import Connection

from devstack.services import Stack
from imapp.broker.examination import BrokerExamination
from imapp.broker.topology import Topology
from imapp.cli import main
from imapp.services.doctor import Check, Finding, examine
from imapp.services.doctor.archive import archive_findings
from imapp.services.doctor.broker import broker_findings
from imapp.services.doctor.store import store_findings
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.indices import Indices
from imapp.stores.generations import Generations
from imapp.stores.inspection import StoreInspection
from imapp.stores.meta import load_identity
from imapp.stores.mongo import Database, connect
from imapp.stores.schema import create_schema
from tests.support.cluster import Cluster
from tests.support.tokens import JWT_KEY

NOWHERE = {
    "IM_MONGO_URL": "mongodb://127.0.0.1:1/imapp?replicaSet=rs0",
    "IM_AMQP_URL": "amqp://127.0.0.1:1//",
}


@pytest.fixture
def topology() -> Topology:
    return Topology(f"doctor-{secrets.token_hex(4)}", 1)


@pytest.fixture
def database(stack: Stack) -> Iterator[Database]:
    """A database with all that belongs in it, of this test alone."""
    url = urlsplit(stack.mongo_url)._replace(path=f"/test-doctor-{secrets.token_hex(4)}").geturl()
    database = connect(url, pool_size=1)
    create_schema(database)
    load_identity(database)
    yield database
    database.client.drop_database(database.name)
    database.client.close()


def of_store(stack: Stack, database: Database, **options: Any) -> list[Finding]:
    url = urlsplit(stack.mongo_url)._replace(path=f"/{database.name}").geturl()
    return list(store_findings(StoreInspection(url, **options)))


def of_broker(stack: Stack, topology: Topology) -> list[Finding]:
    return list(broker_findings(BrokerExamination(stack.amqp_url, topology)))


def failed(findings: Iterable[Finding]) -> list[str]:
    return [finding.what for finding in findings if finding.level == "FAIL"]


@contextmanager
def queues(stack: Stack, topology: Topology, **changed: Any) -> Iterator[None]:
    """All queues of a system, without consumers; `changed` arguments in place of the right ones."""
    with Connection(stack.amqp_url) as connection:
        channel = connection.channel()
        all_of_them = [*topology.task_queues(), topology.dead_queue()]
        for queue in all_of_them:
            queue.queue_arguments = {**queue.queue_arguments, **changed}
            queue(channel).declare()
        yield
        for queue in all_of_them:
            channel.queue_delete(queue.name)
        for exchange in ("tasks", "dead"):
            channel.exchange_delete(f"{topology.namespace}.{exchange}")


def doctor(*arguments: str, **environment: str) -> Result:
    variables = {"IM_JWT_KEY": JWT_KEY, "IM_ENV": "test", **environment}
    return CliRunner().invoke(main, ["doctor", *arguments], env=variables)


def test_a_sound_system_passes(cluster: Cluster) -> None:
    findings = [Finding(**line) for line in json.loads(cluster.tool("doctor", "--json"))]

    assert failed(findings) == []
    assert {"RabbitMQ takes a message and gives it back", "all indexes are there"} <= {
        one.what for one in findings
    }


def test_a_sound_system_that_indexes_passes(indexed_cluster: Cluster) -> None:
    findings = [Finding(**line) for line in json.loads(indexed_cluster.tool("doctor", "--json"))]

    assert failed(findings) == []
    assert "Elasticsearch answers" in {one.what for one in findings}


def test_an_elasticsearch_that_is_away_is_told() -> None:
    client = ArchiveClient("http://127.0.0.1:9", read_s=2)
    (finding,) = archive_findings(client, Indices(client, "t", Generations))

    assert finding.what.startswith("Elasticsearch does not answer")
    assert (finding.level, finding.mend) == ("FAIL", "start it, or mend IM_ES_URL")


def test_a_dropped_index_is_named(stack: Stack, database: Database) -> None:
    before = failed(of_store(stack, database))
    database["members"].drop_index("user")

    assert (before, failed(of_store(stack, database))) == ([], ["indexes are missing: members.user"])


@pytest.mark.parametrize(("off_s", "level"), [(0.0, "ok"), (2.0, "warn"), (-30.0, "FAIL")])
def test_a_clock_that_is_wrong_is_told(stack: Stack, database: Database, off_s: float, level: str) -> None:
    findings = of_store(stack, database, clock=lambda: time.time() + off_s)

    assert [finding.level for finding in findings if finding.what.startswith("clocks")] == [level]


def test_a_shard_without_a_writer_is_named(stack: Stack, topology: Topology) -> None:
    with queues(stack, topology):
        found = failed(of_broker(stack, topology))

    assert "nobody consumes messages.0; 0 messages wait" in found


def test_a_queue_that_was_made_otherwise_is_named(stack: Stack, topology: Topology) -> None:
    with queues(stack, topology, **{"x-max-length": 7}):
        found = failed(of_broker(stack, topology))

    assert "queue messages.0 was made with other arguments" in found


def test_a_queue_that_is_not_there_stays_away(stack: Stack, topology: Topology) -> None:
    first, second = failed(of_broker(stack, topology)), failed(of_broker(stack, topology))

    assert "queue messages.0 is not there" in first
    assert second == first


def test_a_password_that_is_wrong_is_told(stack: Stack, topology: Topology) -> None:
    host = urlsplit(stack.amqp_url).netloc.rpartition("@")[2]
    broker = BrokerExamination(f"amqp://guest:wrong@{host}//", topology)

    (finding,) = examine({"RabbitMQ": lambda: broker_findings(broker)})

    assert finding.level == "FAIL"
    assert "AccessRefused" in finding.what
    assert "wrong" not in finding.what


def test_it_works_when_nothing_else_does() -> None:
    ran = doctor(**NOWHERE)

    assert ran.exit_code == 1
    assert [line[:4] for line in ran.output.splitlines() if "MongoDB:" in line or "RabbitMQ:" in line] == [
        "FAIL"
    ] * 2


def test_settings_that_do_not_allow_a_start_are_a_finding() -> None:
    ran = doctor("--json", IM_SHARDS="many")

    (line,) = json.loads(ran.output)
    assert (ran.exit_code, line["level"]) == (1, "FAIL")
    assert "IM_SHARDS" in line["what"]


def test_a_check_that_hangs_or_breaks_holds_up_nobody() -> None:
    def hangs() -> Iterator[Finding]:
        yield Finding("ok", "so far")
        time.sleep(60)

    def breaks() -> Iterator[Finding]:
        raise RuntimeError("oh")

    checks: dict[str, Check] = {"one": hangs, "other": breaks, "third": lambda: [Finding("ok", "well")]}
    findings = examine(checks, within_s=0.2)

    assert [finding.level for finding in findings] == ["ok", "FAIL", "FAIL", "ok"]
