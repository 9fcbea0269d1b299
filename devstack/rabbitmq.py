"""A RabbitMQ broker from Debian's package, run by us instead of by the system."""

import hashlib
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from devstack import ports
from devstack.errors import SetupFailed
from devstack.ports import LOOPBACK
from devstack.record import Record
from devstack.server import Server

# Those in /usr/sbin change to the user `rabbitmq`, who can't write our folder and ignores our variables.
COMMANDS = Path("/usr/lib/rabbitmq/bin")

_GREETING = b"AMQP\x00\x00\x09\x01"
_METHOD_FRAME = b"\x01"
_DISTRIBUTION_OFFSET = 20000
_CONTROL_SECONDS = 60
_LOOPBACK_ONLY = "-kernel inet_dist_use_interface {127,0,0,1}"

_CONFIGURATION = """\
listeners.tcp.1 = {host}:{port}
log.console = true
log.file = false
"""


class Epmd(Server):
    """Erlang's name service on a port of our own, so that we never meet another broker's and may end it."""

    name = "epmd"

    def _command(self) -> Sequence[str | Path]:
        return ["epmd", "-port", str(self.port), "-address", LOOPBACK]

    def _answers(self) -> bool:
        return True


class RabbitMq(Server):
    """The broker, listening on loopback only, without plugins."""

    name = "rabbitmq"

    def __init__(self, folder: Path, record: Record, preferred_port: int) -> None:
        super().__init__(folder, record, preferred_port)
        self._epmd = Epmd(folder, record, self.port + 1)
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()
        self._node = f"imapp-{digest[:12]}@localhost"

    @property
    def url(self) -> str:
        """Where clients connect: the default virtual host."""
        return f"amqp://guest:guest@{LOOPBACK}:{self.port}//"

    def rabbitmqctl(self, *arguments: str) -> str:
        """Run one of RabbitMQ's own commands here; return what it prints. Raises CalledProcessError."""
        command = [str(COMMANDS / "rabbitmqctl"), "--quiet", "--node", self._node, *arguments]
        return subprocess.run(
            command,
            env=self._node_environment(),
            check=True,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_CONTROL_SECONDS,
        ).stdout

    def launch(self) -> None:
        """Start the process and return at once."""
        if not COMMANDS.is_dir():
            raise SetupFailed("RabbitMQ is missing: run `make setup`, or set IM_AMQP_URL to one you have")
        self._epmd.start()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rabbitmq.conf").write_text(_CONFIGURATION.format(host=LOOPBACK, port=self.port))
        (self.folder / "enabled_plugins").write_text("[].\n")
        super().launch()

    def stop(self) -> None:
        """End it cleanly and return when it is gone, and the name service too."""
        super().stop()
        self._epmd.stop()

    def _command(self) -> Sequence[str | Path]:
        return [COMMANDS / "rabbitmq-server"]

    def _environment(self) -> Mapping[str, str]:
        return {
            **self._node_environment(),
            "ERL_CRASH_DUMP": str(self.folder / "erl_crash.dump"),
            "RABBITMQ_DIST_PORT": str(ports.first_free(self.port + _DISTRIBUTION_OFFSET)),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _LOOPBACK_ONLY,
            # As under systemd the script then turns into the Erlang machine instead of watching over it: the
            # process we start is the broker itself, and SIGTERM to it is a clean stop.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def _node_environment(self) -> dict[str, str]:
        """What the broker and its command line tools must agree on."""
        misleading = ("RABBITMQ_", "ERL_")
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith(misleading)},
            "HOME": str(self.folder),  # where the Erlang cookie is kept
            "LC_ALL": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd.port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_CONF_ENV_FILE": os.devnull,  # the system's own broker is configured there
            "RABBITMQ_CTL_ERL_ARGS": _LOOPBACK_ONLY,
        }

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
                connection.sendall(_GREETING)
                return connection.recv(1) == _METHOD_FRAME
        except OSError:
            return False
