"""`python -m tests.autobahn`: install the suite, start the echo, run the cases, judge the report."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Final

import requests

from devstack.console import complain, say
from devstack.profiles import DATA
from tests.autobahn.python import NoPython27, install_suite
from tests.autobahn.verdict import Verdict, read_verdict
from tests.support.processes import BIN, ROOT, ManagedProcess, free_port
from tests.support.waiting import eventually

FOLDER: Final = DATA / "autobahn"
CASES: Final = ("1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.1.*", "10.*")
_RUN_S: Final = 600
_START_S: Final = 30


def main() -> int:
    """Run the suite; the exit status is 1 if a case fails, 2 if it could not be run."""
    try:
        command = install_suite(FOLDER)
    except (NoPython27, subprocess.SubprocessError) as error:
        complain(error)
        return 2
    with _echo() as port:
        verdict = _run_cases(command, port)
    _show(verdict)
    return 0 if verdict.passed else 1


@contextmanager
def _echo() -> Iterator[int]:
    """The endpoint, on this port."""
    port = free_port()
    command = (BIN / "gunicorn", "-c", "tests/autobahn/server.py", "tests.autobahn.echo:app")
    environment = {
        "IM_ENV": "test",
        "IM_BIND": f"127.0.0.1:{port}",
        "IM_JWT_KEY": secrets.token_hex(32),  # the settings want one, the echo does not
    }
    process = ManagedProcess("echo", command, environment=environment, log=FOLDER / "echo.log")
    process.start()
    try:
        eventually(lambda: _answers(port), timeout=_START_S, what=f"the echo answers; see {process.log}")
        yield port
    finally:
        process.stop()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=2).status_code == HTTPStatus.BAD_REQUEST
    except requests.ConnectionError:
        return False


def _run_cases(command: Path, port: int) -> Verdict:
    specification = {
        "outdir": str(FOLDER / "report"),
        "servers": [{"agent": "imapp", "url": f"ws://127.0.0.1:{port}"}],
        "cases": CASES,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }
    path = FOLDER / "fuzzingclient.json"
    path.write_text(json.dumps(specification))
    (FOLDER / "report" / "index.json").unlink(missing_ok=True)
    with (FOLDER / "fuzzingclient.log").open("w") as log:
        subprocess.run(
            [command, "-m", "fuzzingclient", "-s", path],
            check=True,
            timeout=_RUN_S,
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    return read_verdict(FOLDER / "report" / "index.json")


def _show(verdict: Verdict) -> None:
    counted = ", ".join(f"{count} {behavior}" for behavior, count in sorted(verdict.counts.items()))
    say(f"autobahn: {sum(verdict.counts.values())} cases: {counted or 'none'}")
    for failure in verdict.failures:
        say(f"  failed: {failure}")
    say(f"  report: {FOLDER / 'report' / 'index.html'}")


if __name__ == "__main__":
    sys.exit(main())
