"""The lines a person reads while the machine works."""

import contextlib
import sys


def say(text: str) -> None:
    """Print one line at once. A terminal that went away must not stop a clean-up, so failing is no error."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def complain(error: Exception) -> None:
    """Print why a command failed."""
    say(f"error: {error}")
