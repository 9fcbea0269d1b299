"""The core of Elasticsearch's real server on one node, from the jars that `make setup` fetched."""

import http.client
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from devstack.errors import SetupFailed
from devstack.ports import LOOPBACK
from devstack.profiles import ELASTICSEARCH
from devstack.roots import with_mounted_root
from devstack.server import Server

SERVING = ("yellow", "green")
"""States of a cluster whose indices can all be used; one node is yellow where replicas are wanted."""

_TRANSPORT_OFFSET = 1000
_TRANSPORT_PORTS = 50
_ANSWER_SECONDS = 2


class Elasticsearch(Server):
    """Bulk, search, aliases and templates, on loopback only: what the product needs, no plugins."""

    name = "elasticsearch"
    start_seconds = recover_seconds = 180
    """Some 10 s are enough on idle cores, but it starts together with everything else."""

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"http://{LOOPBACK}:{self.port}"

    def launch(self) -> None:
        """Start the process and return at once."""
        if not ELASTICSEARCH.is_dir() or shutil.which("java") is None:
            raise SetupFailed("Elasticsearch is missing: run `make setup`, or set IM_ES_URL to one you have")
        self._temporary.mkdir(parents=True, exist_ok=True)
        super().launch()

    @property
    def _temporary(self) -> Path:
        return self.folder / "tmp"

    def _command(self) -> Sequence[str | Path]:
        first = self.port + _TRANSPORT_OFFSET
        class_path = f"{ELASTICSEARCH}/classes:{ELASTICSEARCH}/lib/*"
        # The collector for small heaps: others keep threads and memory for what this one has no use of. And
        # the quick compiler alone: the other one takes most of a small machine for the first minutes.
        heap = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        # It leaves nothing in /tmp, neither figures for other Java programs nor unpacked libraries.
        outside = ["-XX:-UsePerfData", f"-Djava.io.tmpdir={self._temporary}"]
        # Else it would listen on loopback through an IPv6 socket, where `ports` does not look.
        options = [*heap, *outside, "-Djava.net.preferIPv4Stack=true", "-cp", class_path]
        numbers = [str(self.port), f"{first}-{first + _TRANSPORT_PORTS}"]
        command: list[str | Path] = ["java", *options, "EmbeddedNode", ELASTICSEARCH, self.folder, *numbers]
        return with_mounted_root(command, self.folder / "root")

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("GET", "/_cluster/health")
            return json.loads(connection.getresponse().read()).get("status") in SERVING
        except (OSError, ValueError, http.client.HTTPException):
            return False
        finally:
            connection.close()
