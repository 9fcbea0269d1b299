"""From the store to every member's sockets: each entry once, in order, to exactly those who may see it."""

from typing import Final

import pytest

from schemas import frames
from schemas.frames import CloseCode
from tests.support.client import Client
from tests.support.deaf import deaf_socket
from tests.support.history import Answered, Seen
from tests.support.scene import Scene
from tests.support.waiting import eventually

BIG: Final = "😀" * 2_000  # 8 KB on the wire


def group_of(owner: Client, *others: str) -> str:
    return owner.write("create_group", name="team", user_ids=list(others)).channel_id


def live(client: Client, channel: str) -> list[int]:
    """Seqs of the events that came for a channel, in order of arrival."""
    return [event.seq for event in client.events(frames.MessageEvent) if event.channel_id == channel]


def shown(scene: Scene, client: Client, channel: str) -> list[tuple[str, int]]:
    """What stood on one connection of a channel, in order: answers ("ok") and events, with their seq."""
    found: list[tuple[str, int]] = []
    for step in scene.recorder.steps():
        match step:
            case Answered(client.connection, _, _, seq) if step.channel == channel and seq:
                found.append(("ok", seq))
            case Seen(client.connection, entry) if entry.channel == channel:
                found.append(("event", entry.seq))
    return found


# ---- to everybody


