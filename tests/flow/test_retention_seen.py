"""On the running system: what was deleted for good is gone for everybody, and the rest is whole."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests

from imapp.stores.mongo import connect
from schemas.admin import MAX_RETENTION_DAYS
from schemas.conversations import UnreadPage, UnreadReason
from schemas.errors import ErrorCode
from schemas.search import MessageHits
from tests.flow.test_archive_history import MESSAGES, Archivist, conversation, group_with_messages
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.operator import Operator
from tests.support.scene import Scene
from tests.support.waiting import eventually

pytestmark = pytest.mark.indexed

KEPT_FROM: Final = MESSAGES  # all but the newest is kept no longer


class Cleared:
    """A group of An and Bo whose messages, but for the newest, were archived and then deleted for good."""

    def __init__(self, scene: Scene, archivist: Archivist) -> None:
        self.an, self.bo = scene.people("an", "bo")
        self.owner: Client = scene.connect(self.an)
        self.channel = group_with_messages(self.owner, self.bo)
        self.target = f"{self.channel}.{5:012d}"
        archivist.move(self.channel)
        archivist.channels.set_retention(self.channel, 30)
        assert archivist.retention.apply(self.channel) == MESSAGES - 1


@pytest.fixture
def cleared(scene: Scene) -> Iterator[Cleared]:
    database = connect(scene.cluster.mongo_url, pool_size=2)
    archivist = Archivist(scene.cluster, database)
    cleared = Cleared(scene, archivist)
    yield cleared
    assert archivist.problems(cleared.channel) == []
    database.client.close()


def refusal(client: Client, kind: str, **fields: Any) -> str:
    with pytest.raises(RefusedError) as refused:
        client.write(kind, **fields)
    return refused.value.code


def test_history_covers_it_without_entries_and_the_list_says_so(scene: Scene, cleared: Cleared) -> None:
    member = scene.connect(cleared.bo)
    row = conversation(member, cleared.channel)
    everything = member.history(cleared.channel, after=0, limit=100)
    older = member.history(cleared.channel, before=KEPT_FROM, limit=100)

    assert [entry.seq for entry in everything.entries] == [KEPT_FROM]
    assert (everything.from_seq, everything.to_seq, everything.more_before) == (1, MESSAGES, False)
    assert (older.entries, older.more_before) == ([], False)
    assert (row.removed_seq, row.cleared_seq, row.last_seq) == (KEPT_FROM - 1, KEPT_FROM - 1, MESSAGES)
    assert row.unread == 1
    assert row.last_message.seq == MESSAGES


def test_the_unread_number_is_explained_over_it(scene: Scene, cleared: Cleared) -> None:
    page = scene.rest(cleared.bo).get(f"/conversations/{cleared.channel}/unread", UnreadPage)

    assert (page.unread, page.recounted) == (1, 1)
    assert {entry.reason for entry in page.entries[1:]} == {UnreadReason.REMOVED}
    assert page.entries[0].reason is UnreadReason.UNREAD


def test_whoever_refers_to_a_removed_message_is_told_that_there_is_none(
    scene: Scene, cleared: Cleared
) -> None:
    target, channel = cleared.target, cleared.channel
    olga = Operator(scene.cluster, scene.people("olga")[0])

    for path in (f"/messages/{target}", f"/messages/{target}/pushes", f"/messages/{target}/receipts"):
        assert scene.rest(cleared.an).call("GET", path).status_code == requests.codes.not_found, path
    for path in (f"/messages/{target}", f"/messages/{target}/trace", f"/messages/{target}/versions"):
        assert olga.call("GET", path).status_code == requests.codes.not_found, path
    recall = {"client_message_id": "1"}
    assert olga.call("POST", f"/messages/{target}/recall", json=recall).status_code == 404
    assert [
        refusal(cleared.owner, "recall", channel_id=channel, message_id=target),
        refusal(cleared.owner, "edit", channel_id=channel, message_id=target, content="x"),
        refusal(cleared.owner, "send", channel_id=channel, content="x", reply_to=target),
        refusal(cleared.owner, "send", channel_id=channel, forward_of=target),
    ] == [ErrorCode.NOT_FOUND] * 4


def test_it_is_found_no_more(scene: Scene, cleared: Cleared) -> None:
    rest = scene.rest(cleared.bo)

    def found() -> list[int]:
        page = rest.get("/search/messages", MessageHits, words="text", channel_id=cleared.channel)
        return [hit.entry.seq for hit in page.hits]

    eventually(lambda: found() == [MESSAGES], what="only what is kept is found")


def test_an_administrator_sees_where_what_is_kept_begins(scene: Scene, cleared: Cleared) -> None:
    olga = Operator(scene.cluster, scene.people("olga")[0])
    channel = olga.get(f"/channels/{cleared.channel}")
    page = olga.get(f"/channels/{cleared.channel}/messages", limit=100)

    assert (channel["kept_from_seq"], channel["retention_days"]) == (KEPT_FROM, 30)
    assert [entry["seq"] for entry in page["entries"]] == [KEPT_FROM]
    assert not page["more_before"]


def test_sending_and_reading_go_on_where_they_were(scene: Scene, cleared: Cleared) -> None:
    member = scene.connect(cleared.bo)

    sent = cleared.owner.send_text(cleared.channel, "after it")

    assert sent.seq == MESSAGES + 1
    eventually(lambda: conversation(member, cleared.channel).unread == 2)
    assert member.request("read", channel_id=cleared.channel, seq=sent.seq).unread == 0


@pytest.mark.limit("time that a channel keeps messages")
def test_a_channels_time_is_set_and_taken_back(scene: Scene) -> None:
    (an, bo) = scene.people("an", "bo")
    olga = Operator(scene.cluster, scene.people("olga")[0])
    channel = scene.connect(an).write("create_group", name="team", user_ids=[bo]).channel_id

    def put(days: int | None) -> Any:
        answer = olga.call("PUT", f"/channels/{channel}/retention", json={"retention_days": days})
        return answer.json()["retention_days"] if answer.ok else answer.status_code

    longest = MAX_RETENTION_DAYS
    assert [put(days) for days in (365, 365, longest, 0, None)] == [365, 365, longest, 0, None]
    assert scene.cluster.tool("archive", "retention", channel, "7").split()[-3:] == ["for", "7", "days"]
    assert olga.get(f"/channels/{channel}")["retention_days"] == 7


@pytest.mark.limit("time that a channel keeps messages")
@pytest.mark.parametrize("days", [-1, MAX_RETENTION_DAYS + 1, "7", 1.5])
def test_a_time_that_is_none_is_refused(scene: Scene, days: Any) -> None:
    (an, bo) = scene.people("an", "bo")
    olga = Operator(scene.cluster, scene.people("olga")[0])
    channel = scene.connect(an).write("create_group", name="team", user_ids=[bo]).channel_id

    answer = olga.call("PUT", f"/channels/{channel}/retention", json={"retention_days": days})

    assert answer.status_code == requests.codes.unprocessable_entity
    assert olga.get(f"/channels/{channel}")["retention_days"] is None
