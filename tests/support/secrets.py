"""What may stand in no log of any process: tokens, keys and signatures."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.support.signing import GATEWAY_KEY, OLD_GATEWAY_KEY
from tests.support.tokens import JWT_KEY

_TOKEN: Final = re.compile(rb"eyJ[\w-]{8,}")  # how each JSON web token begins
_KEYS: Final = tuple(key.encode() for key in (JWT_KEY, GATEWAY_KEY, OLD_GATEWAY_KEY))


def leaked(log: bytes) -> Iterator[str]:
    """The lines of a log that hold a secret."""
    for line in log.splitlines():
        if _TOKEN.search(line) or any(key in line for key in _KEYS):
            yield line.decode(errors="replace")[:500]


def leaked_in(folder: Path) -> list[str]:
    """The lines with a secret in all logs of a folder, each after the name of its log."""
    return [
        f"{log.name}: {line}" for log in sorted(folder.glob("*.log")) for line in leaked(log.read_bytes())
    ]
