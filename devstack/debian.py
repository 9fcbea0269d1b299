"""Debian packages: which are missing, and installing them."""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.console import say
from devstack.errors import SetupFailed

LIBRARY_OF_MONGOD = "libcurl.so.4"
LIBRARY_OF_CLOCKS = Path("faketime/libfaketime.so.1")
LIBRARY_FOLDERS = [Path("/usr/lib"), *Path("/usr/lib").glob("*-linux-gnu")]
COMMANDS_OF_JAVA = {"javac": "default-jdk-headless", "mvn": "maven"}
COMMAND_OF_RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

_UPDATE = ["apt-get", "update"]
_POLICY = Path("/usr/sbin/policy-rc.d")
_START_NOTHING = "#!/bin/sh\nexit 101\n"

_ADVICE = {
    "libcurl4": "Or use your own MongoDB:  export IM_MONGO_URL='mongodb://HOST:27017/imapp?replicaSet=rs0'",
    "maven": "Or use your own Elasticsearch:  export IM_ES_URL='http://HOST:9200'",
    "rabbitmq-server": "Or use your own RabbitMQ:  export IM_AMQP_URL='amqp://USER:PASSWORD@HOST:5672//'",
}


def missing_packages(
    *, venv: bool, mongod: bool, rabbitmq: bool, elasticsearch: bool, clocks: bool = False
) -> list[str]:
    """Name the packages that must be installed before these can work; `clocks` are those that tests step."""
    needed = []
    if venv and importlib.util.find_spec("ensurepip") is None:
        needed.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if mongod and not _has_library(LIBRARY_OF_MONGOD):
        needed.append("libcurl4")
    if rabbitmq and not COMMAND_OF_RABBITMQ.exists():
        needed.append("rabbitmq-server")
    if elasticsearch:
        needed += [package for command, package in COMMANDS_OF_JAVA.items() if not shutil.which(command)]
    if clocks and find_clock_library() is None:
        needed.append("libfaketime")
    return needed


def find_clock_library() -> Path | None:
    """The library that gives a process another clock, if it is installed."""
    paths = (folder / LIBRARY_OF_CLOCKS for folder in LIBRARY_FOLDERS)
    return next((path for path in paths if path.exists()), None)


def install(packages: list[str], log: Path) -> None:
    """Install packages. Raises SetupFailed with what a person can do if this is not possible."""
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetupFailed(_explain(packages, command))
    say(f"set-up: Debian packages {' '.join(packages)}")
    with _starting_no_service():
        # The first try fails at once where the package lists are missing, and soon where they are old.
        if not (_succeeds(command, log) or (_succeeds(_UPDATE, log) and _succeeds(command, log))):
            raise SetupFailed(f"apt-get could not install {' '.join(packages)}; see {log}")


def _explain(packages: list[str], command: list[str]) -> str:
    reason = "only root can install them" if os.geteuid() != 0 else "there is no apt-get here"
    advice = [_ADVICE[package] for package in packages if package in _ADVICE]
    missing = f"Debian packages are missing ({' '.join(packages)}), and {reason}."
    return "\n  ".join([missing, f"As root:  {' '.join(command)}", *advice])


def _succeeds(command: list[str], log: Path) -> bool:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with log.open("a") as output:
        return subprocess.run(command, env=quiet, stdout=output, stderr=output, check=False).returncode == 0


@contextmanager
def _starting_no_service() -> Iterator[None]:
    """Keep packages from starting servers, by Debian's means for that; an existing policy stays."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text(_START_NOTHING)
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


def _has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
