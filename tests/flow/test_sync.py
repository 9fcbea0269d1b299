"""Coming back: what changed since a cursor, with nothing missed between the list and the live events."""

import base64
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from schemas import frames
from schemas.conversations import Conversation
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.tokens import make_token

LONG_AGO = timedelta(hours=1)


def everything(client: Client, cursor: str | None = None) -> tuple[list[Conversation], str]:
    """All pages of a sync, and the cursor after them."""
    page = client.sync(cursor)
    rows = list(page.conversations)
    while page.more:
        page = client.sync(page.cursor)
        rows += page.conversations
    return rows, page.cursor


def channels(rows: list[Conversation]) -> set[str]:
    return {row.channel_id for row in rows}


def with_epoch(cursor: str, epoch: str) -> str:
    """The cursor that the same place has in another store. Clients can't do this: it is opaque to them."""
    position = msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    packed = msgspec.msgpack.encode([epoch, *position[1:]])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def age(scene: Scene, channel: str) -> None:
    """Make a conversation's last change lie long ago."""
    stamp = {"$set": {"changed_at": datetime.now(UTC) - LONG_AGO}}
    scene.cluster.database["channels"].update_many({"_id": channel}, stamp)
    scene.cluster.database["members"].update_many({"channel_id": channel}, stamp)


