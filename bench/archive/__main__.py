"""`python -m bench.archive`: measure indexing, moving, reading and searching, keep the figures if wanted."""

import argparse
import signal
import sys

from bench.archive.course import measured
from bench.archive.report import table
from bench.limits import raise_open_files
from bench.report import ARCHIVE_RUN, FILE, PAGE, keep, put_into
from devstack.services import running
from tests.support.processes import ROOT


def main() -> int:
    """Do what the command line asks for; 1 if the archive is not whole afterwards."""
    parser = argparse.ArgumentParser(prog="python -m bench.archive", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many are there (a million)")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and .json")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what it started ends with it
    raise_open_files()
    with running("bench") as stack:
        figures = measured(stack, wanted.messages)
    text = table(figures)
    print(f"\n{text}")
    if wanted.write:
        keep("archive", figures)
        put_into(PAGE, text, ARCHIVE_RUN)
        print(f"\nwritten to {FILE.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}")
    return 1 if figures.problems else 0


if __name__ == "__main__":
    sys.exit(main())
