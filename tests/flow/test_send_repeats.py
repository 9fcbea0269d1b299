"""A message happens once, however often it is sent, and stands where its sender put it (I4, I5)."""

from typing import Any

import msgspec
import pytest

from tests.conftest import ClusterFactory
from tests.support.client import Client
from tests.support.link import RefusedError, Reply
from tests.support.scene import Scene
from tests.support.waiting import eventually


def group_of(owner: Client, *others: str) -> str:
    return owner.write("create_group", name="team", user_ids=list(others)).channel_id


# ---- once


def test_a_repeated_message_gets_the_same_answer_and_is_stored_once(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, receiver = scene.connect(an), scene.connect(bo)
    first = sender.send_text(None, "once", to=bo, client_message_id="1")

    again = [sender.send_text(None, "once", to=bo, client_message_id="1") for _ in range(3)]
    again.append(scene.connect(an, gateway=1).send_text(first.channel_id, "once", client_message_id="1"))

    assert {answer.message_id for answer in again} == {first.message_id}
    assert {answer.server_time for answer in again} == {first.server_time}
    assert [entry.body for entry in receiver.read_all(first.channel_id)] == ["once"]
    scene.judge().raise_if_broken()


def test_a_message_repeated_at_once_on_all_devices_is_stored_once(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    devices = [scene.connect(an, gateway=number % 2) for number in range(6)]

    replies = [device.post_text(None, "once", to=bo, client_message_id="1") for device in devices * 3]

    assert {reply.result(10)["seq"] for reply in replies} == {1}
    scene.judge().raise_if_broken()


@pytest.mark.parametrize("other", [{"content": "two"}, {"extra": {"a": 1}}], ids=["content", "extra"])
def test_the_same_id_with_another_body_is_a_conflict(scene: Scene, other: dict[str, Any]) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)
    channel = sender.send_text(None, "one", to=bo, client_message_id="1").channel_id
    fields = {"channel_id": channel, "content": "one", "client_message_id": "1", **other}

    with pytest.raises(RefusedError, match="conflict:"):
        sender.request("send", **fields)

    assert [entry.body for entry in scene.connect(bo).read_all(channel)] == ["one"]


def test_the_order_of_keys_in_extra_makes_no_other_body(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)
    first = sender.send_text(None, "one", to=bo, extra={"a": 1, "b": {"c": 2, "d": 3}}, client_message_id="1")

    again = sender.send_text(None, "one", to=bo, extra={"b": {"d": 3, "c": 2}, "a": 1}, client_message_id="1")

    assert again.message_id == first.message_id


def test_the_same_id_in_two_channels_or_of_two_people_is_two_messages(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    one, other = scene.connect(an), scene.connect(bo)
    pair, group = one.write("open_direct", to=bo).channel_id, group_of(one, bo, chen)

    stored = [
        one.send_text(pair, "to bo", client_message_id="1"),
        one.send_text(group, "to all", client_message_id="1"),
        other.send_text(group, "to all", client_message_id="1"),
    ]

    assert [answer.seq for answer in stored] == [1, 2, 3]
    assert len({answer.message_id for answer in stored}) == 3
    scene.judge().raise_if_broken()


def test_who_was_removed_gets_the_same_answer_to_a_repeat_but_can_send_nothing_new(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo, gateway=1)
    group = group_of(owner, bo)
    stored = member.send_text(group, "still in", client_message_id="1")
    owner.write("remove_member", channel_id=group, user_id=bo)

    again = member.send_text(group, "still in", client_message_id="1")

    assert again == msgspec.structs.replace(stored, id=again.id)
    with pytest.raises(RefusedError, match="conflict:"):
        member.send_text(group, "something else", client_message_id="1")
    with pytest.raises(RefusedError, match="not_member:"):
        member.send_text(group, "let me in")
    scene.judge().raise_if_broken()


def test_who_was_removed_gets_the_same_answer_to_repeats_sent_at_once(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo)
    stored = member.send_text(group, "still in", client_message_id="1")
    owner.write("remove_member", channel_id=group, user_id=bo)

    repeats = [member.post_text(group, "still in", client_message_id="1") for _ in range(10)]

    assert {reply.result(10)["seq"] for reply in repeats} == {stored.seq}


def test_messages_sent_just_before_a_repeat_reach_the_others_live(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, receiver = scene.connect(an), scene.connect(bo)
    channel = sender.write("open_direct", to=bo).channel_id
    sender.send_text(channel, "old", client_message_id="old")

    new = [sender.post_text(channel, f"new {number}") for number in range(20)]
    repeat = sender.post_text(channel, "old", client_message_id="old")

    assert [reply.result(10)["seq"] for reply in [repeat, *new]] == list(range(1, 22))
    receiver.wait_for_text("new 19", timeout=2)
    scene.judge().raise_if_broken()


# ---- in order


def test_messages_sent_without_waiting_are_stored_in_the_order_of_sending(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, receiver = scene.connect(an), scene.connect(bo, gateway=1)
    channel = sender.send_text(None, "first", to=bo).channel_id

    replies = [sender.post_text(channel, f"{number}") for number in range(1_000)]

    assert [reply.result(30)["seq"] for reply in replies] == list(range(2, 1_002))
    receiver.wait_for_text("999")
    scene.judge().raise_if_broken()


def test_fifty_under_way_at_a_time_are_stored_in_the_order_of_sending(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)
    channel = sender.send_text(None, "first", to=bo).channel_id

    replies: list[Reply] = []
    for number in range(300):
        if number >= 50:
            replies[number - 50].result(10)
        replies.append(sender.post_text(channel, f"{number}"))

    assert [reply.result(10)["seq"] for reply in replies] == list(range(2, 302))
    scene.judge().raise_if_broken()


def test_first_messages_to_a_person_sent_without_waiting_keep_their_order(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)

    replies = [sender.post_text(None, f"{number}", to=bo) for number in range(20)]

    assert [reply.result(10)["seq"] for reply in replies] == list(range(1, 21))
    scene.judge().raise_if_broken()


def test_a_refused_message_between_others_leaves_no_hole(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)
    channel = sender.send_text(None, "one", to=bo).channel_id

    good = [sender.post_text(channel, "two"), sender.post_text(channel, "three")]
    bad = [sender.post_text(channel, ""), sender.post_text("0" * 24, "nowhere")]
    good.append(sender.post_text(channel, "four"))

    assert [reply.result(10)["seq"] for reply in good] == [2, 3, 4]
    assert [type(reply.exception(10)) for reply in bad] == [RefusedError, RefusedError]
    scene.judge().raise_if_broken()


def test_who_is_shown_what_was_refused_goes_on_without_repeating_it(own_cluster: ClusterFactory) -> None:
    cluster = own_cluster(gateways=1, writers=1, shards=1, environment={"IM_COMMAND_TIMEOUT_S": "1"})
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        sender = scene.connect(an)
        channel = sender.send_text(None, "hello", to=bo).channel_id
        cluster.freeze("writer-0")
        with pytest.raises(RefusedError, match="busy"):
            sender.send_text(channel, "late")

        cluster.thaw("writer-0")
        eventually(lambda: "late" in sender.texts(channel), what="the late one is shown")

        sender.send_text(channel, "next")
        assert [entry.body for entry in sender.read_all(channel)] == ["hello", "late", "next"]
        scene.judge().raise_if_broken()
