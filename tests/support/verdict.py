"""The end of a run: wait until it is quiet, read what is left, judge."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from pymongo.database import Database

from schemas import frames
from tests.support.archive_holdings import Holdings, proved_holdings, read_holdings
from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.history import Entry, History, Span, StaysByChannel
from tests.support.invariants import check
from tests.support.link import RefusedError, Reply, check_reply
from tests.support.recorder import Recorder, entry_of
from tests.support.report import Report
from tests.support.waiting import PATIENCE_S, eventually

Documents = Database[dict[str, Any]]

_AT_ONCE: Final = 8  # people who read in the end
_PAGE_S: Final = 60.0  # all of them ask for all they have at once, which takes a busy machine its time
_NOT_HIS: Final = ("not_found", "not_member", "forbidden")


def judge(
    recorder: Recorder,
    cluster: Cluster,
    clients: Iterable[Client],
    *,
    stays: StaysByChannel | None = None,
    timeout: float = PATIENCE_S,
) -> Report:
    """The report on everything recorded, once nothing is missing any more or the time is up.

    Clients that are still open heal what they noticed, as good clients do. `stays` are what a test expects;
    without them the membership rows that the product stored are believed.
    """
    devices = list(clients)

    def history_so_far(holdings: Holdings | None = None) -> History:
        for client in devices:
            if client.is_open:
                client.heal()
        channels = recorder.channels()
        database = cluster.database
        spans = stays if stays is not None else read_stays(database, channels)
        logs, held = read_logs(database, channels), holdings or read_holdings(cluster, channels)
        whole = {channel: held.completed(channel, log) for channel, log in logs.items()}
        return History(recorder.steps(), whole, spans, copies=held.copies, unproved=held.unproved)

    with suppress(AssertionError):  # what is still missing then is for the report to say
        eventually(lambda: not check(history_so_far()).gap, timeout=timeout)
    holdings = proved_holdings(cluster, recorder.channels())
    history = history_so_far(holdings)
    reads = read_finally(cluster, recorder.users(), history.logs)
    cleared = read_cleared(cluster.database, history.logs)
    return check(replace(history, final_reads=reads, cleared=cleared))


def read_logs(database: Documents, channels: Iterable[str]) -> dict[str, list[Entry]]:
    """What MongoDB holds of these channels, by seq.

    Raises:
        AssertionError: an entry's key is not made of its channel and seq.
    """
    logs: dict[str, list[Entry]] = {channel: [] for channel in channels}
    for channel, log in logs.items():
        # A range of the key, so that an entry which is stored under a wrong key is not missed.
        for row in (
            database["messages"].find({"_id": {"$gte": f"{channel}.", "$lt": f"{channel}/"}}).sort("_id")
        ):
            assert row["_id"] == f"{row['channel_id']}.{row['seq']:012d}", f"{row['_id']} holds {row}"
            log.append(entry_of(row))
    return logs


def read_stays(database: Documents, channels: Iterable[str]) -> dict[str, dict[str, list[Span]]]:
    """The membership spans that MongoDB holds of these channels."""
    stays: dict[str, dict[str, list[Span]]] = {channel: {} for channel in channels}
    for row in database["members"].find({"channel_id": {"$in": list(stays)}}):
        stays[row["channel_id"]][row["user_id"]] = [(start, end) for start, end in row["spans"]]
    return stays


def read_cleared(database: Documents, channels: Iterable[str]) -> dict[tuple[str, str], int]:
    """Up to where (user, channel) has cleared his history."""
    rows = database["members"].find({"channel_id": {"$in": list(channels)}, "cleared_seq": {"$gt": 0}})
    return {(row["user_id"], row["channel_id"]): row["cleared_seq"] for row in rows}


def read_finally(
    cluster: Cluster, users: Iterable[str], channels: Iterable[str]
) -> dict[tuple[str, str], Sequence[Entry]]:
    """What each user gets of each channel through history, on a connection of its own."""
    wanted, gateway = list(channels), cluster.serving_gateway()

    def read(user: str) -> dict[tuple[str, str], Sequence[Entry]]:
        with cluster.connect(user, gateway=gateway) as client:
            return {(user, channel): entries for channel, entries in _read(client, wanted).items()}

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return {key: entries for found in pool.map(read, users) for key, entries in found.items()}


def _read(client: Client, channels: Iterable[str]) -> dict[str, list[Entry]]:
    first = {channel: client.post("history", channel_id=channel, after=0, limit=100) for channel in channels}
    return {channel: _read_on(client, channel, reply) for channel, reply in first.items()}


def _read_on(client: Client, channel: str, first: Reply) -> list[Entry]:
    try:
        page = check_reply("history", first.result(_PAGE_S), frames.HistoryReply)
    except RefusedError as refusal:
        if refusal.code in _NOT_HIS:
            return []
        raise
    return client.read_all(channel, page, timeout=_PAGE_S)
