"""How far messages of a group got: read by so many of so many, and who is on which side."""

import pytest

from schemas import frames
from schemas.receipts import MAX_SUMMARIES, ReceiptSummaries, ReceiptSummary
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.waiting import eventually


def test_a_message_is_read_by_so_many_of_those_who_were_there_then(scene: Scene) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    owner, reader, rest = scene.connect(an), scene.connect(bo, gateway=1), scene.rest(an)
    group = owner.write("create_group", name="team", user_ids=[bo, chen]).channel_id
    message = owner.send_text(group, "who reads this?").message_id
    owner.write("add_members", channel_id=group, user_ids=[ding])
    owner.write("remove_member", channel_id=group, user_id=chen)
    reader.request("read", channel_id=group, seq=2)

    def summary() -> ReceiptSummary:
        return rest.get(f"/messages/{message}/receipts", ReceiptSummary)

    eventually(lambda: summary().counts.read == 1, what="bo has read it")
    assert (summary().counts.total, summary().seq) == (2, 2)
    assert message is not None
    assert [push.receiver for push in rest.pushes(message, status="read").pushes] == [bo]
    assert [push.receiver for push in rest.pushes(message, status="unread").pushes] == [chen]
    assert scene.rest(bo).get(f"/messages/{message}/receipts", ReceiptSummary) == summary()


def test_several_messages_of_mine_are_summed_at_once(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, other = scene.connect(an), scene.connect(bo)
    group = owner.write("create_group", name="team", user_ids=[bo, chen]).channel_id
    first, second = (owner.send_text(group, text).message_id for text in ("1", "2"))
    foreign = other.send_text(group, "not an's").message_id
    nowhere = f"{'0' * 24}.000000000001"

    reply: frames.MessageReceiptsReply = owner.request(
        "message_receipts", message_ids=[second, foreign, nowhere, first]
    )

    assert [one.message_id for one in reply.messages] == [second, first]
    assert {one.counts.total for one in reply.messages} == {2}
    listed = scene.rest(an).get("/receipts", ReceiptSummaries, ids=f"{second},{foreign},{first}")
    assert [one.message_id for one in listed.messages] == [second, first]
    assert scene.rest(chen).get("/receipts", ReceiptSummaries, ids=f"{first}").messages == []


def test_who_has_left_is_told_nothing_more(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, left = scene.connect(an), scene.connect(bo)
    group = owner.write("create_group", name="team", user_ids=[bo, chen]).channel_id
    message = left.send_text(group, "bye").message_id
    left.write("leave", channel_id=group)

    assert left.request("message_receipts", message_ids=[message]).messages == []
    with pytest.raises(RefusedError) as told:
        scene.rest(bo).get(f"/messages/{message}/receipts", ReceiptSummary)
    assert told.value.code == "not_member"


@pytest.mark.limit("messages in a call for receipts")
def test_so_many_messages_at_once_and_no_more(scene: Scene) -> None:
    (an,) = scene.people("an")
    client, rest = scene.connect(an), scene.rest(an)
    names = [f"{'0' * 24}.{number:012}" for number in range(1, MAX_SUMMARIES + 2)]

    assert client.request("message_receipts", message_ids=names[:-1]).messages == []
    assert rest.get("/receipts", ReceiptSummaries, ids=",".join(names[:-1])).messages == []
    with pytest.raises(RefusedError) as told:
        client.request("message_receipts", message_ids=names)
    assert told.value.code == "invalid"
    with pytest.raises(RefusedError) as told:
        rest.get("/receipts", ReceiptSummaries, ids=",".join(names))
    assert told.value.code == "invalid"
