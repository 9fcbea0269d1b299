"""Limits of the operating system that a benchmark must not run into."""

import resource


def raise_open_files() -> None:
    """Allow this process and its children as many open files as the machine does."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
