"""What somebody sets about a conversation for himself: pin, mute, hide, mark as unread, draft."""

from collections.abc import Callable

import pytest

from schemas import frames
from schemas.conversations import MAX_DRAFT_CHARS, Conversation
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.waiting import eventually


def shown(channel: str, check: Callable[[Conversation], bool]) -> Callable[[frames.ConversationEvent], bool]:
    """Whether an event shows a conversation so."""
    return lambda event: (
        event.channel_id == channel and event.conversation is not None and check(event.conversation)
    )


def direct_with(sender: Client, user: str, *texts: str) -> str:
    """A chat in which these texts wait."""
    return [sender.send_text(None, text, to=user).channel_id for text in texts][-1]


def test_what_one_device_sets_all_of_them_are_shown(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    phone, desk = scene.connect(bo), scene.connect(bo, gateway=1)
    channel = direct_with(scene.connect(an), bo, "hi")

    reply = phone.set(channel, pinned=True, notify="none")

    assert (reply.pinned, reply.notify, reply.unread) == (True, "none", 1)
    event = desk.wait_for(shown(channel, lambda row: row.pinned), frames.ConversationEvent)
    assert event.conversation == scene.rest(bo).conversation(channel)
    assert scene.rest(an).conversation(channel).pinned is False


def test_what_is_not_said_stays_and_repeating_changes_nothing(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    channel = direct_with(scene.connect(an), bo, "hi")
    rest = scene.rest(bo)

    first = rest.set(channel, pinned=True, draft={"text": "well"})
    again = rest.set(channel, notify="mentions")

    assert (again.pinned, again.notify) == (True, "mentions")
    assert again.draft == first.draft
    assert rest.set(channel, notify="mentions") == again


def test_a_late_repeat_counts_from_when_it_comes_and_of_what_is_cleared_nothing_comes_back(
    scene: Scene,
) -> None:
    """As docs/protocol.md tells clients, who therefore don't repeat it late."""
    an, bo = scene.people("an", "bo")
    phone, desk = scene.connect(bo), scene.connect(bo, gateway=1)
    channel = direct_with(scene.connect(an), bo, "1", "2")

    phone.set(channel, pinned=True, cleared_seq=1)
    desk.set(channel, pinned=False, cleared_seq=2)
    again = phone.set(channel, pinned=True, cleared_seq=1)

    assert (again.pinned, again.cleared_seq) == (True, 2)


def test_pinned_conversations_come_first_and_go_back_when_unpinned(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    first = direct_with(scene.connect(an), chen, "1")
    second = direct_with(scene.connect(bo), chen, "2")
    rest = scene.rest(chen)

    rest.set(first, pinned=True)
    assert [row.channel_id for row in rest.conversations().conversations] == [first, second]
    rest.set(first, pinned=False)
    assert [row.channel_id for row in rest.conversations().conversations] == [second, first]


def test_sync_tells_what_was_set(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    channel = direct_with(scene.connect(an), bo, "hi")
    rest = scene.rest(bo)
    cursor = rest.sync().cursor

    rest.set(channel, pinned=True)

    assert [row.pinned for row in rest.sync(cursor).conversations if row.channel_id == channel] == [True]


def test_a_hidden_conversation_comes_back_with_the_next_message(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, rest = scene.connect(an), scene.rest(bo)
    channel = direct_with(sender, bo, "hi")

    assert rest.set(channel, hidden_seq=1).hidden
    assert rest.conversations().conversations == []
    assert [row.channel_id for row in rest.conversations(show="hidden").conversations] == [channel]
    sender.send_text(channel, "still there?")

    (row,) = rest.conversations().conversations
    assert (row.channel_id, row.hidden, row.unread) == (channel, False, 2)
    assert rest.conversations(show="hidden").conversations == []


def test_hiding_says_as_of_when_so_what_came_meanwhile_shows_it(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, rest = scene.connect(an), scene.rest(bo)
    channel = direct_with(sender, bo, "1", "2")

    assert not rest.set(channel, hidden_seq=1).hidden
    assert rest.set(channel, hidden_seq=999_999).hidden
    sender.send_text(channel, "3")
    assert not rest.conversation(channel).hidden
    assert not rest.set(channel, hidden_seq=0).hidden


def test_marking_as_unread_is_a_flag_and_the_watermark_stays(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    channel = direct_with(scene.connect(an), bo, "hi")
    reader, rest = scene.connect(bo), scene.rest(bo)
    reader.request("read", channel_id=channel, seq=1)
    eventually(lambda: rest.conversation(channel).read_seq == 1, what="it is read")

    marked = rest.set(channel, marked_unread=True)

    assert (marked.marked_unread, marked.read_seq, marked.unread) == (True, 1, 0)
    reader.request("read", channel_id=channel, seq=1)
    eventually(lambda: not rest.conversation(channel).marked_unread, what="looking again ends it")
    assert rest.conversation(channel).read_seq == 1


def test_marked_conversations_stand_with_the_unread_ones(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    first = direct_with(scene.connect(an), chen, "1")
    second = direct_with(scene.connect(bo), chen, "2")
    rest = scene.rest(chen)
    for channel in (first, second):
        rest.read(channel, 1)
    eventually(
        lambda: [row.unread for row in rest.conversations().conversations] == [0, 0], what="all is read"
    )

    rest.set(first, marked_unread=True)
    assert [row.channel_id for row in rest.conversations().conversations] == [first, second]
    rest.set(first, marked_unread=False)
    assert [row.channel_id for row in rest.conversations().conversations] == [second, first]


def test_answering_ends_the_mark_too(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    reader = scene.connect(bo)
    channel = direct_with(scene.connect(an), bo, "hi")

    assert reader.set(channel, marked_unread=True).marked_unread
    reader.send_text(channel, "yes?")

    assert not scene.rest(bo).conversation(channel).marked_unread


def test_a_draft_is_on_all_devices_and_goes_when_it_is_emptied(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    phone, desk = scene.connect(bo), scene.connect(bo, gateway=1)
    channel = direct_with(scene.connect(an), bo, "hi")
    message = f"{channel}.000000000001"

    phone.set(channel, draft={"text": "$set: {$literal}", "reply_to": message})

    event = desk.wait_for(shown(channel, lambda row: row.draft is not None), frames.ConversationEvent)
    assert event.conversation is not None
    assert event.conversation.draft is not None
    assert (event.conversation.draft.text, event.conversation.draft.reply_to) == ("$set: {$literal}", message)
    assert desk.set(channel, draft={}).draft is None


def test_of_two_devices_the_later_stays_in_whatever_order_they_arrive(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    channel = direct_with(scene.connect(an), bo, "hi")
    phone, desk = scene.connect(bo), scene.connect(bo, gateway=1)

    posted = [
        device.post(
            "set_conversation", channel_id=channel, draft={"text": f"{number}"}, pinned=number % 2 == 0
        )
        for number in range(20)
        for device in (phone, desk)
    ]
    last = [reply.result(10) for reply in posted][-1]

    row = scene.rest(bo).conversation(channel)
    assert row.draft is not None
    assert (row.draft.text, row.pinned) == ("19", False)
    assert last["id"]


@pytest.mark.limit("draft")
def test_a_draft_is_as_long_as_a_text_may_be(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    channel = direct_with(scene.connect(an), bo, "hi")
    reader = scene.connect(bo)

    assert reader.set(channel, draft={"text": "x" * MAX_DRAFT_CHARS}).draft is not None
    with pytest.raises(RefusedError) as told:
        reader.set(channel, draft={"text": "x" * (MAX_DRAFT_CHARS + 1)})
    assert told.value.code == "invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"pinned": None},
        {"notify": "sometimes"},
        {"hidden_seq": -1},
        {"cleared_seq": 0},
        {"draft": {"text": "x" * 5_001}},
        {"draft": {"text": "\u0000"}},
        {"draft": {"text": "x", "reply_to": "0" * 24 + ".000000000001"}},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_and_nothing_is_stored(
    scene: Scene, changes: dict[str, object]
) -> None:
    an, bo = scene.people("an", "bo")
    channel = direct_with(scene.connect(an), bo, "hi")
    before = scene.rest(bo).conversation(channel)

    for refused in (scene.rest(bo).set, scene.connect(bo).set):
        with pytest.raises(RefusedError) as told:
            refused(channel, **changes)
        assert told.value.code == "invalid"

    assert scene.rest(bo).conversation(channel) == before


def test_nobody_sets_anything_of_a_conversation_that_is_not_his(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    channel = direct_with(scene.connect(an), bo, "hi")

    for refused in (scene.rest(chen).set, scene.connect(chen).set):
        with pytest.raises(RefusedError) as told:
            refused(channel, pinned=True, cleared_seq=1)
        assert told.value.code == "not_found"

    assert scene.cluster.database["members"].count_documents({"channel_id": channel}) == 2
