"""What every server of the stack can do: start, stop, and be hurt on purpose."""

import os
import shutil
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from devstack import ports, processes
from devstack.console import say
from devstack.errors import StartFailed
from devstack.record import Entry, Record

STOP_SECONDS = 30
PORT_SECONDS = 10
"""How long the port of a server that was killed may stay taken."""

LOG_TAIL_LINES = 15


class Server(ABC):
    """One server process with a port and a data folder; found again through the record if it runs already."""

    name: ClassVar[str]
    start_seconds: ClassVar[int] = 60
    """How long it may take until it answers."""
    recover_seconds: ClassVar[int] = 30
    """How long one that runs already may take to answer before it is replaced."""

    def __init__(self, folder: Path, record: Record, preferred_port: int) -> None:
        self.folder = folder / self.name
        self._record = record
        entry = record.find(self.name)
        self._process = entry.process if entry else None
        self.port = entry.port if entry else ports.first_free(preferred_port)

    @property
    def pid(self) -> int:
        """The process that listens (for RabbitMQ the Erlang machine); 0 before the first start."""
        return self._process.pid if self._process else 0

    @property
    def log(self) -> Path:
        """Where the server writes what it does."""
        return self.folder / "log"

    def is_running(self) -> bool:
        """Whether the process exists, be it frozen or not."""
        return self._process is not None and self._process.is_running()

    def is_serving(self) -> bool:
        """Whether the process answers on its port."""
        return self.is_running() and self._listens() and self._answers()

    def start(self) -> None:
        """Start it with the same port and data as before; return when it serves. Fine if it does already."""
        self.launch()
        self.await_serving()

    def launch(self) -> None:
        """Start the process and return at once; `await_serving` does the rest. One that serves is kept."""
        self.thaw()
        if self.is_running() and processes.wait_until(self.is_serving, self.recover_seconds):
            return
        # A broker that was killed leaves helpers, who take a moment to notice.
        processes.kill_all(processes.marked(self.folder))
        processes.wait_until(lambda: ports.is_free(self.port), PORT_SECONDS)
        say(f"{self.name}: starting on {ports.LOOPBACK}:{self.port}")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = processes.spawn(
            self._command(), environment=self._environment(), mark=self.folder, log=self.log
        )
        self._record.store(self.name, Entry(self._process, self.port))

    def await_port(self) -> None:
        """Return when it holds its port, or has ended: from then on others may choose theirs."""
        processes.wait_until(lambda: self._listens() or not self.is_running(), self.start_seconds)

    def await_serving(self) -> None:
        """Return when it serves. Raises StartFailed if it ends or takes too long."""
        deadline = time.monotonic() + self.start_seconds
        while not self.is_serving():
            if not self.is_running():
                raise StartFailed(self.name, "ended while starting", self._log_tail())
            if time.monotonic() > deadline:
                raise StartFailed(
                    self.name, f"did not answer within {self.start_seconds} s", self._log_tail()
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """End it cleanly and return when it is gone."""
        if self._process and self._process.is_running():
            say(f"{self.name}: stopping")
            self._process.end(STOP_SECONDS)
        self._record.forget(self.name)

    def kill(self) -> None:
        """End it at once (SIGKILL): nothing is flushed, nobody is told. `start` brings it back."""
        if self._process:
            self._process.kill()

    def freeze(self) -> None:
        """Stop it where it stands (SIGSTOP): its sockets stay open and nobody answers."""
        if self._process:
            self._process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        if self._process:
            self._process.send(signal.SIGCONT)

    def discard(self) -> None:
        """Forget everything an earlier run stored, unless the server runs."""
        if not self.is_running():
            shutil.rmtree(self.folder, ignore_errors=True)

    def _listens(self) -> bool:
        return ports.listens(self.pid, self.port)

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def _environment(self) -> Mapping[str, str]:
        return os.environ

    @abstractmethod
    def _command(self) -> Sequence[str | Path]:
        """The command that runs it in the foreground, so that the process started is the one that listens."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it is ready for clients, given that it listens."""
