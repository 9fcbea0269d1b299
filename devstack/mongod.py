"""A MongoDB replica set of one node, from the `mongod` binary in a Python wheel."""

import stat
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from devstack.errors import SetupFailed
from devstack.ports import LOOPBACK
from devstack.server import Server

REPLICA_SET = "rs0"
DATABASE = "imapp"

_NOT_YET_INITIALIZED = 94
_PROBE_MILLISECONDS = 1000


class Mongod(Server):
    """MongoDB with a journal, transactions and change streams, listening on loopback only."""

    name = "mongod"

    @property
    def url(self) -> str:
        """Where clients connect; names the product's default database."""
        return f"mongodb://{LOOPBACK}:{self.port}/{DATABASE}?replicaSet={REPLICA_SET}&directConnection=false"

    def launch(self) -> None:
        """Start the process and return at once."""
        self._data.mkdir(parents=True, exist_ok=True)
        super().launch()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _command(self) -> Sequence[str | Path]:
        options = {
            "--replSet": REPLICA_SET,
            "--port": str(self.port),
            "--bind_ip": LOOPBACK,
            "--dbpath": str(self._data),
            # Its default is half of the machine's memory.
            "--wiredTigerCacheSizeGB": "0.5",
            # Its default is a twentieth of the free disk.
            "--oplogSize": "1024",
        }
        parameters = {
            "diagnosticDataCollectionEnabled": "false",
            # What a killed writer has begun keeps its channel from all others until then (default: 60).
            "transactionLifetimeLimitSeconds": "10",
        }
        # Without --nounixsocket it leaves a socket in /tmp.
        words = [word for option in options.items() for word in option]
        words += [
            word for name, value in parameters.items() for word in ("--setParameter", f"{name}={value}")
        ]
        return [_binary(), "--quiet", "--nounixsocket", *words]

    def _answers(self) -> bool:
        try:
            with self._connect() as client:
                _configure(client, f"{LOOPBACK}:{self.port}")
                return bool(client.admin.command("hello")["isWritablePrimary"])
        except PyMongoError:
            return False

    def _connect(self) -> MongoClient[dict[str, object]]:
        return MongoClient(
            LOOPBACK,
            self.port,
            directConnection=True,
            serverSelectionTimeoutMS=_PROBE_MILLISECONDS,
            socketTimeoutMS=_PROBE_MILLISECONDS,
        )


def _configure(client: MongoClient[dict[str, object]], address: str) -> None:
    """Make the node the only member of its set, under the address it has now."""
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        members = [{"_id": 0, "host": address}]
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        return
    if config["members"][0]["host"] != address:
        # The data is from a time when another port was free; no other member could object to the force.
        config["members"][0]["host"] = address
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)


def _binary() -> Path:
    path = Path(sysconfig.get_path("purelib")) / "fiftyone" / "db" / "bin" / "mongod"
    if not path.exists():
        raise SetupFailed("mongod is missing: run `make setup`, or set IM_MONGO_URL to one you have")
    # Some installers lose the bit that makes it a program.
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
