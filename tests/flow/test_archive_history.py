"""On the running system and the real Elasticsearch: what has moved to the archive reads as if it had not."""

import time
from collections.abc import Iterator
from typing import Any, Final

import pytest

from imapp.config import Config
from imapp.domain.archive.tiling import Range
from imapp.domain.ids import message_id
from imapp.services.archiving.moving import ChannelMover
from imapp.services.archiving.retention import Retention
from imapp.stores.channels import ChannelStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database, connect
from imapp.wiring.archiving import archive_services, retention_stores
from imapp.wiring.indexing import archive_stores
from schemas.common import MessageStatus
from schemas.messages import Entry
from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.link import RefusedError
from tests.support.operator import Operator
from tests.support.scene import Scene
from tests.support.waiting import eventually

pytestmark = pytest.mark.indexed

DAY_MS: Final = 24 * 3_600_000
MESSAGES: Final = 12


class Archivist:
    """Moves a channel of a cluster as if it were sixty days later, and proves it."""

    def __init__(self, cluster: Cluster, database: Database) -> None:
        config = Config(
            environment="test",
            mongo_url=cluster.mongo_url,
            es_url=cluster.es_url,
            namespace=cluster.namespace,
        )
        stores = archive_stores(config, database)
        assert stores is not None
        self.services = archive_services(config, database, stores.entries)
        self.log = MessageLog(database)
        self.retention = Retention(
            retention_stores(database), stores.entries, days=90, clock_ms=self._in_sixty_days
        )
        self.channels = ChannelStore(database)
        self.mover = ChannelMover(
            channels=self.channels,
            log=self.log,
            manifests=ManifestStore(database),
            archive=stores.entries,
            after_days=30,
            clock_ms=self._in_sixty_days,
            chunk=5,
        )

    def _in_sixty_days(self) -> int:
        return round(time.time() * 1000) + 60 * DAY_MS

    def move(self, channel: str) -> None:
        eventually(lambda: self.is_indexed(channel), what="all is indexed")
        moved = self.mover.move(channel)
        assert not moved.problems

    def is_indexed(self, channel: str) -> bool:
        marks = self.channels.archive_marks(channel)
        return marks is not None and marks.indexed_seq == marks.last_seq

    def hot(self, channel: str) -> list[int]:
        return [entry.seq for entry in self.log.page(channel, 1, 10**6, limit=10**6)]

    def problems(self, channel: str) -> list[str]:
        return self.services.verifier.verify(channel).problems


@pytest.fixture
def archivist(scene: Scene) -> Iterator[Archivist]:
    database = connect(scene.cluster.mongo_url, pool_size=2)
    yield Archivist(scene.cluster, database)
    database.client.close()


def group_with_messages(owner: Client, *others: str) -> str:
    channel = owner.write("create_group", name="team", user_ids=list(others)).channel_id
    for number in range(2, MESSAGES + 1):
        owner.send_text(channel, f"text {number}")
    return channel


def conversation(client: Client, channel: str) -> Any:
    (row,) = (row for row in client.sync().conversations if row.channel_id == channel)
    return row


def test_history_over_both_ways_is_the_same_after_the_move(scene: Scene, archivist: Archivist) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    channel = group_with_messages(owner, bo)

    rest = scene.rest(bo)

    def pages() -> list[Any]:
        found = [
            member.history(channel, before=9, limit=5),
            member.history(channel, after=0, limit=100),
            member.history(channel, around=4, limit=6),
            rest.history(channel, limit=7),
        ]
        shown = [(one.entries, one.from_seq, one.to_seq, one.more_before, one.more_after) for one in found]
        return [*shown, rest.get(f"/messages/{channel}.{3:012d}", Entry)]

    before, row = pages(), conversation(member, channel)

    archivist.move(channel)

    assert archivist.hot(channel) == [MESSAGES]
    assert pages() == before
    after = conversation(member, channel)
    assert (after.unread, after.last_message, after.last_seq) == (row.unread, row.last_message, row.last_seq)
    assert archivist.problems(channel) == []


def test_reading_up_to_what_is_archived_counts_as_before(scene: Scene, archivist: Archivist) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    channel = group_with_messages(owner, bo)
    archivist.move(channel)

    answered = member.request("read", channel_id=channel, seq=5)

    assert answered.unread == MESSAGES - 5
    eventually(lambda: conversation(member, channel).unread == MESSAGES - 5)


