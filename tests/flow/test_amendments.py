"""Recall and edit on a running system: everybody gets them, in order, and a recalled text is nowhere (I7)."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from bson import json_util

from imapp.services.reading.edit_history import EditHistoryService
from imapp.stores.edits import EditStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from imapp.stores.outbox import Outbox
from schemas.common import MessageStatus, MessageType
from schemas.frames import MessageEvent
from schemas.messages import Entry
from tests.support.client import Client
from tests.support.entries import log_entry
from tests.support.holders import holders_of
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.tokens import make_token
from tests.support.waiting import PATIENCE_S, eventually


def group_of(owner: Client, *others: str) -> str:
    return owner.write("create_group", name="team", user_ids=list(others)).channel_id


def say(client: Client, channel: str, text: str) -> str:
    message_id = client.send_text(channel, text).message_id
    assert message_id is not None
    return message_id


def recall(client: Client, message_id: str, **fields: Any) -> Any:
    channel = message_id.partition(".")[0]
    return client.write("recall", channel_id=channel, message_id=message_id, **fields)


def edit(client: Client, message_id: str, content: str, **fields: Any) -> Any:
    channel = message_id.partition(".")[0]
    return client.write("edit", channel_id=channel, message_id=message_id, content=content, **fields)


def heard(client: Client, kind: MessageType) -> list[MessageEvent]:
    return [event for event in client.events(MessageEvent) if event.message_type is kind]


def where(scene: Scene, text: str) -> list[str]:
    """The collections of the database that hold a text."""
    return holders_of(scene.cluster.database, text)


def log_of(client: Client, channel: str) -> list[Entry]:
    return client.history(channel, after=0).entries


def secret() -> str:
    return f"secret-{secrets.token_hex(8)}"


def _record(user: str, channel: str, message_id: str, preview: str) -> dict[str, Any]:
    """A push record as it waits in the store."""
    return {
        "user_id": user,
        "channel_id": channel,
        "message_id": message_id,
        "title": "An",
        "preview": preview,
        "badge": 1,
        "mentioned": False,
        "messages": 1,
        "time": "2026-11-24T08:00:00.000Z",
    }


def conversation(client: Client, channel: str) -> Any:
    (row,) = (row for row in client.sync().conversations if row.channel_id == channel)
    return row


def test_a_recalled_text_is_nowhere_in_the_store(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, member = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo, chen)
    first, second = secret(), secret()
    message_id = say(owner, group, first)
    edit(owner, message_id, second)
    assert where(scene, first) == ["edits"]
    assert "messages" in where(scene, second)

    recall(owner, message_id)

    assert where(scene, first) == []
    assert where(scene, second) == []
    eventually(lambda: heard(member, MessageType.RECALL))
    left = next(entry for entry in log_of(member, group) if entry.message_id == message_id)
    assert (left.status, left.content) == (MessageStatus.RECALLED, "")
    edited = next(entry for entry in log_of(member, group) if entry.message_type is MessageType.EDIT)
    assert edited.content == ""


def test_who_was_away_gets_edit_and_recall_in_their_order(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)
    channel = sender.write("open_direct", to=bo).channel_id
    kept, taken = say(sender, channel, "tvelve"), say(sender, channel, "nonsense")
    edit(sender, kept, "twelve")
    recall(sender, taken)

    receiver = scene.connect(bo)
    page = receiver.history(channel, after=0)

    assert [(entry.message_type.value, entry.content) for entry in page.entries] == [
        ("text", "twelve"),
        ("text", ""),
        ("edit", "twelve"),
        ("recall", ""),
    ]
    assert page.entries[0].edited_at is not None
    row = conversation(receiver, channel)
    assert (row.last_seq, row.unread) == (4, 1)
    assert (row.last_message.seq, row.last_message.status) == (2, MessageStatus.RECALLED)


def test_unread_goes_down_where_it_was_unread_and_nowhere_else(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, reader, other = scene.connect(an), scene.connect(bo), scene.connect(chen)
    group = group_of(owner, bo, chen)
    message_ids = [say(owner, group, f"text {number}") for number in range(3)]
    reader.request("read", channel_id=group, seq=3)
    eventually(lambda: conversation(reader, group).unread == 1)

    recall(owner, message_ids[0])

    assert conversation(reader, group).unread == 1
    assert conversation(other, group).unread == 2
    recall(owner, message_ids[2])
    assert conversation(reader, group).unread == 0
    assert conversation(other, group).unread == 1
    say(owner, group, "one more")
    assert conversation(reader, group).unread == 1
    assert reader.request("read", channel_id=group, seq=7).unread == 0


def test_what_waits_to_be_pushed_loses_its_text_with_the_recall(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)
    channel = sender.write("open_direct", to=bo).channel_id
    kept, gone = say(sender, channel, "kept"), say(sender, channel, secret())
    waiting = [_record(bo, channel, name, f"preview of {name}") for name in (kept, gone)]
    scene.cluster.database["push_outbox"].insert_one(
        {
            "_id": f"{channel}.1-2",
            "state": "waiting",
            "next_at": datetime(2999, 1, 1, tzinfo=UTC),
            "attempts": 1,
            "sent": 0,
            "error": "",
            "records": waiting,
        }
    )

    recall(sender, gone)

    (parcel,) = Outbox(scene.cluster.database).covering(channel, 1)
    assert [record.preview for record in parcel.records] == [f"preview of {kept}", ""]


def test_a_repeat_gets_the_same_answer_and_a_second_recall_has_nothing_to_do(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)
    channel = sender.write("open_direct", to=bo).channel_id
    message_id = say(sender, channel, "oops")
    first = recall(sender, message_id, client_message_id="r-1")

    again = recall(sender, message_id, client_message_id="r-1")
    other = recall(sender, message_id, client_message_id="r-2")

    assert (again.message_id, again.seq, again.server_time) == (
        first.message_id,
        first.seq,
        first.server_time,
    )
    assert (other.message_id, other.seq) == (None, None)
    assert len(log_of(sender, channel)) == 2


def test_repeating_the_send_of_what_was_recalled_sends_nothing_again(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, receiver = scene.connect(an), scene.connect(bo)
    text = secret()
    stored = sender.send_text(None, text, to=bo, client_message_id="s-1")
    recall(sender, stored.message_id or "")
    eventually(lambda: heard(receiver, MessageType.RECALL))
    before = len(receiver.events(MessageEvent))

    for body in (text, "any other body"):
        again = sender.request("send", channel_id=stored.channel_id, content=body, client_message_id="s-1")
        assert again.message_id == stored.message_id
    say(sender, stored.channel_id, "after it")
    eventually(lambda: len(receiver.events(MessageEvent)) > before)

    assert [event.content for event in receiver.events(MessageEvent)[before:]] == ["after it"]
    assert where(scene, text) == []


def test_a_late_joiner_hears_of_an_edit_without_the_text_he_may_not_read(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, member, late = scene.connect(an), scene.connect(bo), scene.connect(chen)
    group = group_of(owner, bo)
    message_id = say(owner, group, "before")
    owner.write("add_members", channel_id=group, user_ids=[chen])
    hidden = secret()

    edit(owner, message_id, hidden)

    eventually(lambda: heard(late, MessageType.EDIT) and heard(member, MessageType.EDIT))
    assert heard(late, MessageType.EDIT)[0].content == ""
    assert [entry.content for entry in log_of(late, group)] == ["", ""]
    url, headers = scene.cluster.gateway_urls[0], {"Authorization": f"Bearer {make_token(chen)}"}
    path = f"{url}/api/v1/messages/{message_id}"
    assert requests.get(path, headers=headers, timeout=PATIENCE_S).status_code == 404
    assert [entry.content for entry in log_of(member, group)][1:] == [hidden, "", hidden]


def test_a_message_can_be_sent_edited_and_recalled_without_waiting_for_answers(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, receiver = scene.connect(an), scene.connect(bo)
    channel = sender.write("open_direct", to=bo).channel_id
    message_id = f"{channel}.{1:012d}"
    text = secret()

    replies = [
        sender.post_text(channel, text),
        sender.post("edit", channel_id=channel, message_id=message_id, content=text, client_message_id="e"),
        sender.post(
            "edit", channel_id=channel, message_id=message_id, content=f"{text}!", client_message_id="f"
        ),
        sender.post("recall", channel_id=channel, message_id=message_id, client_message_id="r"),
    ]

    assert [reply.result(PATIENCE_S).get("seq") for reply in replies] == [1, None, 2, 3]
    eventually(lambda: heard(receiver, MessageType.RECALL))
    assert where(scene, text) == []


def test_of_a_recall_and_edits_that_race_one_order_holds_for_all(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    devices = [scene.connect(an, gateway=number % 2) for number in range(4)]
    channel = devices[0].write("open_direct", to=bo).channel_id
    texts = [secret() for _ in devices]
    message_id = say(devices[0], channel, texts[0])

    def change(number: int) -> str:
        try:
            if number == 0:
                recall(devices[0], message_id)
            else:
                edit(devices[number], message_id, texts[number])
        except RefusedError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(devices)) as pool:
        refused = [answer for answer in pool.map(change, range(len(devices))) if answer]

    assert all(answer.startswith("message_recalled") for answer in refused)
    assert [where(scene, text) for text in texts] == [[]] * len(texts)


def test_mistakes_get_a_clear_error_and_change_nothing(scene: Scene) -> None:
    an, bo, chen, zoe = scene.people("an", "bo", "chen", "zoe")
    owner, member = scene.connect(an), scene.connect(bo)
    gone, stranger = scene.connect(chen), scene.connect(zoe)
    group = group_of(owner, bo, chen)
    message_id = say(owner, group, "stays")
    mine = say(gone, group, "mine")
    gone.write("leave", channel_id=group)
    other = stranger.write("open_direct", to=an).channel_id
    before = json_util.dumps(list(scene.cluster.database["messages"].find({"channel_id": group})))
    tries: list[tuple[Client, dict[str, Any], str]] = [
        (member, {}, "forbidden"),
        (stranger, {}, "not_found"),
        (gone, {"message_id": mine}, "not_member"),
        (owner, {"message_id": f"{group}.{1:012d}"}, "invalid"),
        (owner, {"message_id": f"{group}.{999:012d}"}, "not_found"),
        (owner, {"channel_id": other}, "not_found"),
        (owner, {"message_id": "nonsense"}, "invalid"),
        (owner, {"message_id": {"$ne": None}}, "invalid"),
    ]
    for client, fields, code in tries:
        for kind in ("recall", "edit"):
            request: dict[str, Any] = {
                "channel_id": group,
                "message_id": message_id,
                "client_message_id": "m",
            }
            request |= {"content": "x"} if kind == "edit" else {}
            with pytest.raises(RefusedError, match=f"^{code}"):
                client.request(kind, **{**request, **fields})
    for content in ("", "x" * 5_001, "a\0b"):
        with pytest.raises(RefusedError, match=r"^invalid"):
            edit(owner, message_id, content)

    after = json_util.dumps(list(scene.cluster.database["messages"].find({"channel_id": group})))
    assert json.loads(after) == json.loads(before)


def test_after_the_window_only_an_admin_can_recall_and_nobody_can_edit(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo)
    message_id = say(member, group, "old")
    scene.cluster.database["messages"].update_one(
        {"_id": message_id}, [{"$set": {"server_time": {"$subtract": ["$server_time", 1_000_000]}}}]
    )

    with pytest.raises(RefusedError, match=r"^recall_window_passed"):
        recall(member, message_id)
    with pytest.raises(RefusedError, match=r"^edit_window_passed"):
        edit(member, message_id, "new")
    recall(owner, message_id)

    assert log_of(member, group)[1].status is MessageStatus.RECALLED


def test_rest_has_the_same_verbs(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)
    channel = sender.write("open_direct", to=bo).channel_id
    message_id = say(sender, channel, "tvelve")
    url, headers = scene.cluster.gateway_urls[0], {"Authorization": f"Bearer {make_token(an)}"}
    path = f"{url}/api/v1/messages/{message_id}"

    def post(verb: str, **body: Any) -> Any:
        return requests.post(f"{path}/{verb}", json=body, headers=headers, timeout=PATIENCE_S)

    assert post("edit", client_message_id="1", content="twelve").json()["seq"] == 2
    edited = requests.get(path, headers=headers, timeout=PATIENCE_S).json()
    assert (edited["content"], "edited_at" in edited) == ("twelve", True)
    assert post("recall", client_message_id="2").json()["seq"] == 3
    recalled = requests.get(path, headers=headers, timeout=PATIENCE_S).json()
    assert (recalled["status"], recalled.get("content", "")) == ("recalled", "")
    assert post("edit", client_message_id="3", content="again").json()["code"] == "message_recalled"


def test_what_was_recalled_beyond_a_channels_memory_is_counted_in_the_log(database: Database) -> None:
    log, other = "a" * 24, "b" * 24
    entries = MessageLog(database)
    entries.append([log_entry(log, seq, status=1 if seq in {2, 5, 6} else 0) for seq in range(1, 9)])

    assert entries.recalled_between([(log, 1, 8), (other, 1, 8), (log, 3, 5), (log, 7, 8)]) == [3, 0, 1, 0]


def test_earlier_versions_are_kept_in_pages_until_the_recall(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)
    channel = sender.write("open_direct", to=bo).channel_id
    message_id = say(sender, channel, "one")
    for text in ("two", "three", "four"):
        edit(sender, message_id, text)
    history = EditHistoryService(EditStore(scene.cluster.database))

    first, following = history.page(message_id, 0, 2)
    last, end = history.page(message_id, following or 0, 2)

    assert [version.content for version in first + last] == ["one", "two", "three"]
    ends, starts = [each.until_ms for each in first], [each.from_ms for each in (first + last)[1:]]
    assert ends == starts
    assert end is None
    recall(sender, message_id)
    assert history.page(message_id, 0, 2) == ([], None)
