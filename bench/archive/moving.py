"""How fast messages move, and what senders notice of it."""

import subprocess
import time
from typing import Final

from bench.runs import run
from bench.scenarios import Result, Scenario
from bench.systems import Product
from devstack.services import Stack
from imapp.stores.manifests import ManifestStore
from imapp.stores.mongo import Database

_SENDING: Final = Scenario(kind="pairs", size=50, window=5, seconds=10.0)
_MOVE_S: Final = 3_600.0


def sends_with_and_without(product: Product, stack: Stack) -> tuple[Result, Result | None]:
    """What is sent while nothing moves, and while a run moves at its usual pace.

    None if the run was over before the sending was: there are too few messages to tell.
    """
    without = run(product, _SENDING, stack)
    with product.cluster.tool_beside("archive", "run") as mover:
        try:
            meanwhile = run(product, _SENDING, stack)
            was_moving = mover.poll() is None
        finally:
            mover.kill()
            mover.communicate()
    return without, meanwhile if was_moving else None


def move_rate(product: Product, database: Database) -> tuple[float, int]:
    """Messages that move in a second with nothing else going on and no limit set, and how many that were.

    Raises:
        AssertionError: the run failed.
    """
    database["leases"].delete_many({"_id": "archive.move"})  # of the run that was killed
    manifests = ManifestStore(database)
    before = manifests.totals().get("archived", 0)
    began = time.monotonic()
    with product.cluster.tool_beside("archive", "run", environment={"IM_ARCHIVE_PER_S": "0"}) as mover:
        out, error = _ended(mover)
    assert mover.returncode == 0, out + error
    moved = manifests.totals().get("archived", 0) - before
    return moved / (time.monotonic() - began), moved


def verified(product: Product) -> list[str]:
    """What `imapp archive verify` names; nothing if all is whole."""
    with product.cluster.tool_beside("archive", "verify") as verifying:
        out, error = _ended(verifying)
    return [] if verifying.returncode == 0 else (out + error).splitlines()


def _ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        return process.communicate(timeout=_MOVE_S)
    finally:
        process.kill()