def test_a_recall_reaches_an_archived_message_and_its_copy(scene: Scene, archivist: Archivist) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    channel = group_with_messages(owner, bo)
    target = f"{channel}.{5:012d}"
    archivist.move(channel)

    owner.write("recall", channel_id=channel, message_id=target)

    recalled = member.history(channel, after=4, limit=1).entries[0]
    assert (recalled.status, recalled.content) == (MessageStatus.RECALLED, "")
    assert conversation(member, channel).unread == MESSAGES - 2
    archivist.services.manifests._holds.delete_many({})
    archivist.move(channel)
    assert 5 not in archivist.hot(channel)
    recalled = member.history(channel, after=4, limit=1).entries[0]
    assert (recalled.status, recalled.content) == (MessageStatus.RECALLED, "")
    assert conversation(member, channel).unread == MESSAGES - 2
    assert archivist.problems(channel) == []


def test_an_administrator_takes_an_archived_message_back_for_everybody_and_for_good(
    scene: Scene, archivist: Archivist, operator: Operator
) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    channel = group_with_messages(owner, bo)
    target = message_id(channel, 5)
    archivist.move(channel)

    operator.post(f"/messages/{target}/recall", client_message_id="recall-1", reason="ticket 4711")

    for reader in (scene.rest(an), scene.rest(bo)):
        entry = reader.entry(target)
        assert (entry.status, entry.content) == (MessageStatus.RECALLED, "")
    assert said(member.history(channel, after=0, limit=100)) == said_but(5)
    assert said(scene.rest(bo).history(channel, after=0, limit=100)) == said_but(5)
    archivist.services.manifests._holds.delete_many({})
    archivist.move(channel)
    assert 5 not in archivist.hot(channel)
    assert said(member.history(channel, after=0, limit=100)) == said_but(5)
    assert said(scene.rest(bo).history(channel, after=0, limit=100)) == said_but(5)
    assert archivist.problems(channel) == []


def test_who_clears_what_is_archived_sees_it_on_no_path_and_others_still_do(
    scene: Scene, archivist: Archivist
) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    channel = group_with_messages(owner, bo)
    archivist.move(channel)
    rest, others = scene.rest(bo), scene.rest(an)

    member.set(channel, cleared_seq=5)

    for page in (member.history(channel, after=0, limit=100), rest.history(channel, after=0, limit=100)):
        assert [entry.seq for entry in page.entries] == list(range(6, MESSAGES + 1))
        assert not page.more_before
    with pytest.raises(RefusedError) as told:
        rest.entry(message_id(channel, 5))
    assert told.value.code == "not_found"
    rest.set(channel, cleared_seq=8)
    assert rest.history(channel, around=3).entries[0].seq == 9
    assert [entry.seq for entry in member.history(channel, before=10, limit=9).entries] == [9]
    assert conversation(member, channel).unread == MESSAGES - 8
    assert said(others.history(channel, after=0, limit=100)) == said_but()
    assert archivist.problems(channel) == []


def said(page: Any) -> list[str]:
    """What the messages of a page say; one that was taken back says nothing, nor does who takes it back."""
    return [entry.content for entry in page.entries if entry.seq > 1 and entry.content]


def said_but(*taken_back: int) -> list[str]:
    """What the owner said in the group, but for these."""
    return [f"text {seq}" for seq in range(2, MESSAGES + 1) if seq not in taken_back]


def test_archived_messages_are_answered_quoted_and_passed_on(scene: Scene, archivist: Archivist) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    channel = group_with_messages(owner, bo)
    target = f"{channel}.{5:012d}"
    archivist.move(channel)

    member.send_text(channel, "as you said", reply_to=target)
    member.write("send", channel_id=channel, forward_of=target)

    page = owner.history(channel, after=MESSAGES, limit=5)
    assert [quote.content for quote in page.quotes] == ["text 5"]
    assert [entry.content for entry in page.entries] == ["as you said", "text 5"]


def test_a_restored_range_is_hot_again_and_still_whole(scene: Scene, archivist: Archivist) -> None:
    an, bo = scene.people("an", "bo")
    owner = scene.connect(an)
    channel = group_with_messages(owner, bo)
    before = archivist.log.documents(channel, 2, 6, 10)
    archivist.move(channel)

    restored = archivist.services.restorer.restore(channel, Range(2, 6), 3_600)

    assert (restored.entries, restored.problems) == (5, {})
    assert archivist.log.documents(channel, 2, 6, 10) == before
    assert archivist.problems(channel) == []
