"""Mentions: who is addressed finds a mark on the conversation, until he has read."""

from collections.abc import Mapping
from typing import Any

import pytest

from schemas.common import MAX_MENTIONS
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.waiting import eventually


def group_of(owner: Client, *others: str) -> str:
    return owner.write("create_group", name="team", user_ids=list(others)).channel_id


def mark(scene: Scene, user: str, channel: str) -> int | None:
    """The mark on a row, which the list and sync show alike."""
    rest = scene.rest(user)
    pages = rest.conversations().conversations, rest.sync().conversations
    marks = {row.mentioned_seq for page in pages for row in page if row.channel_id == channel}
    assert len(marks) == 1
    return marks.pop()


def refusal(client: Client, channel: str, **fields: Any) -> tuple[str, Mapping[str, Any]]:
    with pytest.raises(RefusedError) as error:
        client.send_text(channel, "hey", **fields)
    return error.value.code, error.value.reply.errors or {}


def test_who_is_addressed_is_marked_and_nobody_else(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    here, bos = scene.connect(an), scene.connect(bo)
    channel = group_of(here, bo, chen)

    sent = here.send_text(channel, "Bo, lunch?", mentions=[bo])
    here.send_text(channel, "anybody else?")

    assert bos.wait_for_text("Bo, lunch?").mentions == [bo]
    assert [mark(scene, user, channel) for user in (an, bo, chen)] == [None, sent.seq, None]
    scene.judge().raise_if_broken()


def test_the_mark_goes_with_reading_it_and_not_before(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here, rest = scene.connect(an), scene.rest(bo)
    channel = group_of(here, bo)
    here.send_text(channel, "first")
    sent = here.send_text(channel, "Bo?", mentions=[bo])

    rest.read(channel, 2)
    eventually(lambda: rest.sync().conversations[0].read_seq == 2)
    assert mark(scene, bo, channel) == sent.seq
    rest.read(channel, sent.seq or 0)
    eventually(lambda: mark(scene, bo, channel) is None)


def test_the_mark_is_the_newest_one(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)
    channel = group_of(here, bo)

    here.send_text(channel, "Bo?", mentions=[bo])
    newest = here.send_text(channel, "all!", mention_all=True)

    assert mark(scene, bo, channel) == newest.seq


def test_all_are_addressed_but_those_who_come_later(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    here, rest = scene.connect(an), scene.rest(bo)
    channel = group_of(here, bo)

    sent = rest.send_text(channel, "Everybody!", mention_all=True)
    rest.add_members(channel, chen)

    assert here.wait_for_text("Everybody!").mention_all
    assert sent.mention_all
    assert [mark(scene, user, channel) for user in (an, bo, chen)] == [sent.seq, None, None]


def test_who_comes_back_is_not_marked_by_what_he_missed(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)
    channel = group_of(here, bo)
    here.send_text(channel, "Bo?", mentions=[bo])
    here.write("remove_member", channel_id=channel, user_id=bo)
    here.send_text(channel, "Everybody!", mention_all=True)

    here.write("add_members", channel_id=channel, user_ids=[bo])

    assert mark(scene, bo, channel) is None


def test_what_is_said_to_all_after_he_left_does_not_take_his_mark_away(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)
    channel = group_of(here, bo)
    named = here.send_text(channel, "Bo?", mentions=[bo])
    to_all = here.send_text(channel, "Everybody!", mention_all=True)
    here.write("remove_member", channel_id=channel, user_id=bo)

    later = here.send_text(channel, "All of us who are left!", mention_all=True)
    assert mark(scene, bo, channel) == to_all.seq
    here.write("recall", channel_id=channel, message_id=later.message_id)
    assert mark(scene, bo, channel) == to_all.seq

    scene.rest(bo).read(channel, to_all.seq or 0)
    eventually(lambda: mark(scene, bo, channel) is None)
    assert named.seq


def test_who_has_left_is_not_marked_by_what_he_has_cleared(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here, rest = scene.connect(an), scene.rest(bo)
    channel = group_of(here, bo)
    here.send_text(channel, "Everybody!", mention_all=True)
    here.write("remove_member", channel_id=channel, user_id=bo)
    here.send_text(channel, "All of us who are left!", mention_all=True)

    rest.set(channel, cleared_seq=2)

    assert mark(scene, bo, channel) is None


def test_a_direct_chat_is_marked_too(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sent = scene.connect(an).send_text(None, "Bo?", to=bo, mentions=[bo])

    assert [mark(scene, user, sent.channel_id) for user in (an, bo)] == [None, sent.seq]


def test_strangers_can_not_be_addressed(scene: Scene) -> None:
    an, bo, chen, dao = scene.people("an", "bo", "chen", "dao")
    here = scene.connect(an)
    channel = group_of(here, bo, chen)
    here.write("remove_member", channel_id=channel, user_id=chen)

    code, errors = refusal(here, channel, mentions=[bo, chen, dao, "nobody", "$where"[1:]])

    assert (code, errors["user_ids"]) == ("invalid", [chen, dao, "nobody", "where"])
    assert [entry.message_type.value for entry in here.history(channel).entries] == ["system", "system"]
    assert mark(scene, bo, channel) is None


@pytest.mark.limit("mentions in a message")
def test_so_many_can_be_addressed_by_name_and_not_one_more(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)
    channel = group_of(here, bo)

    assert refusal(here, channel, mentions=[bo] * (MAX_MENTIONS + 1))[0] == "invalid"
    assert here.send_text(channel, "hey", mentions=[bo] * MAX_MENTIONS).seq == 2
    assert here.history(channel).entries[-1].mentions == [bo]


def test_all_of_a_big_group_are_addressed_by_its_admins(scene: Scene) -> None:
    an, bo, *many = scene.people("an", "bo", *(f"u{number}" for number in range(50)))
    here, bos = scene.connect(an), scene.connect(bo)
    channel = group_of(here, bo, *many)

    assert refusal(bos, channel, mention_all=True)[0] == "forbidden"
    assert here.send_text(channel, "Everybody!", mention_all=True).seq == 2
    assert mark(scene, many[7], channel) == 2


def test_a_plain_message_writes_no_mark(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)
    channel = group_of(here, bo)
    here.send_text(channel, "plain")

    database = scene.cluster.database
    stored = [
        database["channels"].find_one({"_id": channel}),
        *database["members"].find({"channel_id": channel}),
        *database["messages"].find({"channel_id": channel}),
    ]
    names = {name for document in stored for name in document or {}}
    assert not names & {"mentioned_seq", "mention_all_seq", "mention_all", "forwarded"}


def test_behind_a_recalled_one_the_older_one_is_found(scene: Scene) -> None:
    """By name or all of them; not what he has read, nor what is his own."""
    an, bo = scene.people("an", "bo")
    here, rest = scene.connect(an), scene.rest(bo)
    channel = group_of(here, bo)
    here.send_text(channel, "Bo?", mentions=[bo])
    missed = here.send_text(channel, "Everybody!", mention_all=True)
    rest.send_text(channel, "mine", mentions=[an])
    older = here.send_text(channel, "Everybody again!", mention_all=True)
    named = here.send_text(channel, "Bo!", mentions=[bo])
    edited = here.send_text(channel, "Bo, now!", mentions=[bo])
    assert mark(scene, bo, channel) == edited.seq

    here.write("edit", channel_id=channel, message_id=edited.message_id, content="never mind")
    assert mark(scene, bo, channel) == named.seq
    here.write("recall", channel_id=channel, message_id=named.message_id)
    assert mark(scene, bo, channel) == older.seq
    here.write("recall", channel_id=channel, message_id=older.message_id)
    assert mark(scene, bo, channel) is None, "what comes before his own message he has read"
    assert missed.seq


def test_the_mark_goes_with_a_recall_and_comes_with_an_edit(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)
    channel = group_of(here, bo)
    first = here.send_text(channel, "Bo?", mentions=[bo])
    here.write("recall", channel_id=channel, message_id=first.message_id)
    assert mark(scene, bo, channel) is None

    second = here.send_text(channel, "anybody?")
    here.write("edit", channel_id=channel, message_id=second.message_id, content="Bo?", mentions=[bo])
    assert mark(scene, bo, channel) == second.seq
