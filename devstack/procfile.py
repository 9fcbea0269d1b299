"""Run every process of the Procfile until one ends or SIGTERM comes: `python -m devstack.procfile`.

A program of its own because honcho takes over the signal handlers of the one it runs in.
"""

import sys

from honcho import manager
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from devstack.console import say
from devstack.profiles import ROOT

KILL_SECONDS = 20
"""How long the processes may take to end after SIGTERM: gateways say goodbye to their sockets first."""

_STOPPED = " stopped (rc="
_ENDINGS = (_STOPPED, " received")


class WitnessingPrinter(Printer):
    """Prints as honcho does, and remembers how the end began: with a process that ended, or with a signal."""

    beginning_of_end = ""

    def write(self, message: Message) -> None:
        """Print one line of a process or of honcho itself."""
        if message.name == manager.SYSTEM_PRINTER_NAME and any(word in message.data for word in _ENDINGS):
            self.beginning_of_end = self.beginning_of_end or message.data.strip()
        super().write(message)


def main() -> int:
    """Return when everything has ended; the exit status is that of the process that ended first."""
    manager.KILL_WAIT = KILL_SECONDS
    printer = WitnessingPrinter(sys.stdout)
    supervisor = manager.Manager(printer)
    for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
        # Without a shell in between, the process that ends is the one that is reported.
        supervisor.add_process(name, f"exec {command}", cwd=str(ROOT))
    supervisor.loop()
    if _STOPPED in printer.beginning_of_end:
        say(f"error: {printer.beginning_of_end} by itself, so the others were stopped; see its lines above")
    return int(supervisor.returncode or 0)


if __name__ == "__main__":
    sys.exit(main())