def test_every_device_of_every_member_gets_every_message_once_and_in_order(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    devices = [scene.connect(user, gateway=number) for user in (an, bo, chen) for number in (0, 1)]
    group = group_of(devices[0], bo, chen)

    for number in range(30):
        for device in devices:
            device.post_text(group, f"{device.connection} {number}")

    eventually(lambda: {device.holdings.last(group) for device in devices} == {181}, what="all have all")
    for device in devices:
        events = live(device, group)
        assert events == sorted(set(events))
        assert len(events) == 181 - 30 - (device is devices[0])  # its own are answers
    scene.judge().raise_if_broken()


def test_the_answer_stands_on_the_sending_connection_where_the_event_would(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    one, other = scene.connect(an), scene.connect(bo, gateway=1)
    channel = one.send_text(None, "first", to=bo).channel_id
    other.wait_for_text("first")

    replies = [device.post_text(channel, f"{number}") for number in range(50) for device in (one, other)]

    eventually(lambda: all(reply.done() for reply in replies), what="all are answered")
    eventually(lambda: one.holdings.covered(channel) == other.holdings.covered(channel) == 101)
    for device in (one, other):
        assert [seq for _, seq in shown(scene, device, channel)] == list(range(1, 102))
        assert [kind for kind, _ in shown(scene, device, channel)].count("ok") == 51 - (device is other)
    scene.judge().raise_if_broken()


def test_the_senders_other_devices_get_the_event(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    phone, tablet, laptop = scene.connect(an), scene.connect(an), scene.connect(an, gateway=1)

    stored = phone.send_text(None, "from my phone", to=bo, client_message_id="mine")

    for device in (tablet, laptop):
        event = device.wait_for_text("from my phone")
        assert (event.seq, event.client_message_id) == (stored.seq, "mine")
    phone.request("ping")
    assert live(phone, stored.channel_id) == []
    scene.judge().raise_if_broken()


def test_the_effects_of_a_command_reach_its_own_device_as_the_answer_alone(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo, gateway=1)
    group = group_of(owner, bo)

    owner.write("update_channel", channel_id=group, name="renamed")
    member.send_text(group, "a fine name")
    owner.wait_for_text("a fine name")

    assert shown(scene, owner, group) == [("ok", 1), ("ok", 2), ("event", 3)]
    assert shown(scene, member, group) == [("event", 1), ("event", 2), ("ok", 3)]
    scene.judge().raise_if_broken()


def test_entries_are_the_same_live_and_in_history(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo)
    owner.send_text(group, "hi", extra={"a": [1]})
    owner.write("update_channel", channel_id=group, name="renamed")
    owner.send_text(group, "bye")

    member.wait_for_text("bye")
    history = member.history(group, after=0).entries

    events = [event for event in member.events(frames.MessageEvent) if event.channel_id == group]
    names = frames.MessageEvent.__struct_fields__
    assert [[getattr(entry, name) for name in names] for entry in history] == [
        [getattr(event, name) for name in names] for event in events
    ]


def test_who_connects_while_others_talk_misses_nothing(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    talker = scene.connect(an)
    channel = talker.send_text(None, "first", to=bo).channel_id

    replies = [talker.post_text(channel, f"{number}") for number in range(400)]
    late: list[Client] = []
    for reply in replies[::50]:
        reply.result(10)
        late.append(scene.connect(bo, gateway=len(late) % 2))

    assert replies[-1].result(10)["seq"] == 401
    talker.send_text(channel, "last")
    for device in late:
        device.wait_for_text("last")
        assert live(device, channel) == list(range(403 - len(live(device, channel)), 403))
    scene.judge().raise_if_broken()


# ---- to nobody else


def test_who_joins_and_leaves_gets_exactly_what_lies_between_live(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, member = scene.connect(an), scene.connect(bo, gateway=1)
    guests = [scene.connect(chen), scene.connect(chen, gateway=1)]
    group = group_of(owner, bo)
    owner.send_text(group, "before")

    joined = owner.write("add_members", channel_id=group, user_ids=[chen]).seq
    owner.send_text(group, "during")
    left = owner.write("remove_member", channel_id=group, user_id=chen).seq
    owner.send_text(group, "after")

    # Who stays gets it on the same gateway, so a guest's answer now comes behind what he might have got.
    member.wait_for_text("after")
    assert joined is not None
    for guest in guests:
        guest.wait_for(lambda event: event.seq == left, frames.MessageEvent)
        guest.request("ping")
        assert live(guest, group) == [joined, joined + 1, joined + 2]
    scene.judge().raise_if_broken()


def test_every_stay_is_heard_and_nothing_between_the_stays(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, guest = scene.connect(an), scene.connect(bo, gateway=1)
    group = group_of(owner, bo)
    expected = [1]

    for _ in range(5):
        expected.append(guest.write("leave", channel_id=group).seq or 0)
        owner.send_text(group, "among ourselves")
        expected.append(owner.write("add_members", channel_id=group, user_ids=[bo]).seq or 0)
        expected.append(owner.send_text(group, "all again").seq or 0)

    guest.wait_for(lambda event: event.seq == expected[-1], frames.MessageEvent)
    assert [seq for _, seq in shown(scene, guest, group)] == expected
    scene.judge().raise_if_broken()


def test_members_who_come_and_go_while_others_talk_get_exactly_their_stays(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, talker = scene.connect(an), scene.connect(bo, gateway=1)
    guests = [scene.connect(chen), scene.connect(chen, gateway=1)]
    group = group_of(owner, bo)

    replies = []
    for number in range(20):
        replies += [talker.post_text(group, f"{number}.{part}") for part in range(10)]
        kind = "remove_member" if number % 2 else "add_members"
        who = {"user_id": chen} if number % 2 else {"user_ids": [chen]}
        replies.append(owner.post(kind, client_message_id=owner.new_id(), channel_id=group, **who))

    eventually(lambda: all(reply.done() for reply in replies), what="all are answered")
    eventually(lambda: len(live(guests[0], group)) == len(live(guests[1], group)) > 0)
    scene.judge().raise_if_broken()


def test_a_stranger_hears_nothing(scene: Scene) -> None:
    an, bo, eve = scene.people("an", "bo", "eve")
    sender, receiver, stranger = scene.connect(an), scene.connect(bo), scene.connect(eve)

    channel = sender.send_text(None, "secret", to=bo).channel_id
    receiver.wait_for_text("secret")
    stranger.request("ping")

    assert stranger.events(object) == []
    assert stranger.sync().conversations == []
    assert channel not in stranger.holdings.channels()


# ---- whatever one of them does


@pytest.mark.limit("outbox of a connection, bytes")
def test_a_slow_reader_is_cut_and_the_others_go_on(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, quick = scene.connect(an), scene.connect(chen, gateway=1)
    group = group_of(owner, bo, chen)
    log = scene.cluster.processes["gateway-1"].log
    cut_before = log.read_text().count("outbox_full")
    slow = scene.connect(bo, gateway=1, reading=False, sock=deaf_socket(scene.cluster.gateway_urls[1]))

    replies = [owner.post_text(group, f"{number} {BIG}") for number in range(600)]
    eventually(lambda: log.read_text().count("outbox_full") > cut_before, timeout=30, what="it is cut")
    slow.read_on()  # it wakes up, and hears why

    assert slow.wait_closed() == CloseCode.OUTBOX_FULL
    assert [reply.result(30)["seq"] for reply in replies] == list(range(2, 602))
    eventually(lambda: quick.holdings.covered(group) == 601, timeout=30, what="the quick one has all")
    assert live(quick, group) == sorted(live(quick, group))
    scene.judge().raise_if_broken()


def test_a_reader_who_was_cut_catches_up(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, first = scene.connect(an), scene.connect(bo, gateway=1)
    channel = sender.send_text(None, "hi", to=bo).channel_id
    first.wait_for_text("hi")
    first.abort()

    missed = sender.send_text(channel, "while you were away")
    again = scene.connect(bo, gateway=1, reader=first.connection)
    again.catch_up()

    assert again.texts(channel) == ["hi", "while you were away"]
    assert missed.seq == 2
    scene.judge().raise_if_broken()


@pytest.mark.parametrize("gateway", [0, 1])
def test_a_connection_that_breaks_in_the_middle_of_sends_loses_no_answered_message(
    scene: Scene, gateway: int
) -> None:
    an, bo = scene.people("an", "bo")
    breaking, receiver = scene.connect(an, gateway=gateway), scene.connect(bo)
    channel = breaking.send_text(None, "first", to=bo).channel_id

    replies = {
        f"{number}": breaking.post_text(channel, f"{number}", client_message_id=f"{number}")
        for number in range(100)
    }
    replies["10"].result(10)
    breaking.abort()
    again = scene.connect(an, gateway=1 - gateway, reader=breaking.connection)
    repeats = [again.post_text(channel, text, client_message_id=text) for text in replies]

    assert [reply.result(10)["seq"] for reply in repeats] == list(range(2, 102))
    eventually(lambda: receiver.holdings.covered(channel) == 101)
    assert receiver.texts(channel) == ["first", *replies]
    scene.judge().raise_if_broken()
