"""Who moves what is old on a system under test: for him forty days have passed."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from tests.support.clock import ClockFile
from tests.support.cluster import Cluster
from tests.support.waiting import eventually

_LATER_S: Final = 40 * 24 * 3600
_RUN_S: Final = 120.0


class Archivist:
    """Runs `imapp archive` with a clock that is forty days ahead: everything but the newest is old."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        clock = ClockFile(Path(cluster.folder) / "archivist.clock")
        clock.step(_LATER_S)
        self._clock = clock.worker_environment

    def move(self) -> None:
        """Move what can be moved.

        Raises:
            AssertionError: something could not be.
        """
        with self.moving() as mover:
            out, error = mover.communicate(timeout=_RUN_S)
        assert mover.returncode == 0, out + error

    def outlive(self) -> None:
        """Let the time pass for which a run that has died would keep others from moving."""
        self.cluster.database["leases"].delete_many({"_id": "archive.move"})

    def let_go(self) -> None:
        """Let the time pass for which copies are held that a command has referred to."""
        self.cluster.database["holds"].delete_many({})

    @contextmanager
    def moving(self, failpoints: str = "") -> Iterator[subprocess.Popen[str]]:
        """A run under way for the length of the block at most, with these failpoints."""
        environment: Mapping[str, str] = {**self._clock, "IM_FAILPOINTS": failpoints}
        with self.cluster.tool_beside("archive", "run", environment=environment) as mover:
            try:
                yield mover
            finally:
                mover.kill()

    @contextmanager
    def stopped_at(self, step: str) -> Iterator[None]:
        """A run that hangs when it first comes to a step, for the length of the block, and then goes on."""
        with self.moving(f"archive.{step}=1:stop") as mover:
            process = psutil.Process(mover.pid)
            eventually(
                lambda: process.status() == psutil.STATUS_STOPPED, timeout=_RUN_S, what=f"a move is at {step}"
            )
            yield
            process.resume()
            mover.communicate(timeout=_RUN_S)

    def die_at(self, step: str) -> None:
        """A run that is killed at a step, long enough ago for others to follow."""
        with self.moving(f"archive.{step}=kill") as mover:
            out, error = mover.communicate(timeout=_RUN_S)
        assert mover.returncode < 0, f"it never came to {step}: {out}{error}"
        self.outlive()

    def verify(self, *channels: str) -> str:
        """What the proof of these channels says.

        Raises:
            AssertionError: something is wrong with them.
        """
        return self.cluster.tool("archive", "verify", *channels)

    def hot(self, channel: str) -> list[int]:
        """The seqs of a channel that are in MongoDB."""
        bounds = {"$gte": f"{channel}.", "$lt": f"{channel}/"}
        rows = self.cluster.database["messages"].find({"_id": bounds}, {"seq": 1}).sort("_id")
        return [row["seq"] for row in rows]
