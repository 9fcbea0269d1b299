"""Which process this is, for whoever reads later who did something."""

import os
import socket


def this_process() -> str:
    """Host and process id, as in `host:4711`; another one in a process that was forked."""
    return f"{socket.gethostname()}:{os.getpid()}"
