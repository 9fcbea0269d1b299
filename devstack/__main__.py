"""`python -m devstack up|down|status|run`: the development services from a shell."""

import argparse
import sys
from collections.abc import Callable

from devstack import services
from devstack.console import complain, say
from devstack.errors import DevstackError
from devstack.profiles import PROFILES
from devstack.run import run


def up(profile: str) -> int:
    """Start the services and leave them running; print the variables that point at them."""
    stack = services.up(profile)
    for variable, value in stack.environment.items():
        print(f"{variable}={value}")
    return 0


def down(profile: str) -> int:
    """Stop the services."""
    services.down(profile)
    return 0


def status(profile: str) -> int:
    """Print which services run; the exit status is 1 unless all of them do."""
    servers = services.Stack(PROFILES[profile]).servers
    for server in servers:
        state = f"runs on port {server.port} (pid {server.pid})" if server.is_serving() else "does not run"
        print(f"{server.name} {state}; log: {server.log}")
    return 0 if all(server.is_running() for server in servers) else 1


def serve(profile: str) -> int:
    """Run the whole product until Ctrl-C."""
    if profile != "run":
        say("note: `run` always uses the profile `run`")
    return run()


COMMANDS: dict[str, Callable[[str], int]] = {"up": up, "down": down, "status": status, "run": serve}


def main() -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m devstack", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--profile", choices=PROFILES, default="run")
    arguments = parser.parse_args()
    try:
        return COMMANDS[arguments.command](arguments.profile)
    except DevstackError as error:
        complain(error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
