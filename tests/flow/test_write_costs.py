"""A message costs the same number of writes for two members and for many, and so do its receipts."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from pymongo.read_concern import ReadConcern

from imapp.domain.channel import Member
from imapp.stores.attempts import AttemptStore
from imapp.stores.changes import ChangeStore
from imapp.stores.mongo import Database
from schemas.common import Role
from schemas.tasks import ReadMark
from tests.support.client import Client
from tests.support.marking import BEGAN_MS, GROUP, LAST, Ears, Worker, plant, stores_on
from tests.support.scene import Scene
from tests.support.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.indexed

CROWD = 120
ONLINE = 40

Writes = Counter[tuple[str, str]]
"""How many changes of documents, by collection and kind."""


def writes_of(database: Database, channel: str, act: Callable[[], None]) -> Writes:
    """What an act changes in the documents of a channel; all of them are named after it."""
    found = Counter[tuple[str, str]]()
    with database.with_options(read_concern=ReadConcern("majority")).watch(max_await_time_ms=200) as stream:
        act()
        database["marker"].insert_one({"_id": f"{channel}-end-{len(found)}"})
        for change in stream:
            key = str(change["documentKey"]["_id"])
            if change["ns"]["coll"] == "marker":
                break
            if key.startswith(channel):
                found[change["ns"]["coll"], change["operationType"]] += 1
    database["marker"].drop()
    return found


def group_of(scene: Scene, client: Client, users: tuple[str, ...]) -> str:
    """A group whose making has been dispatched and indexed."""
    channel = client.write("create_group", name="all", user_ids=list(users)).channel_id
    eventually(lambda: dispatched(scene, channel) == indexed(scene, channel) == 1)
    return channel


def dispatched(scene: Scene, channel: str) -> int:
    head: dict[str, Any] | None = scene.cluster.database["push_heads"].find_one({"_id": channel})
    return head["seq"] if head else 0


def indexed(scene: Scene, channel: str) -> int:
    row: dict[str, Any] | None = scene.cluster.database["channels"].find_one({"_id": channel})
    return row["indexed_seq"] if row else 0


@pytest.mark.parametrize("members", [2, CROWD])
def test_a_send_costs_the_same_for_two_and_for_many(scene: Scene, members: int) -> None:
    an, *others = scene.people("an", *(f"u{number}" for number in range(members - 1)))
    an_here = scene.connect(an)
    group = group_of(scene, an_here, tuple(others))

    def send() -> None:
        an_here.send_text(group, "hello")
        eventually(lambda: dispatched(scene, group) == indexed(scene, group) == 2)

    assert writes_of(scene.cluster.database, group, send) == {
        ("messages", "insert"): 1,
        ("channels", "update"): 2,  # the head, and later how far it is indexed
        ("members", "update"): 1,  # the sender's own watermark
        ("pushes", "insert"): 2,  # the dispatched range, and that its sender has read
        ("push_heads", "update"): 1,
    }


def test_the_receipts_of_a_crowd_are_a_handful_of_documents(scene: Scene) -> None:
    an, *others = scene.people("an", *(f"u{number}" for number in range(ONLINE)))
    an_here = scene.connect(an)
    group = group_of(scene, an_here, tuple(others))
    devices = [scene.connect(user, gateway=number % 2) for number, user in enumerate(others)]
    asker = scene.rest(an)
    took: list[float] = []

    def send_and_acknowledge() -> None:
        sent = an_here.send_text(group, "hello")
        for device in devices:
            device.wait_for_text("hello")
        began = time.monotonic()
        for device in devices:
            device.acknowledge(group, sent.seq or 0)
        message_id = sent.message_id or ""
        eventually(lambda: asker.pushes(message_id).counts.received == ONLINE, timeout=3 * PATIENCE_S)
        took.append(time.monotonic() - began)

    receipts = writes_of(scene.cluster.database, group, send_and_acknowledge)
    # Two documents of the dispatch, and of each gateway a first flush and one every 0.9 s at the most: how
    # many these are depends on how long the machine takes for it all.
    assert receipts["pushes", "insert"] <= 2 + 2 * (1 + took[0] / 0.9)
    assert receipts["members", "update"] == 1


@pytest.mark.parametrize("readers", [2, CROWD])
def test_reading_costs_a_document_for_all_and_each_reader_his_own_row(
    database: Database, readers: int
) -> None:
    """The watermark is each person's own: without it there is no unread count in one read."""
    names = [f"u{number}" for number in range(readers)]
    stores = stores_on(database)
    plant(stores, ChangeStore(database), [Member(name, Role.MEMBER, ((1, None),)) for name in ("an", *names)])
    worker = Worker(stores, AttemptStore(database), Ears())

    def read(task_id: str, at_ms: int) -> Writes:
        """All of them have read the newest entry, and their marks came to the gateway in one flush."""
        marks = [ReadMark(channel_id=GROUP, user_id=name, seq=LAST, at_ms=at_ms) for name in names]
        return writes_of(database, GROUP, lambda: worker.run(marks, task_id))

    assert read("first", BEGAN_MS) == {("pushes", "insert"): 1, ("members", "update"): readers}
    assert read("again", BEGAN_MS + 1) == {}, "they open the chat again"
