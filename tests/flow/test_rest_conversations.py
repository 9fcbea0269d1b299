"""My conversations over REST: the list, its pages, sync, and how far I have read."""

import pytest

from schemas.common import Membership
from schemas.conversations import Conversation
from schemas.frames import ConversationEvent
from tests.support.link import RefusedError
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.waiting import eventually


def row(client: RestClient, channel: str) -> Conversation:
    return client.get(f"/conversations/{channel}", Conversation)


def test_a_row_shows_what_a_list_needs(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    channel = scene.rest(an).create_group("Lunch", bo).channel_id
    sent = scene.rest(an).send_text(channel, "noodles? " + "!" * 200)

    shown = row(scene.rest(bo), channel)

    assert (shown.name, shown.member_count, shown.membership) == ("Lunch", 2, Membership.NORMAL)
    assert (shown.last_seq, shown.read_seq, shown.unread, shown.unread_label) == (2, 0, 1, "1")
    assert shown.last_message is not None
    assert (shown.last_message.message_id, shown.last_message.sender) == (sent.message_id, an)
    assert shown.last_message.content == ("noodles? " + "!" * 200)[:100]
    assert shown.last_time == sent.server_time


def test_unread_ones_come_first_and_then_the_newest(scene: Scene) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    rest = scene.rest(an)
    older, unread, newer = (rest.open_direct(other).channel_id for other in (bo, chen, ding))
    rest.send_text(older, "1")
    scene.rest(chen).send_text(unread, "2")
    rest.send_text(newer, "3")

    listed = eventually(lambda: ids if len(ids := [c.channel_id for c in all_rows(rest)]) == 3 else None)

    assert listed == [unread, newer, older]


def all_rows(client: RestClient, limit: int = 50) -> list[Conversation]:
    page = client.conversations(limit=limit)
    rows = page.conversations
    while page.cursor:
        page = client.conversations(limit=limit, cursor=page.cursor)
        rows += page.conversations
    return rows


def test_pages_of_the_list_join_without_a_gap_or_a_double(scene: Scene) -> None:
    an, *others = scene.people("an", "bo", "chen", "ding", "eva", "feng")
    rest = scene.rest(an)
    for other in others:
        rest.send_text(rest.open_direct(other).channel_id, "hi")
    whole = [conversation.channel_id for conversation in all_rows(rest)]

    for limit in (1, 2, 3, 5):
        assert [conversation.channel_id for conversation in all_rows(rest, limit)] == whole
    assert len(whole) == 5


def test_reading_moves_the_mark_and_clears_the_count(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    reader, channel = scene.rest(bo), scene.rest(an).create_group("Lunch", bo).channel_id
    for text in ("one", "two", "three"):
        scene.rest(an).send_text(channel, text)

    state = reader.read(channel, 3)

    assert (state.read_seq, state.unread, state.unread_label) == (3, 1, "1")
    eventually(lambda: row(reader, channel).read_seq == 3, what="the list shows the mark")
    assert row(reader, channel).unread == 1


def test_a_mark_only_grows_and_stops_at_the_end(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    reader, channel = scene.rest(bo), scene.rest(an).create_group("Lunch", bo).channel_id
    scene.rest(an).send_text(channel, "one")
    assert reader.read(channel, 900).read_seq == 2
    eventually(lambda: row(reader, channel).read_seq == 2, what="the list shows the mark")

    assert reader.read(channel, 1).read_seq == 2


def test_my_other_device_hears_that_i_have_read(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    phone, channel = scene.connect(bo), scene.rest(an).create_group("Lunch", bo).channel_id
    scene.rest(an).send_text(channel, "one")

    scene.rest(bo, gateway=1).read(channel, 2)

    heard = phone.wait_for(lambda event: event.channel_id == channel, ConversationEvent)
    assert (heard.read_seq, heard.unread) == (2, 0)


def test_a_seq_that_is_none_is_refused(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    channel = rest.create_group("Lunch", bo).channel_id

    for seq in (0, -1, "1", 1.5, None):
        refused = rest.call("PUT", f"/conversations/{channel}/read", json={"seq": seq})
        assert refused.json()["code"] == "invalid"


def test_sync_gives_all_and_then_what_changed(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    rest = scene.rest(an)
    quiet, busy = rest.create_group("Quiet", bo).channel_id, rest.create_group("Busy", chen).channel_id
    everything = rest.sync()

    scene.rest(chen).send_text(busy, "news")
    eventually(lambda: row(rest, busy).last_seq == 2, what="the list shows the news")
    changed = rest.sync(everything.cursor)

    assert {shown.channel_id for shown in everything.conversations} == {quiet, busy}
    assert (busy, 2) in [(shown.channel_id, shown.last_seq) for shown in changed.conversations]
    assert (everything.more, changed.more) == (False, False)
    assert changed.epoch == everything.epoch


@pytest.mark.parametrize("cursor", ["$", "AAAA", "null", "{}", "x" * 501, "../..", "é"])
@pytest.mark.parametrize("path", ["/conversations", "/sync"])
def test_a_cursor_that_is_not_ours_is_refused(scene: Scene, path: str, cursor: str) -> None:
    (an,) = scene.people("an")

    refused = scene.rest(an).call("GET", path, params={"cursor": cursor})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert list(refused.json()["errors"]) == ["cursor"]


def test_a_conversation_that_i_am_not_in_is_not_found(scene: Scene) -> None:
    an, bo, eve = scene.people("an", "bo", "eve")
    channel = scene.rest(an).create_group("Lunch", bo).channel_id

    with pytest.raises(RefusedError, match=r"^not_found:"):
        row(scene.rest(eve), channel)
