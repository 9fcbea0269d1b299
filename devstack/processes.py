"""Starting, recognising and ending processes that may outlive the one that started them."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MARK = "IMAPP_DEVSTACK"
"""Variable in the environment of all we start: the folder it works for, so it is found without a record."""

LOG_LIMIT_BYTES = 20 * 1024 * 1024

_ENDED = ("Z", "X")
"""proc(5): zombie, dead."""


@dataclass(frozen=True)
class Process:
    """A process that is told apart from a later one with the same number."""

    pid: int
    started: int
    """Clock ticks between the machine's start and the process's."""

    def is_running(self) -> bool:
        """Whether it can still do something; a zombie can't."""
        state, started = _look_up(self.pid)
        if started != self.started:
            return False
        if state in _ENDED:
            with suppress(ChildProcessError):  # reaping it is up to its parent, which we may be
                os.waitpid(self.pid, os.WNOHANG)
        return state not in _ENDED

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens if the process is gone."""
        if self.is_running():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once, and return when it is gone."""
        self.send(signal.SIGKILL)
        wait_until(lambda: not self.is_running(), 10)

    def end(self, seconds: float) -> None:
        """Ask it to end, and return when it is gone; by force after some seconds."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)
        if not wait_until(lambda: not self.is_running(), seconds):
            self.kill()


def spawn(
    command: Sequence[str | Path], *, environment: Mapping[str, str], mark: Path, log: Path | None
) -> Process:
    """Start a command in a session of its own, marked as working for a folder, its output added to `log`.

    Without a log it shares our output. It inherits no other open file, so it can't hold a lock of ours.
    """
    with _opened(log) as output:
        child = subprocess.Popen(
            command,
            env={**environment, MARK: str(mark)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
        )
    # The child may outlive this object on purpose; Popen would warn about that if it knew.
    child.returncode = 0
    return Process(child.pid, _look_up(child.pid)[1])


def marked(folder: Path) -> list[Process]:
    """Every running process that was started for this folder or for one inside it."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [Process(pid, _look_up(pid)[1]) for pid in pids if _works_for(folder, pid)]


def kill_all(processes: Iterable[Process]) -> None:
    """End all of them at once, and return when they are gone."""
    doomed = list(processes)
    for process in doomed:
        process.send(signal.SIGKILL)
    for process in doomed:
        process.kill()


def wait_until(condition: Callable[[], bool], seconds: float, *, poll: float = 0.05) -> bool:
    """Whether the condition became true within some seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(poll)
    return True


@contextmanager
def _opened(log: Path | None) -> Iterator[IO[str] | None]:
    if log is None:
        yield None
        return
    is_too_long = log.exists() and log.stat().st_size > LOG_LIMIT_BYTES
    with log.open("w" if is_too_long else "a") as file:
        yield file


def _works_for(folder: Path, pid: int) -> bool:
    prefix = f"{MARK}={folder}".encode()
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(variable == prefix or variable.startswith(prefix + b"/") for variable in variables)


def _look_up(pid: int) -> tuple[str, int]:
    """Read the state and the start time of a process; there is none with start time 0."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "X", 0
    # proc(5): the command's name may hold blanks and brackets. Then comes the state; 19 on, the start.
    fields = line.rpartition(")")[2].split()
    return fields[0], int(fields[19])
