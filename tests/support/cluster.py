"""The real product as processes: gateways, writers and a receipts worker on given servers."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import psutil
import requests
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from pymongo import MongoClient
from pymongo.database import Database

from imapp.config import Config
from imapp.settings import settings_of
from tests.support.archive import drop_indices
from tests.support.client import Client
from tests.support.processes import BIN, ManagedProcess, free_port
from tests.support.recorder import Recorder
from tests.support.secrets import leaked_in
from tests.support.tokens import JWT_KEY, make_token
from tests.support.waiting import eventually

_START_S: Final = 120.0  # ample: ten processes start at once, on two cores that others use as well
_TOOL_S: Final = 60.0
_WORKER: Final = (
    *(
        BIN / "celery",
        "--quiet",
        "-A",
        "workers.celery_app",
        "worker",
        "-P",
        "threads",
        "-c",
        "1",
        "-l",
        "WARNING",
    ),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)
_BEAT: Final = (
    *(BIN / "celery", "--quiet", "-A", "workers.celery_app", "beat"),
    *("-l", "WARNING", "--pidfile="),
)

NO_LIMITS: Final = {
    setting.variable: "0" for field, setting in settings_of(Config) if field.startswith(("limit_", "max_"))
}
"""Tests send as fast as they can, and all from one address. Those of the limits set their own."""


class Cluster:
    """One system with a database and broker names of its own.

    Processes are named `gateway-0`, `writer-0`, `receipts` and so on. A writer prefers the shards with its
    number modulo the number of writers, and stands by for the others. No limit is set. `environment` are
    further variables of every process, `failpoints` specifications (`IM_FAILPOINTS`) by process name.
    Without `es_url` nothing is indexed, and `receipts` deletes what is kept no longer; with it the process
    `archive` does both, and further `archives` beside it (`archive-1`). Nothing is done from time to time
    without `beats` (`beat-0`). With `metrics` all others serve their figures, each on a port of its own.
    """

    def __init__(
        self,
        mongo_url: str,
        amqp_url: str,
        namespace: str,
        *,
        es_url: str = "",
        gateways: int = 2,
        writers: int = 2,
        shards: int = 2,
        archives: int = 1,
        beats: int = 0,
        environment: Mapping[str, str] | None = None,
        failpoints: Mapping[str, str] | None = None,
        metrics: bool = False,
    ) -> None:
        self.namespace = namespace
        self.shards = shards
        self.amqp_url = amqp_url
        self.es_url = es_url
        self.mongo_url = urlsplit(mongo_url)._replace(path=f"/test-{namespace}").geturl()
        self.folder = Path(tempfile.mkdtemp(prefix=f"imapp-{namespace}-"))
        self._environment = {
            "IM_ENV": "test",
            "IM_MONGO_URL": self.mongo_url,
            "IM_AMQP_URL": amqp_url,
            "IM_ES_URL": es_url,
            # Who answers people gives up after 2 s, which says little on two cores that others use as well;
            # what moves, proves and restores has its own time, here as in production.
            "IM_SEARCH_TIMEOUT_S": "30",
            "IM_NAMESPACE": namespace,
            "IM_SHARDS": str(shards),
            "IM_JWT_KEY": JWT_KEY,
            "PYTHONUNBUFFERED": "1",
            **NO_LIMITS,
            **(environment or {}),
        }
        self._failpoints = dict(failpoints or {})
        self._metrics = metrics
        self._ports = {f"gateway-{number}": free_port() for number in range(gateways)}
        self.writers = [f"writer-{number}" for number in range(writers)]
        self._archives = (
            ["archive", *(f"archive-{number}" for number in range(1, archives))] if es_url else []
        )
        self._beats = [f"beat-{number}" for number in range(beats)]
        self.processes = {process.name: process for process in self._all_processes()}
        self._mongo: MongoClient[dict[str, Any]] | None = None

    # ---- the life of the whole

    def start(self) -> None:
        """Start everything; return when it serves.

        Raises:
            RuntimeError: a gateway ended.
            AssertionError: something does not serve in time; the text holds the end of each log.
        """
        for process in self.processes.values():
            process.start()
        try:
            self.wait_ready()
        except AssertionError as error:
            logs = "\n".join(f"---- {name}\n{text}" for name, text in self.tails())
            raise AssertionError(f"{error}\n{logs}") from error

    def stop(self) -> None:
        """End everything in good order, drop the database, remove the logs.

        Raises:
            AssertionError: a log holds a token or a key, whatever the tests were about.
        """
        for process in self.processes.values():
            process.thaw()
            process.ask_to_stop()
        for process in self.processes.values():
            process.stop()
        self._drop_queues()
        drop_indices(self.es_url, self.namespace)
        client = self._client()
        client.drop_database(self.database.name)
        client.close()
        self._mongo = None
        leaks = leaked_in(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        assert not leaks, "secrets stand in logs:\n" + "\n".join(leaks)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_ready(self) -> None:
        """Return when every running gateway is ready and every queue has its consumer."""
        for name in self._ports:
            if self.processes[name].is_running:
                eventually(partial(self._is_ready, name), timeout=_START_S, what=f"{name} is ready")
        self.wait_consumers(1)

    def wait_consumers(self, count: int) -> None:
        """Return when each shard's queue has so many workers: one active, the others standing by."""
        for name in self._queues():
            wanted = count if name.startswith("messages.") else 1
            has_them = partial(self._has_consumers, name, wanted)
            eventually(has_them, timeout=_START_S, what=f"{wanted} workers consume {name}")

    # ---- faults

    def kill(self, name: str) -> None:
        """End a process as a crash does."""
        self.processes[name].kill()

    def freeze(self, name: str) -> None:
        """Let a process hang: connected, and silent."""
        self.processes[name].freeze()

    def thaw(self, name: str) -> None:
        """Let it go on."""
        self.processes[name].thaw()

    def hangs(self, name: str) -> bool:
        """Whether a process is stopped, by whomever."""
        return any(process.status() == psutil.STATUS_STOPPED for process in self.processes[name].tree())

    def restart(
        self, name: str, *, failpoints: str = "", environment: Mapping[str, str] | None = None
    ) -> None:
        """End a process in good order if it runs, start it again with these variables, wait until ready."""
        process = self.processes[name]
        process.stop()
        process.environment.update({"IM_FAILPOINTS": failpoints, **(environment or {})})
        process.start()
        self.wait_ready()

    def mend(self) -> None:
        """Thaw what hangs, start anew what has ended or was told to fail; return when all serve."""
        for process in self.processes.values():
            process.thaw()
            if process.environment["IM_FAILPOINTS"]:
                process.kill()
                process.environment["IM_FAILPOINTS"] = ""
            if not process.is_running:
                process.start()
        self.wait_ready()
        self.wait_consumers(len(self.writers))

    # ---- use

    @property
    def gateway_urls(self) -> list[str]:
        """The http address of each gateway."""
        return [f"http://127.0.0.1:{port}" for port in self._ports.values()]

    def serving_gateway(self) -> int:
        """The number of a gateway that serves.

        Raises:
            AssertionError: none does.
        """
        for number, name in enumerate(self._ports):
            # Alive is enough: without writers a gateway is not ready, and answers whoever reads.
            if self.processes[name].is_running and self._is_healthy(name, "live"):
                return number
        raise AssertionError("no gateway serves")

    @property
    def database(self) -> Database[dict[str, Any]]:
        """What the product stores."""
        return self._client().get_default_database()

    def connect(
        self, user: str, *, gateway: int = 0, recorder: Recorder | None = None, **options: Any
    ) -> Client:
        """A user's new connection to a gateway; `options` as of `Client.connect`."""
        url = self.gateway_urls[gateway]
        return Client.connect(url, make_token(user), recorder=recorder, **options)

    def tool(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """What an `imapp` command prints, run with the settings of this system.

        Raises:
            AssertionError: it failed; the text holds what it said.
        """
        with self.tool_beside(*arguments, environment=environment) as process:
            try:
                out, error = process.communicate(timeout=_TOOL_S)
            finally:
                process.kill()
        assert process.returncode == 0, f"imapp {' '.join(arguments)}: {process.returncode}\n{out}{error}"
        return out

    def tool_beside(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """An `imapp` command that runs with the settings of this system, to be waited for by the caller."""
        return subprocess.Popen(
            [BIN / "imapp", *arguments],
            env={**os.environ, **self._environment, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def publish_task(self, queue: str, task: str, payload: bytes) -> None:
        """Put a task onto a queue behind the product's back."""
        headers = {
            "lang": "py",
            "task": task,
            "id": secrets.token_hex(8),
            "argsrepr": "-",
            "kwargsrepr": "{}",
        }
        with _broker(self.amqp_url) as connection:
            connection.Producer().publish(
                [[payload], {}, {}],
                routing_key=f"{self.namespace}.{queue}",
                serializer="msgpack",
                headers=headers,
                correlation_id=headers["id"],
            )

    def metrics(self, name: str) -> str:
        """What a process shows to Prometheus."""
        bind = self.processes[name].environment["IM_METRICS_BIND"]
        return requests.get(f"http://{bind}/metrics", timeout=10).text

    def logs(self, name: str) -> str:
        """The end of a process's log."""
        return self.processes[name].tail()

    def tails(self) -> list[tuple[str, str]]:
        """The end of every log, with the process's name."""
        return [(name, process.tail()) for name, process in self.processes.items()]

    # ---- inside

    def _all_processes(self) -> Iterable[ManagedProcess]:
        for name, port in self._ports.items():
            command = (BIN / "gunicorn", "-c", "workers/gunicorn.conf.py", "wsgi:app")
            yield self._process(name, command, IM_BIND=f"127.0.0.1:{port}")
        for number, name in enumerate(self.writers):
            own = [f"messages.{shard}" for shard in range(self.shards) if shard % len(self.writers) == number]
            yield self._worker(name, ",".join(own))
        yield self._worker("receipts", "receipts,pushes" if self.es_url else "receipts,pushes,moves")
        for name in self._archives:
            yield self._worker(name, "archive,moves")
        for name in self._beats:
            yield self._process(name, _BEAT)

    def _worker(self, name: str, queues: str) -> ManagedProcess:
        return self._process(name, (*_WORKER, "-Q", queues, "-n", f"{name}-{self.namespace}@%h"))

    def _process(self, name: str, command: Iterable[str | Path], **more: str) -> ManagedProcess:
        environment = {**self._environment, "IM_FAILPOINTS": self._failpoints.get(name, ""), **more}
        if self._metrics:
            environment["IM_METRICS_BIND"] = f"127.0.0.1:{free_port()}"
        return ManagedProcess(name, list(command), environment=environment, log=self.folder / f"{name}.log")

    def _client(self) -> MongoClient[dict[str, Any]]:
        if self._mongo is None:
            self._mongo = MongoClient(self.mongo_url, tz_aware=True)
        return self._mongo

    def _is_ready(self, name: str) -> bool:
        if not self.processes[name].is_running:
            raise RuntimeError(f"{name} has ended:\n{self.logs(name)}")
        return self._is_healthy(name, "ready")

    def _is_healthy(self, name: str, how: str) -> bool:
        try:
            url = f"http://127.0.0.1:{self._ports[name]}/api/v1/health/{how}"
            return requests.get(url, timeout=2).ok
        except (requests.ConnectionError, requests.Timeout):
            return False

    def _queues(self) -> list[str]:
        shards = (f"messages.{shard}" for shard in range(self.shards))
        return [*shards, "receipts", "pushes", "moves", *(["archive"] if self.es_url else [])]

    def _has_consumers(self, name: str, wanted: int) -> bool:
        with _broker(self.amqp_url) as connection:
            try:
                found = connection.default_channel.queue_declare(f"{self.namespace}.{name}", passive=True)
            except connection.channel_errors:
                return False
            return bool(found.consumer_count >= wanted)

    def _drop_queues(self) -> None:
        try:
            with _broker(self.amqp_url) as connection:
                for name in (*self._queues(), "dead"):
                    connection.default_channel.queue_delete(f"{self.namespace}.{name}")
        except OperationalError:
            return  # the test took the broker away, and what was in it


def _broker(url: str) -> Any:
    return Connection(url, connect_timeout=5)
