"""What somebody sees beside the open chat: his conversations in order, what is unread, and his read marks."""

import random
from collections.abc import Callable
from functools import partial

import pytest

from schemas import frames
from schemas.conversations import Conversation
from tests.support.client import Client
from tests.support.scene import Scene
from tests.support.waiting import eventually


def talk(sender: Client, channel: str | None, *texts: str, **place: str) -> str:
    """Send these at once; the channel they are in."""
    replies = [sender.post_text(channel, text, **place) for text in texts]
    channels: list[str] = [reply.result(10)["channel_id"] for reply in replies]
    return channels[-1]


def row_of(reader: Client, channel: str) -> Conversation:
    """A row of somebody's list."""
    (row,) = [row for row in reader.sync().conversations if row.channel_id == channel]
    return row


def read_up_to(reader: Client, channel: str, seq: int) -> frames.ConversationEvent:
    """Read, and wait until it counts."""
    reader.request("read", channel_id=channel, seq=seq)
    return reader.wait_for(is_mark(channel, seq), frames.ConversationEvent)


def is_mark(channel: str, seq: int) -> Callable[[frames.ConversationEvent], bool]:
    return lambda event: (event.channel_id, event.read_seq) == (channel, seq)


def group_of(owner: Client, *others: str) -> str:
    return owner.write(
        "create_group", name="team", avatar="https://im.example/team.png", user_ids=list(others)
    ).channel_id


# ---- the seed's story


