"""What the archive of a system holds in the end, for the invariant checker."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any, Final

from imapp.broker.topology import INDEX_TASK
from imapp.stores.canonical import restored
from imapp.wiring.indexing import LOOK_AROUND
from tests.support.archive import MOST_COPIES, copies_of
from tests.support.cluster import Cluster
from tests.support.history import Entry
from tests.support.recorder import entry_of
from tests.support.waiting import eventually

_INDEXED_S: Final = 60.0
_VERIFIED_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Holdings:
    """By channel: up to where it is archived, what Elasticsearch has of it, and what its proof names."""

    archived_to: Mapping[str, int] = field(default_factory=dict)
    copies: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    unproved: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def completed(self, channel: str, hot: Iterable[Entry]) -> list[Entry]:
        """The log of a channel: what MongoDB has, and what it lacks because that is archived."""
        entries = list(hot)
        held = {entry.seq for entry in entries}
        end = self.archived_to.get(channel, 0)
        missing = [copy for copy in self.copies.get(channel, ()) if copy.seq <= end and copy.seq not in held]
        return sorted([*entries, *missing], key=lambda entry: entry.seq)


def read_holdings(cluster: Cluster, channels: Collection[str]) -> Holdings:
    """What of these channels is archived now; nothing where nothing is, or where there is no archive."""
    rows = cluster.database["channels"].find({"_id": {"$in": list(channels)}, "hot_from_seq": {"$gt": 1}})
    archived_to = {row["_id"]: row["hot_from_seq"] - 1 for row in rows}
    return Holdings(archived_to, _copies(cluster, archived_to))


def proved_holdings(cluster: Cluster, channels: Collection[str]) -> Holdings:
    """All that is in Elasticsearch once everything is indexed, and the product's own proof of it.

    Raises:
        AssertionError: the index does not come to the end of the logs.
    """
    if not cluster.es_url or not channels:
        return Holdings()
    eventually(partial(is_indexed, cluster, channels), timeout=_INDEXED_S, what="the backlog drains")
    held = read_holdings(cluster, channels)
    copies = _copies(cluster, channels)
    problems = [_unindexed(cluster, copies), _unproved(cluster, channels)]
    named = {name: [text for part in problems for text in part.get(name, ())] for name in {*chain(*problems)}}
    return Holdings(held.archived_to, copies, named)


def is_indexed(cluster: Cluster, channels: Iterable[str]) -> bool:
    """Whether these channels are indexed to their ends; if not, have somebody look, as beat does."""
    behind = {"_id": {"$in": list(channels)}, "$expr": {"$lt": ["$indexed_seq", "$head.seq"]}}
    if cluster.database["channels"].count_documents(behind, limit=1) == 0:
        return True
    cluster.publish_task("archive", INDEX_TASK, LOOK_AROUND)
    return False


def _copies(cluster: Cluster, channels: Iterable[str]) -> dict[str, list[Entry]]:
    return {
        channel: [_entry(source) for source in copies_of(cluster.es_url, cluster.namespace, channel)]
        for channel in channels
    }


def _unindexed(cluster: Cluster, copies: Mapping[str, Sequence[Entry]]) -> dict[str, list[str]]:
    """What the watermark has passed over: the product's own proof looks at what has moved alone."""
    found: dict[str, list[str]] = {}
    for channel, there in copies.items():
        if len(there) == MOST_COPIES:
            continue  # there may be more of them
        bounds = {"$gte": f"{channel}.", "$lt": f"{channel}/"}
        stored = {row["seq"] for row in cluster.database["messages"].find({"_id": bounds}, {"seq": 1})}
        if missing := sorted(stored - {copy.seq for copy in there}):
            found[channel] = [f"seq {missing[0]} and {len(missing) - 1} more are not in Elasticsearch"]
    return found


def _entry(source: Mapping[str, Any]) -> Entry:
    """A copy; what is searched for counts as much as what would be put back."""
    entry = entry_of(restored(source["entry"]))
    return entry if entry.body else entry._replace(body=source["text"])


def _unproved(cluster: Cluster, channels: Iterable[str]) -> dict[str, list[str]]:
    with cluster.tool_beside("archive", "verify", *channels) as verifying:
        try:
            out, error = verifying.communicate(timeout=_VERIFIED_S)
        finally:
            verifying.kill()
    if verifying.returncode == 0:
        return {}
    named = [line.partition(": ") for line in out.splitlines() if ": " in line]
    found: dict[str, list[str]] = {channel: [] for channel, _, _ in named}
    for channel, _, problem in named:
        found[channel].append(problem)
    return found or {"": [out + error]}
