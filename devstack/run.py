"""`make run`: the whole product on this machine until Ctrl-C."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from devstack import environment, locks, processes, services
from devstack.console import say
from devstack.errors import RunFailed
from devstack.health import Health
from devstack.procfile import KILL_SECONDS
from devstack.profiles import ROOT, RUN
from devstack.signals import Interrupted, interrupting

READY_SECONDS = 60

MARK = RUN.folder / "procfile"

WELCOME = """
imapp is ready.
  web API     http://{address}/api/v1
  its manual  http://{address}/docs
  socket      ws://{address}/ws
{seeded}
Try, in another terminal:  .venv/bin/imapp chat --as an
Ctrl-C here stops everything.
"""


def run() -> int:
    """Serve until a signal comes; return the exit status.

    The first signal stops everything in order, a second one at once; either way no process is left.
    Raises RunFailed, or whatever kept the services from starting.
    """
    with locks.alone(RUN.folder / "run.lock") as is_alone:
        if not is_alone:
            raise RunFailed("`make run` is at work in this folder already; `make down` ends it")
        try:
            with interrupting(), services.running(RUN.name, all_of_them=False) as stack:
                _serve(stack)
        except Interrupted:
            say("stopped")
        finally:
            _end_what_is_left()
    return 0


def _serve(stack: services.Stack) -> None:
    processes.kill_all(processes.marked(MARK))  # left by a run that was killed; they would hold the port
    variables = environment.prepare(RUN.folder, stack.environment)
    seeded = _seed(variables)
    with _procfile(variables) as leader:
        health = Health(variables["IM_BIND"])
        _await_ready(health, leader)
        # All but search and old history works without it, so it started beside everything else.
        stack.await_serving()
        say(WELCOME.format(address=health.address, seeded=seeded))
        while leader.is_running():
            time.sleep(0.2)
    raise RunFailed("a process of the Procfile ended; the line above names it")


def _seed(variables: dict[str, str]) -> str:
    """Create indexes, demo users and channels; return what the command says about them."""
    say("imapp: creating indexes, demo users and channels")
    command = [str(environment.BIN / "imapp"), "seed"]
    seeding = subprocess.run(command, env=variables, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if seeding.returncode != 0:
        raise RunFailed(f"`imapp seed` failed with status {seeding.returncode}:\n{seeding.stdout}")
    return seeding.stdout


@contextmanager
def _procfile(variables: dict[str, str]) -> Iterator[processes.Process]:
    say("imapp: starting every process of the Procfile")
    leader = processes.spawn(
        [sys.executable, "-m", "devstack.procfile"], environment=variables, mark=MARK, log=None
    )
    try:
        yield leader
    finally:
        say("imapp: stopping (Ctrl-C again: at once)")
        try:
            leader.end(KILL_SECONDS + 5)
        finally:
            processes.kill_all(processes.marked(MARK))


def _await_ready(health: Health, leader: processes.Process) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not health.is_ready():
        if not leader.is_running():
            raise RunFailed("a process of the Procfile ended; the line above names it")
        if time.monotonic() > deadline:
            raise RunFailed(f"{health.url} did not answer 200 within {READY_SECONDS} s: {health.reason}")
        time.sleep(0.2)


def _end_what_is_left() -> None:
    """After a clean end nothing is; after a second signal it may be much."""
    left = MARK if services.is_kept(RUN) else RUN.folder
    processes.kill_all(processes.marked(left))
