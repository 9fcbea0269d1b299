"""Who clears his history sees nothing of it again, on no path; nobody else notices."""

import pytest

from schemas import frames
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.waiting import eventually


def group_with(owner: Client, *others: str, texts: int) -> str:
    """A group with so many texts after its first entry."""
    group = owner.write("create_group", name="team", user_ids=list(others)).channel_id
    for number in range(1, texts + 1):
        owner.send_text(group, f"text {number}")
    return group


def test_what_is_cleared_is_seen_on_no_path(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, reader, rest = scene.connect(an), scene.connect(bo, gateway=1), scene.rest(bo)
    group = group_with(owner, bo, chen, texts=4)  # seq 1 is who is in it

    row = rest.set(group, cleared_seq=4)

    assert (row.cleared_seq, row.last_seq, row.unread) == (4, 5, 1)
    assert [entry.seq for entry in rest.history(group).entries] == [5]
    assert [entry.seq for entry in reader.history(group, after=0).entries] == [5]
    assert [entry.seq for entry in rest.history(group, around=3).entries] == [5]
    assert rest.history(group, before=5).entries == []
    assert not rest.history(group).more_before
    for refused in (rest.entry, rest.pushes):
        with pytest.raises(RefusedError) as told:
            refused(f"{group}.000000000004")
        assert told.value.code == "not_found"
    assert rest.entry(f"{group}.000000000005").content == "text 4"


def test_with_all_of_it_cleared_the_row_stays_and_shows_nothing(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, rest = scene.connect(an), scene.rest(bo)
    group = group_with(owner, bo, chen, texts=3)

    rest.set(group, cleared_seq=4)

    for row in (
        rest.conversation(group),
        rest.conversations().conversations[0],
        rest.sync().conversations[0],
    ):
        assert (row.last_message, row.unread, row.last_seq) == (None, 0, 4)
    page = rest.history(group)
    assert (page.entries, page.more_before, page.more_after) == ([], False, False)
    owner.send_text(group, "and on")
    row = rest.conversation(group)
    assert row.last_message is not None
    assert (row.last_message.content, row.unread, row.last_seq) == ("and on", 1, 5)


def test_nobody_else_notices(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner = scene.connect(an)
    group = group_with(owner, bo, chen, texts=2)
    before = scene.rest(chen).conversation(group)

    scene.rest(bo).set(group, cleared_seq=3)

    assert scene.rest(chen).conversation(group) == before
    assert len(scene.rest(chen).history(group).entries) == 3
    pushes = scene.rest(an).pushes(f"{group}.000000000003")
    assert pushes.counts.total == 2
    assert pushes.counts.read == 0, "to clear is not to read"


def test_clearing_only_grows_and_reaches_no_further_than_the_log(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, rest = scene.connect(an), scene.rest(bo)
    group = group_with(owner, bo, chen, texts=3)

    assert rest.set(group, cleared_seq=3).cleared_seq == 3
    assert rest.set(group, cleared_seq=2).cleared_seq == 3
    assert rest.set(group, cleared_seq=999_999).cleared_seq == 4
    owner.send_text(group, "later")
    assert [entry.content for entry in rest.history(group).entries] == ["later"]


def test_a_cleared_conversation_goes_on_being_delivered_and_read(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    one, other = scene.connect(an), scene.connect(bo, gateway=1)
    channel = one.send_text(None, "1", to=bo).channel_id
    one.send_text(channel, "2")
    other.set(channel, cleared_seq=2)

    one.send_text(channel, "3")
    other.wait_for_text("3")
    other.request("read", channel_id=channel, seq=3)

    eventually(lambda: scene.rest(an).pushes(f"{channel}.000000000003").counts.read == 1, what="it is read")
    assert scene.rest(bo).conversation(channel).unread == 0


def test_who_left_and_cleared_all_learns_nothing_of_how_it_goes_on(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, rest = scene.connect(an), scene.rest(bo)
    group = group_with(owner, bo, chen, texts=2)
    owner.write("remove_member", channel_id=group, user_id=bo)
    rest.set(group, cleared_seq=4)
    before = rest.conversation(group)

    owner.send_text(group, "secret")

    assert rest.conversation(group) == before
    assert rest.history(group).entries == []
    assert (before.last_message, before.last_seq, before.membership) == (None, 4, "left")


def test_who_comes_back_sees_neither_what_he_cleared_nor_what_he_missed(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, rest = scene.connect(an), scene.rest(bo)
    group = group_with(owner, bo, chen, texts=2)
    rest.set(group, cleared_seq=2)
    owner.write("remove_member", channel_id=group, user_id=bo)  # 4
    owner.send_text(group, "while he was away")  # 5
    owner.write("add_members", channel_id=group, user_ids=[bo])  # 6

    assert [entry.seq for entry in rest.history(group).entries] == [3, 4, 6]


def test_the_other_devices_hear_of_it(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    phone, desk = scene.connect(bo), scene.connect(bo, gateway=1)
    channel = scene.connect(an).send_text(None, "1", to=bo).channel_id

    phone.set(channel, cleared_seq=1)

    event = desk.wait_for(lambda event: event.conversation is not None, frames.ConversationEvent)
    assert event.conversation is not None
    assert (event.conversation.cleared_seq, event.unread, event.conversation.last_message) == (1, 0, None)


def test_a_recall_or_an_edit_brings_nothing_back_that_was_cleared(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, rest, other = scene.connect(an), scene.rest(bo), scene.connect(chen)
    group = group_with(owner, bo, chen, texts=2)
    rest.set(group, cleared_seq=3)

    message = f"{group}.000000000003"
    owner.write("edit", channel_id=group, message_id=message, content="changed")

    other.wait_for_text("changed")  # that he has cleared it takes nothing from the others
    assert rest.conversation(group).last_message is None
    (entry,) = rest.history(group).entries
    assert (entry.message_type, entry.content) == ("edit", "")
    owner.write("recall", channel_id=group, message_id=message)
    assert (rest.conversation(group).last_message, rest.conversation(group).unread) == (None, 0)


def test_a_reply_to_something_cleared_quotes_nothing(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, rest = scene.connect(an), scene.rest(bo)
    group = group_with(owner, bo, chen, texts=2)
    rest.set(group, cleared_seq=3)

    owner.send_text(group, "as I said", reply_to=f"{group}.000000000003")

    assert rest.history(group).quotes == []
    assert [quote.content for quote in scene.rest(chen).history(group).quotes] == ["text 2"]


def test_what_is_cleared_can_be_passed_on_no_more(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    reader = scene.connect(bo)
    group = group_with(scene.connect(an), bo, chen, texts=2)
    reader.set(group, cleared_seq=3)

    with pytest.raises(RefusedError) as told:
        reader.write("send", to=chen, forward_of=f"{group}.000000000003")

    assert told.value.code == "not_found"


def test_a_repeat_of_what_was_sent_and_cleared_is_answered_as_the_first_time(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    group = rest.create_group("team", bo).channel_id
    sent = rest.send_text(group, "once", client_message_id="m-1")
    rest.set(group, cleared_seq=sent.seq)

    assert rest.send_text(group, "once", client_message_id="m-1") == sent
    assert rest.history(group).entries == [], "it stays cleared"
