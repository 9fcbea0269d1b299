"""How fast somebody with many conversations sees them: the list over REST, and sync over the socket."""

import asyncio
from typing import Any, Final

import requests
from msgspec import Struct
from pymongo import MongoClient

from bench.crowds import open_all
from bench.dialects import DIALECTS
from bench.session import Load, Session
from bench.systems import System
from bench.timing import waits
from tests.support.people import make_users
from tests.support.tokens import make_token

_AT_ONCE: Final = 100  # connections of those who write


class ListResult(Struct, kw_only=True):
    """Waiting times of one after the other."""

    conversations: int
    page: int
    p50_ms: float
    p99_ms: float


def measure_lists(system: System, conversations: int) -> list[ListResult]:
    """The list of somebody to whom so many people have written, by pages of 50 and of 200."""
    reader = asyncio.run(_fill(system, conversations))
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {make_token(reader)}"
    return [_measure(session, system.url, conversations, page) for page in (50, 200)]


async def _fill(system: System, conversations: int) -> str:
    load = Load(DIALECTS[system.dialect], system.url)
    reader = f"{load.name}-reader"
    client: MongoClient[dict[str, Any]] = MongoClient(system.mongo_url)
    with client:
        writers = [Session(load, f"{load.name}-{number}") for number in range(conversations)]
        make_users(client.get_default_database(), reader, *(writer.user for writer in writers))
    for start in range(0, conversations, _AT_ONCE):
        group = writers[start : start + _AT_ONCE]
        await open_all(group)
        for writer in group:
            writer.send_first(reader)
        await asyncio.wait_for(asyncio.gather(*(writer.joined for writer in group)), 60)
        for writer in group:
            writer.close()
    return reader


def _measure(session: requests.Session, url: str, conversations: int, page: int) -> ListResult:
    def ask() -> None:
        answer = session.get(f"{url}/api/v1/conversations", params={"limit": page}, timeout=10)
        answer.raise_for_status()
        assert len(answer.json()["conversations"]) == min(page, conversations)

    waited = waits(ask)
    return ListResult(conversations=conversations, page=page, p50_ms=waited.p50_ms, p99_ms=waited.p99_ms)
