"""Who has left a group learns nothing more of it, on any path (I3): his row, its stamps, receipts, sums."""

from schemas.frames import ReceiptEvent, ReceiptsEvent
from tests.support.client import Client
from tests.support.scene import Scene
from tests.support.waiting import eventually


def marks_heard(client: Client, by: str) -> list[int]:
    """Up to where a device was told that somebody had received or read."""
    return [event.up_to_seq for event in client.events(ReceiptEvent) if event.user_id == by]


def test_who_has_left_hears_no_marks_of_what_comes_after_him(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, bo_here, chen_here = map(scene.connect, (an, bo, chen))
    group = an_here.write("create_group", name="lunch", user_ids=[bo, chen]).channel_id
    bo_here.send_text(group, "I am off")
    bo_here.write("leave", channel_id=group)
    last = an_here.send_text(group, "he is gone")
    assert last.seq

    chen_here.request("read", channel_id=group, seq=last.seq)
    eventually(lambda: marks_heard(an_here, chen) == [last.seq])
    # What concerns both stands in one message of the fanout, so whoever is told at all is told by now.
    bo_here.request("ping")

    assert marks_heard(bo_here, chen) == []


def test_who_came_later_hears_no_marks_of_what_was_before_him(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, bo_here, chen_here = map(scene.connect, (an, bo, chen))
    group = an_here.write("create_group", name="lunch", user_ids=[chen]).channel_id
    before = an_here.send_text(group, "before him")
    an_here.write("add_members", channel_id=group, user_ids=[bo])
    after = bo_here.send_text(group, "hello")
    assert before.seq
    assert after.seq

    chen_here.history(group, before=before.seq + 1, limit=1)
    chen_here.acknowledge(group, after.seq)
    eventually(lambda: after.seq in marks_heard(bo_here, chen))

    assert before.seq not in marks_heard(bo_here, chen)


def test_who_has_left_hears_no_sums_of_a_big_group(scene: Scene) -> None:
    an, bo, chen, *others = scene.people("an", "bo", "chen", *(f"u{number}" for number in range(57)))
    an_here, bo_here, chen_here = map(scene.connect, (an, bo, chen))
    group = an_here.write("create_group", name="all", user_ids=[bo, chen, *others]).channel_id
    bo_here.send_text(group, "I am off")
    bo_here.write("leave", channel_id=group)
    last = an_here.send_text(group, "he is gone")
    assert last.seq

    chen_here.request("read", channel_id=group, seq=last.seq)
    an_here.wait_for(lambda event: (event.seq, event.read) == (last.seq, 1), ReceiptsEvent)
    bo_here.request("ping")

    assert bo_here.events(ReceiptsEvent) == []


def test_the_row_of_who_has_left_shows_the_group_as_it_was_then(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, left = scene.connect(an), scene.connect(bo)
    group = owner.write(
        "create_group", name="lunch", avatar="https://im.example/old.png", user_ids=[bo]
    ).channel_id
    owner.write("remove_member", channel_id=group, user_id=bo)
    (before,) = left.sync().conversations
    described = scene.rest(bo).channel(group)

    owner.write("update_channel", channel_id=group, name="secret", avatar="https://im.example/new.png")
    owner.write("update_channel", channel_id=group, max_members=77)
    owner.write("add_members", channel_id=group, user_ids=[chen])

    (after,) = left.sync().conversations
    assert (after.name, after.avatar, after.member_count) == ("lunch", "https://im.example/old.png", 1)
    assert after == before
    assert scene.rest(bo).channel(group) == described


def test_who_comes_back_sees_the_group_as_it_is(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, back = scene.connect(an), scene.connect(bo)
    group = owner.write("create_group", name="lunch", user_ids=[bo]).channel_id
    owner.write("remove_member", channel_id=group, user_id=bo)
    owner.write("update_channel", channel_id=group, name="dinner")
    owner.write("add_members", channel_id=group, user_ids=[bo])

    (row,) = back.sync().conversations

    assert (row.name, row.member_count, row.membership) == ("dinner", 2, "normal")


def test_what_happens_in_a_group_does_not_stir_who_has_left(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, left = scene.connect(an), scene.connect(bo)
    group = owner.write("create_group", name="lunch", user_ids=[bo, chen]).channel_id
    owner.write("remove_member", channel_id=group, user_id=bo)
    cursor = left.sync().cursor

    owner.send_text(group, "without him")

    # The overlap of 10 s shows a row again: what counts is that its stamp stands still.
    assert left.sync(cursor).cursor == cursor
