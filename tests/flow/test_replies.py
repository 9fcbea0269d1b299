"""Replies: stored and sent as an id; whoever reads gets the quote, as far as he may see it."""

import pytest

from schemas.messages import OneEntry, Quote
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene


def refused(client: Client, channel: str, **fields: str) -> str:
    with pytest.raises(RefusedError) as error:
        client.send_text(channel, "what?", **fields)
    return error.value.code


def group_of(owner: Client, *others: str) -> str:
    return owner.write("create_group", name="team", user_ids=list(others)).channel_id


def quotes_in(client: Client, channel: str) -> list[Quote]:
    return client.history(channel).quotes


def test_a_reply_travels_as_an_id_and_is_read_with_its_quote(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here, there = scene.connect(an), scene.connect(bo, gateway=1)
    asked = here.send_text(None, "Lunch? " + "x" * 200, to=bo)
    channel = asked.channel_id

    there.send_text(channel, "Yes", reply_to=asked.message_id)

    shown = here.wait_for_text("Yes")
    assert shown.reply_to == asked.message_id
    assert not hasattr(shown, "quotes")
    (quote,) = quotes_in(here, channel)
    assert (quote.message_id, quote.sender, quote.status) == (asked.message_id, an, "normal")
    assert quote.content == ("Lunch? " + "x" * 200)[:100]
    assert scene.rest(bo).history(channel).quotes == [quote]
    assert here.history(channel, around=2, limit=1).quotes == [quote]
    scene.judge().raise_if_broken()


def test_one_reply_by_itself_has_its_quote_as_far_as_one_may_see_it(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    here = scene.connect(an)
    channel = group_of(here, bo)
    asked = here.send_text(channel, "Lunch?")
    here.write("add_members", channel_id=channel, user_ids=[chen])
    reply = here.send_text(channel, "Yes", reply_to=asked.message_id)
    path = f"/messages/{reply.message_id}"

    mine, late = scene.rest(bo).get(path, OneEntry), scene.rest(chen).get(path, OneEntry)
    plain = scene.rest(bo).call("GET", f"/messages/{asked.message_id}").json()
    here.write("recall", channel_id=channel, message_id=asked.message_id)
    after = scene.rest(bo).get(path, OneEntry)

    assert mine.quote is not None
    assert (mine.quote.message_id, mine.quote.content) == (asked.message_id, "Lunch?")
    assert (late.content, late.reply_to, late.quote) == ("Yes", asked.message_id, None)
    assert "quote" not in plain
    assert after.quote is not None
    assert (after.quote.content, after.quote.status) == ("", "recalled")


def test_a_page_without_replies_has_no_quotes(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)
    channel = here.send_text(None, "hi", to=bo).channel_id

    assert "quotes" not in scene.rest(an).call("GET", f"/channels/{channel}/messages").json()


def test_two_replies_to_one_message_quote_it_once(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)
    asked = here.send_text(None, "Lunch?", to=bo)
    for text in ("at twelve", "or at one"):
        here.send_text(asked.channel_id, text, reply_to=asked.message_id)

    assert [quote.message_id for quote in quotes_in(here, asked.channel_id)] == [asked.message_id]


def test_who_came_later_sees_the_reply_and_not_what_it_answers(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    here = scene.connect(an)
    channel = group_of(here, bo)
    secret = here.send_text(channel, "before your time").message_id
    here.write("add_members", channel_id=channel, user_ids=[chen])
    here.send_text(channel, "as I said", reply_to=secret)

    late, late_rest = scene.connect(chen), scene.rest(chen)

    assert [quote.message_id for quote in quotes_in(here, channel)] == [secret]
    assert quotes_in(late, channel) == late_rest.history(channel).quotes == []
    assert refused(late, channel, reply_to=secret or "") == "not_found"
    scene.judge().raise_if_broken()


def test_a_reply_stays_in_its_channel(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    here = scene.connect(an)
    with_bo = here.send_text(None, "for bo", to=bo)
    with_chen = here.send_text(None, "for chen", to=chen)

    across = refused(here, with_chen.channel_id, reply_to=with_bo.message_id or "")
    foreign = refused(here, with_chen.channel_id, reply_to=f"{'z' * 24}.000000000001")
    nowhere = refused(here, with_chen.channel_id, reply_to=f"{with_chen.channel_id}.000000000099")

    assert (across, foreign, nowhere) == ("invalid", "invalid", "not_found")
    assert len(here.history(with_chen.channel_id).entries) == 1


def test_nobody_answers_the_system(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)
    channel = group_of(here, bo)

    assert refused(here, channel, reply_to=f"{channel}.000000000001") == "invalid"


def test_a_repeated_reply_is_one_message(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here, rest = scene.connect(an), scene.rest(an)
    asked = here.send_text(None, "Lunch?", to=bo)
    channel, fields = asked.channel_id, {"client_message_id": "r1", "reply_to": asked.message_id}

    first, again = here.send_text(channel, "Yes", **fields), rest.send_text(channel, "Yes", **fields)

    assert first.seq == again.seq == 2
    with pytest.raises(RefusedError, match=r"^conflict:"):
        rest.send_text(channel, "Yes", client_message_id="r1")


def test_the_quote_follows_an_edit_and_a_recall(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here, there = scene.connect(an), scene.connect(bo)
    asked = here.send_text(None, "Lunhc?", to=bo)
    channel = asked.channel_id
    place = {"channel_id": channel, "message_id": asked.message_id}
    there.send_text(channel, "Yes", reply_to=asked.message_id)

    here.write("edit", content="Lunch?", **place)
    (edited,) = quotes_in(there, channel)
    here.write("recall", **place)
    (recalled,) = quotes_in(there, channel)

    assert (edited.content, edited.status) == ("Lunch?", "normal")
    assert (recalled.content, recalled.status) == ("", "recalled")
