"""MongoDB: whether it answers, keeps what it confirms, and has all that is needed."""

from collections.abc import Iterator
from typing import Final

from imapp.errors import StoreUnavailable
from imapp.services.doctor import Finding, fail, ok, warn
from imapp.stores.inspection import StoreInspection

_OLDEST: Final = (5, 3)  # the first with clustered collections
_UNEASY_S: Final = 1.0
_WRONG_S: Final = 5.0  # leases last 6 s, tokens may be 10 s off


def store_findings(store: StoreInspection) -> Iterator[Finding]:
    """What is found; the inspection is closed afterwards.

    Raises:
        StoreUnavailable: MongoDB does not answer at all.
    """
    try:
        yield from _server(store)
    finally:
        store.close()


def _server(store: StoreInspection) -> Iterator[Finding]:
    server = store.server()
    if server.version[:2] < _OLDEST:
        yield fail(f"MongoDB is {_dotted(server.version)}", f"use {_dotted(_OLDEST)} or newer")
    else:
        yield ok(f"MongoDB {_dotted(server.version)} answers")
    if not server.replica_set:
        yield fail(
            "MongoDB is no replica set", "start it with --replSet and run rs.initiate(); one node is enough"
        )
        return
    if not server.has_primary:
        yield fail(
            f"replica set {server.replica_set} has no primary", "rs.status() says which node is missing"
        )
        return
    yield ok(f"replica set {server.replica_set} has its primary")
    yield _clock(server.ahead_s)
    yield _majority(store)
    yield from _contents(store)


def _clock(ahead_s: float) -> Finding:
    apart = f"clocks: MongoDB's is {abs(ahead_s):.1f} s {'ahead' if ahead_s > 0 else 'behind'}"
    if abs(ahead_s) >= _WRONG_S:
        return fail(apart, "let ntpd or chrony keep both machines' clocks")
    if abs(ahead_s) >= _UNEASY_S:
        return warn(apart, "let ntpd or chrony keep both machines' clocks")
    return ok("clocks: here and MongoDB within a second")


def _majority(store: StoreInspection) -> Finding:
    try:
        store.write_durably()
    except StoreUnavailable as error:
        return fail(f"MongoDB does not confirm with a majority: {error}"[:300], "start the missing nodes")
    return ok("MongoDB confirms writes with a majority")


def _contents(store: StoreInspection) -> Iterator[Finding]:
    missing = store.missing_indexes()
    if missing:
        yield fail(
            f"indexes are missing: {', '.join(missing)}", "restart any process: it makes them at its start"
        )
    else:
        yield ok("all indexes are there")
    epoch = store.epoch()
    if epoch is None:
        yield warn(
            "the database has no epoch: nothing has started on it yet", "start a process, or check the name"
        )
    else:
        yield ok(f"the store's epoch is {epoch}")
    parked = store.parked()
    if parked:
        yield warn(f"{parked} commands are parked", "find the cause, then delete them (docs/operations.md)")

    unindexed = store.unindexed()
    if unindexed:
        yield warn(
            f"{unindexed} entries are not in the index, so they are not found and don't move",
            "imapp archive unindexed says why; mend it, then imapp archive retry",
        )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
