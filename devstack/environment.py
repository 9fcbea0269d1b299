"""The environment of the product's own processes under `make run`."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from devstack import ports
from devstack.console import say
from devstack.errors import RunFailed
from devstack.profiles import VENV

BIN = VENV / "bin"

PREFERRED_WEB_PORT = 8080

_KEY_BYTES = 48
_CALM = "ignore:You're running the worker with superuser privileges"
"""Celery says so over many lines for every worker, but on a bare machine `make run` is run by root."""


def prepare(folder: Path, urls: Mapping[str, str]) -> dict[str, str]:
    """Give the variables the processes run with; those that are set already win.

    The product's own are also written to `imapp.env` in the folder, readable by the owner only, so that
    commands typed in another terminal find the same servers and key. Raises RunFailed if IM_BIND names a port
    that is taken.
    """
    product = {
        **{name: value for name, value in os.environ.items() if name.startswith("IM_")},
        "IM_ENV": os.environ.get("IM_ENV", "development"),
        **urls,
        "IM_JWT_KEY": os.environ.get("IM_JWT_KEY") or _secret(folder / "jwt.key"),
        "IM_BIND": _bind(os.environ.get("IM_BIND")),
    }
    _write_private(folder / "imapp.env", "".join(f"{name}={value}\n" for name, value in product.items()))
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {"PYTHONWARNINGS": _CALM, **os.environ, **product, "PATH": path, "PYTHONUNBUFFERED": "1"}


def _bind(wanted: str | None) -> str:
    if wanted is None:
        port = ports.first_free(PREFERRED_WEB_PORT)
        if port != PREFERRED_WEB_PORT:
            say(f"imapp: port {PREFERRED_WEB_PORT} is taken by another program, using {port}")
        return f"{ports.LOOPBACK}:{port}"
    host, _, port_text = wanted.rpartition(":")
    is_ipv6 = host.startswith("[")
    if not port_text.isdigit() or not (is_ipv6 or ports.is_free(int(port_text), host)):
        raise RunFailed(f"can't listen on IM_BIND={wanted}: choose a free HOST:PORT")
    return wanted


def _secret(path: Path) -> str:
    """The secret kept in this file; made on first use."""
    if not (path.exists() and path.read_text()):
        _write_private(path, secrets.token_urlsafe(_KEY_BYTES))
    return path.read_text()


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
