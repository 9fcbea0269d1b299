"""What the processes of a cluster have logged, read as an operator's tools read it."""

import json
from typing import Any, Final

from tests.support.cluster import Cluster

Event = dict[str, Any]

# What Celery writes straight onto the screen when SIGTERM comes.
_CELERYS_OWN: Final = ("", "worker: Warm shutdown (MainProcess)")


def events(cluster: Cluster, name: str) -> list[Event]:
    """Everything that a process has logged so far; for clusters with IM_LOG_FORMAT=json.

    Raises:
        ValueError: a line is no JSON.
    """
    text = cluster.processes[name].log.read_text()
    whole = text[: text.rfind("\n") + 1]  # the last line may be half written
    return [json.loads(line) for line in whole.splitlines() if line not in _CELERYS_OWN]


def named(cluster: Cluster, name: str, event: str, **fields: Any) -> list[Event]:
    """The events of one name in a process's log that have these fields."""
    return [
        line for line in events(cluster, name) if line["event"] == event and fields.items() <= line.items()
    ]
