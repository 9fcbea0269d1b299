"""The machine: whether it lets a gateway hold as many sockets as it would take."""

import resource
from collections.abc import Iterator
from typing import Final

from imapp.services.doctor import Finding, ok, warn

_SOCKETS: Final = 20_000  # what a gateway takes at most, as in workers/gunicorn.conf.py
_OTHERS: Final = 200  # its own connections, files and libraries


def machine_findings(open_files: int | None = None) -> Iterator[Finding]:
    """What is found; `open_files` in place of this process's own limit."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if open_files is None else open_files
    if limit == resource.RLIM_INFINITY or limit >= _SOCKETS + _OTHERS:
        yield ok(f"open files: {limit} allowed")
    else:
        yield warn(
            f"open files: {limit} allowed, so a gateway holds fewer than {limit} connections",
            f"ulimit -n {_SOCKETS + _OTHERS}, or LimitNOFILE= of its systemd unit",
        )
