"""`services.json`: which processes serve a data folder, and on which ports."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.processes import Process


@dataclass(frozen=True)
class Entry:
    """One server that was started."""

    process: Process
    port: int


class Record:
    """The servers of one data folder, kept in a file that is replaced as a whole."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "services.json"

    def find(self, name: str) -> Entry | None:
        """The server of that name if its process still runs."""
        stored = self._load().get(name)
        if stored is None:
            return None
        entry = Entry(Process(stored["pid"], stored["started"]), stored["port"])
        return entry if entry.process.is_running() else None

    def store(self, name: str, entry: Entry) -> None:
        """Remember a server that was started."""
        stored = {"pid": entry.process.pid, "started": entry.process.started, "port": entry.port}
        self._store({**self._load(), name: stored})

    def forget(self, name: str) -> None:
        """Drop a server that ended."""
        self._store({key: value for key, value in self._load().items() if key != name})

    @property
    def is_kept(self) -> bool:
        """Whether the servers stay when their last user leaves."""
        return bool(self._load().get("kept"))

    def keep(self, kept: bool) -> None:
        """Say whether the servers stay when their last user leaves."""
        self._store({**self._load(), "kept": kept})

    def _load(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _store(self, content: dict[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(content, indent=2) + "\n")
        new.replace(self._path)