def test_without_a_cursor_everything_is_given(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    one = scene.connect(an)
    mine = {one.send_text(None, "hi", to=user).channel_id for user in (bo, chen)}
    scene.connect(bo).send_text(None, "not an's", to=chen)

    page = one.sync()

    assert channels(page.conversations) == mine
    assert not page.more
    assert page.epoch == one.hello.epoch
    scene.judge().raise_if_broken()


def cursor_long_after(scene: Scene, client: Client, channel: str) -> str:
    """A cursor for which a conversation has long been quiet, while another changed just now."""
    age(scene, channel)
    (somebody,) = scene.people("somebody")
    client.send_text(None, "hi", to=somebody)
    return everything(client)[1]


def test_with_a_cursor_only_what_changed_since_is_given(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    one = scene.connect(an)
    old = one.send_text(None, "hi", to=bo).channel_id
    cursor = cursor_long_after(scene, one, old)

    new = one.send_text(None, "hi", to=chen).channel_id
    rows, cursor = everything(one, cursor)
    assert new in channels(rows)
    assert old not in channels(rows)

    one.send_text(old, "again")
    rows, _ = everything(one, cursor)
    assert {row.channel_id: row.last_seq for row in rows}[old] == 2
    scene.judge().raise_if_broken()


@pytest.mark.parametrize("change", ["read", "renamed", "added", "removed"])
def test_every_change_of_a_conversation_is_given(scene: Scene, change: str) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, member = scene.connect(an), scene.connect(bo, gateway=1)
    group = owner.write("create_group", name="team", user_ids=[bo]).channel_id
    owner.send_text(group, "hi")
    cursor = cursor_long_after(scene, member, group)
    assert group not in channels(everything(member, cursor)[0])

    if change == "read":
        member.request("read", channel_id=group, seq=2)
        member.wait_for(lambda event: event.read_seq == 2, frames.ConversationEvent)
    elif change == "renamed":
        owner.write("update_channel", channel_id=group, name="tea")
    elif change == "added":
        owner.write("add_members", channel_id=group, user_ids=[chen])
    else:
        owner.write("remove_member", channel_id=group, user_id=bo)

    (row,) = [row for row in everything(member, cursor)[0] if row.channel_id == group]
    seen = {
        "read": row.read_seq == 2,
        "renamed": row.name == "tea",
        "added": row.member_count == 3,
        "removed": row.membership == "left",
    }
    assert seen[change]


@pytest.mark.limit("page of sync")
def test_more_conversations_than_a_page_holds_come_on_several(scene: Scene) -> None:
    an, *others = scene.people("an", *(f"u{number}" for number in range(205)))
    one = scene.connect(an)
    replies = [one.post_text(None, "hi", to=user) for user in others]
    made = {reply.result(30)["channel_id"] for reply in replies}

    first = one.sync()
    second = one.sync(first.cursor)

    assert (len(first.conversations), first.more) == (200, True)
    assert (len(second.conversations), second.more) == (5, False)
    assert channels(first.conversations + second.conversations) == made
    # What changes between two pages moves to the end and is not missed.
    early = first.conversations[0].channel_id
    one.send_text(early, "again")
    again = one.sync(first.cursor)
    assert {row.channel_id: row.last_seq for row in again.conversations}[early] == 2


def test_nothing_is_missed_while_messages_arrive(scene: Scene) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    reader, senders = scene.connect(an), [scene.connect(user, gateway=1) for user in (bo, chen, ding)]
    groups = [sender.write("create_group", name="g", user_ids=[an]).channel_id for sender in senders]
    known, cursor = everything(reader)
    latest = {row.channel_id: row.last_seq for row in known}

    replies = [
        sender.post_text(group, f"{number}")
        for number in range(100)
        for sender, group in zip(senders, groups, strict=True)
    ]
    answered = False
    while not answered:
        answered = all(reply.done() for reply in replies)  # then one more round sees everything
        rows, cursor = everything(reader, cursor)
        latest |= {row.channel_id: row.last_seq for row in rows}

    assert latest == dict.fromkeys(groups, 101)
    scene.judge().raise_if_broken()


def test_between_the_list_of_a_hello_and_the_live_events_nothing_is_missing(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    talker, first = scene.connect(an), scene.connect(bo)
    channel = talker.send_text(None, "first", to=bo).channel_id
    cursor = first.sync().cursor

    replies = [talker.post_text(channel, f"{number}") for number in range(300)]
    returned: list[Client] = []
    while not replies[-1].done():
        returned.append(scene.connect(bo, gateway=len(returned) % 2, cursor=cursor))
    last = first.wait_for_text("299").seq

    for device in returned:
        device.request("ping")
        assert device.hello.sync is not None
        (listed,) = [row.last_seq for row in device.hello.sync.conversations]
        live = [event.seq for event in device.events(frames.MessageEvent)]
        assert live == list(range(last + 1 - len(live), last + 1))
        assert listed >= last - len(live)
    scene.judge().raise_if_broken()


def test_a_hello_without_a_cursor_lists_nothing(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    scene.connect(bo).send_text(None, "hi", to=an)

    assert scene.connect(an).hello.sync is None


def test_a_cursor_is_good_on_every_gateway(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    one, elsewhere = scene.connect(an), scene.connect(an, gateway=1)
    _, cursor = everything(one)

    channel = one.send_text(None, "hi", to=bo).channel_id

    assert channels(everything(elsewhere, cursor)[0]) == {channel}


def test_somebody_elses_cursor_shows_nothing_of_his(scene: Scene) -> None:
    an, bo, eve = scene.people("an", "bo", "eve")
    one, stranger = scene.connect(an), scene.connect(eve)
    _, cursor = everything(one)
    one.send_text(None, "secret", to=bo)

    assert everything(stranger, cursor)[0] == []


def test_a_cursor_of_another_store_starts_anew(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    one = scene.connect(an)
    channel = one.send_text(None, "hi", to=bo).channel_id
    age(scene, channel)
    _, cursor = everything(one)

    page = one.sync(with_epoch(cursor, "before-the-restore"))

    assert channels(page.conversations) == {channel}
    assert page.epoch == one.hello.epoch
    assert page.cursor != with_epoch(cursor, "before-the-restore")


NO_CURSORS = ["x", "!", "====", "Zm9v", "kgE", "é", "\x00", "x" * 500, "wA", "gA", "3wAAAAE"]


@pytest.mark.parametrize("cursor", ["", *NO_CURSORS])
def test_what_is_no_cursor_is_invalid(scene: Scene, cursor: str) -> None:
    (an,) = scene.people("an")

    with pytest.raises(RefusedError, match="invalid:"):
        scene.connect(an).request("sync", cursor=cursor)


@pytest.mark.parametrize("cursor", ["", *NO_CURSORS])
def test_what_is_no_cursor_is_invalid_in_a_hello_too(scene: Scene, cursor: str) -> None:
    (an,) = scene.people("an")

    with pytest.raises(RefusedError, match="invalid:"):
        scene.connect(an).request("hello", cursor=cursor, token=make_token(an))


def test_the_cursor_of_a_list_is_no_cursor_of_a_sync(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    one = scene.connect(an)
    for user in (bo, chen):
        one.send_text(None, "hi", to=user)
    cursor = scene.rest(an).conversations(limit=1).cursor

    with pytest.raises(RefusedError, match="invalid:"):
        one.sync(cursor)
