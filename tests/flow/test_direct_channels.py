"""Two people have one direct channel; bringing in others makes it a group, and gives them a fresh one."""

import pytest

from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.waiting import eventually

# ---- never two


def channels_of(scene: Scene, one: str, other: str) -> list[str]:
    rows = scene.cluster.database["members"].find({"user_id": {"$in": [one, other]}})
    return sorted({row["channel_id"] for row in rows})


def test_two_who_write_to_each_other_at_once_have_one_channel(scene: Scene) -> None:
    an, *others = scene.people("an", *(f"u{number}" for number in range(30)))
    one = scene.connect(an)
    peers = [scene.connect(user, gateway=1) for user in others]

    pairs = [(one.post_text(None, "hi", to=peer.user), peer.post_text(None, "ho", to=an)) for peer in peers]

    for pair, user in zip(pairs, others, strict=True):
        answers = [reply.result(20) for reply in pair]
        assert {answer["channel_id"] for answer in answers} == set(channels_of(scene, user, user))
        assert {answer["seq"] for answer in answers} == {1, 2}
    scene.judge().raise_if_broken()


def test_two_who_open_their_channel_at_once_open_the_same(scene: Scene) -> None:
    an, *others = scene.people("an", *(f"u{number}" for number in range(15)))
    one = scene.connect(an)
    peers = [scene.connect(user, gateway=1) for user in others]

    opened = [
        (
            one.post("open_direct", client_message_id=one.new_id(), to=peer.user),
            peer.post("open_direct", client_message_id=peer.new_id(), to=an),
            peer.post_text(None, "hi", to=an),
        )
        for peer in peers
    ]

    for replies in opened:
        assert len({reply.result(20)["channel_id"] for reply in replies}) == 1
    scene.judge().raise_if_broken()


def test_an_opened_channel_is_no_conversation_before_its_first_message(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    one, other = scene.connect(an), scene.connect(bo, gateway=1)

    opened = one.write("open_direct", to=bo)

    assert (opened.seq, opened.message_id) == (None, None)
    assert one.sync().conversations == other.sync().conversations == []
    assert one.history(opened.channel_id).entries == []
    assert one.send_text(opened.channel_id, "hi").seq == 1
    other.wait_for_text("hi")
    scene.judge().raise_if_broken()


@pytest.mark.parametrize("to", ["an", "nobody", "system"])
def test_a_channel_is_opened_with_somebody_else_who_exists(scene: Scene, to: str) -> None:
    (an,) = scene.people("an")
    one = scene.connect(an)

    with pytest.raises(RefusedError, match="invalid:" if to == "an" else "not_found:"):
        one.write("open_direct", to=an if to == "an" else to)


def test_nobody_leaves_a_direct_channel_or_is_removed_or_renames_it(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    one = scene.connect(an)
    channel = one.send_text(None, "hi", to=bo).channel_id

    for kind, fields in {
        "leave": {},
        "remove_member": {"user_id": bo},
        "update_channel": {"name": "us"},
    }.items():
        with pytest.raises(RefusedError, match="forbidden:"):
            one.write(kind, channel_id=channel, **fields)
    assert len(one.read_all(channel)) == 1


# ---- upgraded


def upgraded(one: Client, bo: str, chen: str) -> str:
    """The channel of a pair with two private messages, to which a third person was added."""
    channel = one.send_text(None, "private", to=bo, client_message_id="private").channel_id
    one.send_text(channel, "and more")
    one.write("add_members", channel_id=channel, user_ids=[chen])
    return channel


def test_adding_people_makes_a_direct_channel_a_group_in_place(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    one, other, third = scene.connect(an), scene.connect(bo, gateway=1), scene.connect(chen, gateway=1)

    channel = upgraded(one, bo, chen)

    name = ", ".join(user.capitalize() for user in (an, bo, chen))
    told = {"event": "members_added", "user_ids": [chen], "upgraded": True, "name": name}
    (row,) = third.sync().conversations
    assert (row.channel_id, row.channel_type, row.name, row.peer) == (channel, "group", name, None)
    assert [entry.extra for entry in other.history(channel, after=2).entries] == [told]
    one.write("update_channel", channel_id=channel, name="we three")  # who added them owns it
    scene.judge().raise_if_broken()


def test_the_past_of_two_stays_theirs(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    one, other, third = scene.connect(an), scene.connect(bo), scene.connect(chen, gateway=1)

    channel = upgraded(one, bo, chen)
    one.send_text(channel, "hi all")

    third.wait_for_text("hi all")
    assert [entry.seq for entry in third.read_all(channel)] == [3, 4]
    texts = [entry.content for entry in other.history(channel, after=0).entries]
    assert texts == ["private", "and more", "", "hi all"]
    assert [row.unread for row in third.sync().conversations] in ([0], [1])
    scene.judge(stays={channel: {an: [(1, None)], bo: [(1, None)], chen: [(3, None)]}}).raise_if_broken()


def test_the_next_message_between_the_two_opens_a_fresh_channel(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    one, other, third = scene.connect(an), scene.connect(bo, gateway=1), scene.connect(chen)
    channel = upgraded(one, bo, chen)

    fresh = other.send_text(None, "just us", to=an)

    assert fresh.channel_id != channel
    assert fresh.seq == 1
    assert one.send_text(None, "yes", to=bo).channel_id == fresh.channel_id
    one.wait_for_text("just us")
    third.request("ping")
    assert fresh.channel_id not in third.holdings.channels()
    scene.judge().raise_if_broken()


def test_a_repeat_to_a_person_is_answered_from_the_channel_it_went_to(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    one = scene.connect(an)
    channel = upgraded(one, bo, chen)
    one.send_text(None, "in the fresh one", to=bo)

    again = one.send_text(None, "private", to=bo, client_message_id="private")

    assert (again.channel_id, again.seq) == (channel, 1)
    with pytest.raises(RefusedError, match="conflict:"):
        one.send_text(None, "something else", to=bo, client_message_id="private")
    scene.judge().raise_if_broken()


def test_a_pair_may_bring_in_others_again_and_again(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    one = scene.connect(an)

    channels = []
    for number in range(4):
        channels.append(one.send_text(None, f"{number}", to=bo, client_message_id=f"{number}").channel_id)
        one.write("add_members", channel_id=channels[-1], user_ids=[chen])

    assert len(set(channels)) == 4
    again = [one.send_text(None, f"{number}", to=bo, client_message_id=f"{number}") for number in range(4)]
    assert [answer.channel_id for answer in again] == channels
    scene.judge().raise_if_broken()


def test_messages_and_the_upgrade_sent_without_waiting_keep_their_order(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    one, other, third = scene.connect(an), scene.connect(bo, gateway=1), scene.connect(chen)
    channel = one.send_text(None, "first", to=bo).channel_id

    before = [one.post_text(None, f"before {number}", to=bo) for number in range(10)]
    upgrade = one.post("add_members", client_message_id=one.new_id(), channel_id=channel, user_ids=[chen])
    after = [one.post_text(None, f"after {number}", to=bo) for number in range(10)]

    assert [reply.result(10)["seq"] for reply in [*before, upgrade]] == list(range(2, 13))
    assert {reply.result(10)["channel_id"] for reply in before} == {channel}
    assert [reply.result(10)["seq"] for reply in after] == list(range(1, 11))
    other.wait_for_text("after 9")
    eventually(lambda: channel in third.holdings.channels())
    assert third.holdings.last(channel) == 12
    scene.judge().raise_if_broken()