def test_who_was_away_finds_what_he_has_not_read_and_all_of_it_in_order(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    here, bos, chens = scene.connect(an), scene.connect(bo), scene.connect(chen, gateway=1)
    from_bo = talk(bos, None, *(f"bo {number}" for number in range(1, 6)), to=an)
    here.wait_for_text("bo 5")
    cursor = here.sync().cursor
    here.close()
    from_chen = talk(chens, None, *(f"chen {number}" for number in range(1, 6)), to=an)

    back = scene.connect(an, gateway=1, cursor=cursor, reader=here.connection)
    listed = scene.rest(an).conversations().conversations
    back.catch_up()

    assert [(row.peer, row.unread, row.unread_label) for row in listed] == [(chen, 5, "5"), (bo, 5, "5")]
    assert [row.last_message.content for row in listed if row.last_message] == ["chen 5", "bo 5"]
    assert back.hello.sync is not None
    assert from_chen in [row.channel_id for row in back.hello.sync.conversations]
    assert back.texts(from_bo) == [f"bo {number}" for number in range(1, 6)]
    assert back.texts(from_chen) == [f"chen {number}" for number in range(1, 6)]
    scene.judge().raise_if_broken()


# ---- the list


def test_unread_conversations_come_first_and_then_the_newest(scene: Scene) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    reader = scene.connect(an)
    for user in (ding, chen, bo):
        talk(scene.connect(user), None, "hi", to=an)
    from_bo = reader.wait_for(lambda event: event.sender == bo, frames.MessageEvent).channel_id

    assert [row.peer for row in scene.rest(an).conversations().conversations] == [bo, chen, ding]
    read_up_to(reader, from_bo, 1)
    assert [row.peer for row in scene.rest(an).conversations().conversations] == [chen, ding, bo]
    scene.judge().raise_if_broken()


def test_pinned_conversations_come_before_all_others(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    for user in (bo, chen):
        talk(scene.connect(user), None, "hi", to=an)
    first, second = scene.rest(an).conversations().conversations
    scene.cluster.database["members"].update_one(
        {"channel_id": second.channel_id, "user_id": an}, {"$set": {"pinned": True}}
    )

    listed = scene.rest(an).conversations().conversations

    assert [(row.channel_id, row.pinned) for row in listed] == [
        (second.channel_id, True),
        (first.channel_id, False),
    ]


def test_a_direct_conversation_has_the_name_and_face_of_the_other(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    scene.cluster.database["users"].update_one({"_id": bo}, {"$set": {"name": "王波", "avatar": "bo.png"}})
    one, other = scene.connect(an), scene.connect(bo, gateway=1)

    channel = talk(one, None, "hi", to=bo)

    ours, theirs = row_of(one, channel), row_of(other, channel)
    assert (ours.channel_type, ours.peer, ours.name, ours.avatar) == ("direct", bo, "王波", "bo.png")
    assert (theirs.peer, theirs.name, theirs.avatar) == (an, an.capitalize(), "")
    assert theirs.last_message is not None
    assert (theirs.last_message.sender, theirs.last_message.sender_name) == (an, an.capitalize())
    assert theirs.last_message.message_id == f"{channel}.000000000001"
    assert theirs.last_time == theirs.last_message.server_time


def test_a_group_has_its_own_name_and_face(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, member = scene.connect(an), scene.connect(bo)

    row = row_of(member, group_of(owner, bo, chen))

    assert (row.channel_type, row.peer, row.name, row.avatar) == (
        "group",
        None,
        "team",
        "https://im.example/team.png",
    )
    assert (row.member_count, row.membership, row.status) == (3, "normal", "enabled")
    assert row.last_message is not None
    assert row.last_message.message_type == "system"


def test_the_last_message_is_shown_shortened(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    one = scene.connect(an)

    last = row_of(one, talk(one, None, "😀" * 101, to=bo)).last_message

    assert last is not None
    assert last.content == "😀" * 100


# ---- what is unread


@pytest.mark.limit("unread badge")
def test_the_badge_shows_up_to_99(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, reader = scene.connect(an), scene.connect(bo)

    channel = talk(sender, None, *(f"{number}" for number in range(99)), to=bo)
    assert (row_of(reader, channel).unread, row_of(reader, channel).unread_label) == (99, "99")

    talk(sender, channel, "one more")
    assert (row_of(reader, channel).unread, row_of(reader, channel).unread_label) == (100, "99+")
    read_up_to(reader, channel, 100)
    assert (row_of(reader, channel).unread, row_of(reader, channel).unread_label) == (0, "")


def test_own_messages_never_count(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    one, other = scene.connect(an), scene.connect(bo, gateway=1)

    channel = talk(one, None, "1", "2", "3", to=bo)
    assert (row_of(one, channel).unread, row_of(other, channel).unread) == (0, 3)

    talk(other, channel, "an answer means that the rest was read")
    assert (row_of(one, channel).unread, row_of(other, channel).unread) == (1, 0)
    scene.judge().raise_if_broken()


def test_own_messages_sent_just_before_a_repeat_do_not_count_either(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    one = scene.connect(an)
    channel = one.send_text(None, "old", to=bo, client_message_id="old").channel_id

    new = [one.post_text(channel, f"new {number}") for number in range(20)]
    one.send_text(channel, "old", client_message_id="old")

    assert new[-1].result(10)["seq"] == 21
    assert (row_of(one, channel).read_seq, row_of(one, channel).unread) == (21, 0)


def test_what_happens_in_a_group_does_not_count(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, member = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo)

    owner.write("update_channel", channel_id=group, name="tea")
    owner.write("add_members", channel_id=group, user_ids=[chen])
    talk(owner, group, "hi")

    assert row_of(member, group).unread == 1


def test_who_comes_later_has_only_what_came_since_unread(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, late = scene.connect(an), scene.connect(chen)
    group = group_of(owner, bo)
    talk(owner, group, "1", "2", "3")

    owner.write("add_members", channel_id=group, user_ids=[chen])
    assert row_of(late, group).unread == 0

    talk(owner, group, "4", "5")
    assert row_of(late, group).unread == 2
    scene.judge().raise_if_broken()


def test_the_row_of_who_has_left_ends_with_his_stay(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, left = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo, chen)
    talk(owner, group, "1", "2")
    owner.write("remove_member", channel_id=group, user_id=bo)
    before = row_of(left, group)

    talk(owner, group, "3", "4", "5")

    after = row_of(left, group)
    assert (after.membership, after.last_seq, after.unread) == ("left", 4, 2)
    assert after.last_message is not None
    assert after.last_message.seq == 4
    assert (after.last_message, after.last_time) == (before.last_message, before.last_time)
    scene.judge().raise_if_broken()


def test_the_row_of_who_came_back_counts_his_new_stay(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, guest = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo, chen)
    owner.write("remove_member", channel_id=group, user_id=bo)
    talk(owner, group, "1", "2", "3")

    owner.write("add_members", channel_id=group, user_ids=[bo])
    talk(owner, group, "4", "5")

    assert (row_of(guest, group).membership, row_of(guest, group).unread) == ("normal", 2)
    scene.judge().raise_if_broken()


class Talk:
    """A group talking at random, and where everybody's read mark must be by what he did."""

    def __init__(self, owner: Client, others: list[Client]) -> None:
        self.owner = owner
        self.group = group_of(owner, *(client.user for client in others))
        self.head = 1
        self.ends = {client.user: 0 for client in others}  # where the stay of who is away has ended
        self.away: set[str] = set()
        self.marks = dict.fromkeys(self.ends, 0) | {owner.user: 1}

    def send(self, client: Client) -> None:
        if client.user not in self.away:
            self.head = self.marks[client.user] = client.send_text(self.group, "hi").seq or 0

    def read(self, client: Client, seq: int) -> None:
        client.request("read", channel_id=self.group, seq=seq)
        end = self.ends[client.user] if client.user in self.away else self.head
        self.marks[client.user] = max(self.marks[client.user], min(seq, end))

    def come_or_go(self, client: Client) -> None:
        if client is self.owner:
            return
        if client.user in self.away:
            written = self.owner.write("add_members", channel_id=self.group, user_ids=[client.user])
            self.marks[client.user] = self.head  # who comes has read what came before
        else:
            written = self.owner.write("remove_member", channel_id=self.group, user_id=client.user)
            self.ends[client.user] = written.seq or 0
        self.away ^= {client.user}
        self.head = self.marks[self.owner.user] = written.seq or 0


@pytest.mark.parametrize("seed", range(3))
def test_unread_is_what_a_recount_over_the_log_gives(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    an, *others = [scene.connect(user) for user in scene.people("an", "bo", "chen", "ding")]
    talk = Talk(an, others)

    for _ in range(50):
        client = chance.choice([an, *others])
        act = chance.choice(["send", "send", "send", "read", "come or go"])
        if act == "send":
            talk.send(client)
        elif act == "read":
            talk.read(client, chance.randint(1, talk.head + 5))
        else:
            talk.come_or_go(client)

    for client in (an, *others):
        row = eventually(partial(row_if_marked, client, talk), what=f"{talk.marks[client.user]} counts")
        mine = client.history(talk.group, after=0, limit=100).entries
        assert row.unread == len([entry for entry in mine if entry.content and entry.seq > row.read_seq])
    scene.judge().raise_if_broken()


def row_if_marked(client: Client, talk: Talk) -> Conversation | None:
    row = row_of(client, talk.group)
    return row if row.read_seq == talk.marks[client.user] else None


# ---- reading


def test_reading_moves_the_mark_on_all_my_devices_and_on_no_others(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, devices = scene.connect(an), [scene.connect(bo, gateway=number) for number in (0, 1, 1)]
    channel = talk(sender, None, "1", "2", "3", to=bo)

    answer = devices[0].request("read", channel_id=channel, seq=2)

    assert (answer.channel_id, answer.read_seq, answer.unread, answer.unread_label) == (channel, 2, 1, "1")
    for device in devices:
        event = device.wait_for(is_mark(channel, 2), frames.ConversationEvent)
        assert (event.unread, event.unread_label) == (1, "1")
        assert (row_of(device, channel).read_seq, row_of(device, channel).unread) == (2, 1)
    sender.request("ping")
    assert sender.events(frames.ConversationEvent) == []


def test_what_comes_live_can_be_read_at_once(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, reader = scene.connect(an), scene.connect(bo, gateway=1)
    channel = talk(sender, None, "1", to=bo)

    for number in range(2, 7):
        sender.post_text(channel, f"{number}")
        seq = reader.wait_for_text(f"{number}").seq
        assert reader.request("read", channel_id=channel, seq=seq).read_seq == seq

    reader.wait_for(is_mark(channel, 6), frames.ConversationEvent)
    assert row_of(reader, channel).unread == 0


def test_the_mark_never_moves_back(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, reader = scene.connect(an), scene.connect(bo)
    channel = talk(sender, None, "1", "2", "3", to=bo)
    read_up_to(reader, channel, 3)

    answer = reader.request("read", channel_id=channel, seq=1)

    assert (answer.read_seq, answer.unread) == (3, 0)
    assert (row_of(reader, channel).read_seq, row_of(reader, channel).unread) == (3, 0)


def test_no_answer_shows_an_earlier_mark_than_the_answer_before(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, reader = scene.connect(an), scene.connect(bo)
    channel = talk(sender, None, "1", "2", "3", to=bo)

    replies = [reader.post("read", channel_id=channel, seq=seq) for seq in (3, 1)]

    assert [reply.result(10)["read_seq"] for reply in replies] == [3, 3]


def test_nothing_can_be_read_that_is_not_there_yet(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, reader = scene.connect(an), scene.connect(bo)
    channel = talk(sender, None, "1", "2", to=bo)

    answer = reader.request("read", channel_id=channel, seq=1_000)
    reader.wait_for(is_mark(channel, 2), frames.ConversationEvent)
    talk(sender, channel, "3")

    assert (answer.read_seq, answer.unread) == (2, 0)
    assert (row_of(reader, channel).read_seq, row_of(reader, channel).unread) == (2, 1)


def test_many_marks_at_once_leave_the_highest(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)
    readers = [scene.connect(bo, gateway=number % 2) for number in range(4)]
    channel = talk(sender, None, *(f"{number}" for number in range(50)), to=bo)

    replies = [readers[seq % 4].post("read", channel_id=channel, seq=seq) for seq in range(45, 0, -1)]

    assert all(reply.result(10)["type"] == "ok" for reply in replies)
    eventually(lambda: row_of(readers[0], channel).read_seq == 45)
    assert row_of(readers[0], channel).unread == 5


def test_the_event_of_who_has_left_counts_his_stay_alone(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, left = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo, chen)
    talk(owner, group, "1", "2")
    owner.write("remove_member", channel_id=group, user_id=bo)
    talk(owner, group, "3", "4", "5")

    assert left.request("read", channel_id=group, seq=1_000).unread == 0
    assert left.wait_for(is_mark(group, 4), frames.ConversationEvent).unread == 0
