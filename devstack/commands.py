"""Running the commands of the set-up, their output in one log."""

import os
import subprocess
from pathlib import Path

from devstack.errors import SetupFailed
from devstack.profiles import DATA, ROOT

LOG = DATA / "setup.log"
TEMPORARY = DATA / "tmp"

_LOG_TAIL_LINES = 12


def run_logged(*command: str | Path) -> None:
    """Run a command in the project's folder; its output goes to the log.

    Raises SetupFailed with the end of the log if it fails.
    """
    TEMPORARY.mkdir(parents=True, exist_ok=True)
    surroundings = {**os.environ, "TMPDIR": str(TEMPORARY), "PIP_ROOT_USER_ACTION": "ignore", "PIP_USER": "0"}
    with LOG.open("a") as output:
        done = subprocess.run(command, env=surroundings, cwd=ROOT, stdout=output, stderr=output, check=False)
    if done.returncode != 0:
        tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:])
        raise SetupFailed(f"`{' '.join(map(str, command))}` failed; the end of {LOG}:\n{tail}")
