"""The systems that are measured, as processes on the same servers."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import requests
from pymongo import MongoClient

from devstack.services import Stack
from imapp.config import Config
from imapp.settings import settings_of
from tests.support.cluster import Cluster
from tests.support.endpoint import webhook_settings
from tests.support.processes import BIN, ManagedProcess, free_port
from tests.support.waiting import eventually

_START_S: Final = 30.0
_RATES: Final = [setting.variable for field, setting in settings_of(Config) if field.startswith("limit_")]
_NEVER_REACHED: Final = "1000000/1000000"  # so that limits are looked at, and refuse nobody


class System(Protocol):
    """One system with a database of its own."""

    name: str
    dialect: str
    mongo_url: str

    def start(self) -> None:
        """Return when it serves."""

    def stop(self) -> None:
        """Return when nothing of it is left."""

    @property
    def url(self) -> str:
        """The http address of its gateway."""

    def roles(self) -> dict[str, Sequence[ManagedProcess]]:
        """Its processes by what they do."""


class Product:
    """One gateway, some writers and the receipts worker, as in production; with an archive if so wanted."""

    dialect = "product"

    def __init__(self, stack: Stack, *, writers: int, told: str = "", archived: bool = False) -> None:
        """`told` is the webhook for those who are not connected; without one nobody is told."""
        self.name = "product" if writers == 1 else f"product, {writers} writers"
        self.cluster = Cluster(
            stack.mongo_url,
            stack.amqp_url,
            f"bench-{'archive' if archived else writers}",
            es_url=stack.es_url if archived else "",
            gateways=1,
            writers=writers,
            environment={
                "IM_ENV": "production",
                "IM_SEARCH_TIMEOUT_S": str(Config(environment="test").search_timeout_s),
                **dict.fromkeys(_RATES, _NEVER_REACHED),
                **(webhook_settings(told) if told else {}),
            },
        )
        self.mongo_url = self.cluster.mongo_url

    def start(self) -> None:
        """Return when every queue has its consumer."""
        self.cluster.start()

    def stop(self) -> None:
        """Return when the processes are gone and the database dropped."""
        self.cluster.stop()

    @property
    def url(self) -> str:
        """The gateway."""
        return self.cluster.gateway_urls[0]

    def roles(self) -> dict[str, Sequence[ManagedProcess]]:
        """The gateway; the writers with the receipts worker."""
        processes = self.cluster.processes
        workers = [process for name, process in processes.items() if not name.startswith("gateway")]
        return {"gateway": [processes["gateway-0"]], "workers": workers}


class Yardstick:
    """`bench.yardstick`: one gateway, one worker."""

    name = "yardstick"
    dialect = "yardstick"

    def __init__(self, stack: Stack) -> None:
        self._port = free_port()
        self._folder = Path(mkdtemp(prefix="imapp-yardstick-"))
        self.mongo_url = urlsplit(stack.mongo_url)._replace(path="/yardstick").geturl()
        environment = {
            "YARDSTICK_AMQP_URL": stack.amqp_url,
            "YARDSTICK_MONGO_URL": self.mongo_url,
            "YARDSTICK_NAMESPACE": "yardstick",
        }
        commands = {"gateway": self._gateway(), "worker": _WORKER}
        self._processes = {
            name: ManagedProcess(name, command, environment=environment, log=self._folder / f"{name}.log")
            for name, command in commands.items()
        }

    def start(self) -> None:
        """Return when the gateway answers; the worker's queue keeps what comes before it is there."""
        for process in self._processes.values():
            process.start()
        eventually(self._is_ready, timeout=_START_S, what="the yardstick's gateway answers")

    def stop(self) -> None:
        """Return when the processes are gone and the database dropped."""
        for process in self._processes.values():
            process.kill()
        client: MongoClient[dict[str, Any]] = MongoClient(self.mongo_url)
        with client:
            client.drop_database(client.get_default_database().name)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """The gateway."""
        return f"http://127.0.0.1:{self._port}"

    def roles(self) -> dict[str, Sequence[ManagedProcess]]:
        """The gateway and the worker."""
        return {"gateway": [self._processes["gateway"]], "workers": [self._processes["worker"]]}

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/ready", timeout=2).ok
        except (requests.ConnectionError, requests.Timeout):
            return False

    def _gateway(self) -> list[str]:
        return [
            *(str(BIN / "gunicorn"), "-k", "gevent", "-w", "1", "-b", f"127.0.0.1:{self._port}"),
            *("--worker-connections", "5000", "bench.yardstick.gateway:app"),
        ]


_WORKER: Final = [
    *(str(BIN / "celery"), "-A", "bench.yardstick.worker", "worker", "-P", "threads", "-c", "1"),
    *("-Q", "yardstick.s0,yardstick.s1", "-l", "WARNING", "-n", "yardstick@%h"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
]
