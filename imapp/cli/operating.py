"""What the commands share by which operators look at or change what is others': all of it is written down."""

import getpass
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click

from imapp.cli.settings import running_config
from imapp.errors import ArchiveUnavailable, RequestError, StoreUnavailable
from imapp.stores.audit import Intent
from imapp.wiring import tool_services
from imapp.wiring.tools import ToolServices
from schemas.admin import MAX_REASON_CHARS
from schemas.errors import ErrorCode

_ACTOR_PREFIX: Final = "cli:"


def _short(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not (0 < len(value) <= MAX_REASON_CHARS and value.isprintable()):
        raise click.BadParameter(f"1 to {MAX_REASON_CHARS} characters in one line")
    return value


reason_option: Final = click.option("--reason", callback=_short, help="Why, for the audit log.")


@contextmanager
def tools(about: str = "such thing") -> Iterator[ToolServices]:
    """The services of a command; a refusal or an outage becomes its error, with what it is about."""
    try:
        yield tool_services(running_config())
    except StoreUnavailable as error:
        raise click.ClickException(f"MongoDB does not answer: {error}") from error
    except RequestError as error:
        if error.code is ErrorCode.NOT_FOUND:
            raise click.ClickException(f"There is no {about}.") from error
        told = f" {error.errors}" if error.errors else ""
        raise click.ClickException(f"{error.message}{told}") from error


@contextmanager
def told_who_is_away(advice: str = "") -> Iterator[None]:
    """A server that does not answer becomes the command's error; `advice` follows what Elasticsearch said."""
    try:
        yield
    except StoreUnavailable as error:
        raise click.ClickException(f"MongoDB does not answer: {error}") from error
    except ArchiveUnavailable as error:
        raise click.ClickException(f"Elasticsearch does not answer: {error}{advice}") from error


def intent_of(
    services: ToolServices, action: str, targets: Sequence[str], reason: str | None, **details: Any
) -> Intent:
    """What is written down of a command: who is signed in to this machine, and which machine it is."""
    return Intent(
        actor=_ACTOR_PREFIX + _signed_in(),
        action=action,
        targets=targets,
        details=details,
        reason=reason,
        request_id="",
        address=socket.gethostname(),
        at_ms=services.audit.now_ms(),
    )


def _signed_in() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user id on this machine, as in containers
        return str(os.getuid())
