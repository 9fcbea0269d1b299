"""Senders hear what becomes of their messages: each mark in small channels, sums in big ones."""

from schemas.frames import ReceiptEvent, ReceiptsEvent
from schemas.receipts import PushStatus
from tests.support.chatter import direct_channel
from tests.support.client import Client
from tests.support.scene import Scene
from tests.support.waiting import eventually


def heard(client: Client) -> list[tuple[str, str, int]]:
    """Of whom a device has heard what, in order: name, status, up to which seq."""
    events = client.events(ReceiptEvent)
    return [(event.user_id.split(".")[0], event.status.value, event.up_to_seq) for event in events]


def test_in_a_direct_chat_the_other_hears_of_received_and_read_on_every_device(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    phone, laptop, bo_there = scene.connect(an), scene.connect(an, gateway=1), scene.connect(bo, gateway=1)
    channel = direct_channel(phone, bo)
    sent = phone.send_text(channel, "lunch?")
    assert sent.seq

    bo_there.acknowledge(channel, sent.seq)
    for device in (phone, laptop):
        event = device.wait_for(lambda event: event.status is PushStatus.RECEIVED, ReceiptEvent)
        assert (event.channel_id, event.user_id, event.up_to_seq) == (channel, bo, sent.seq)
        assert event.at >= (sent.server_time or "")

    bo_there.request("read", channel_id=channel, seq=sent.seq)
    for device in (phone, laptop):
        device.wait_for(lambda event: event.status is PushStatus.READ, ReceiptEvent)
    assert heard(bo_there) == []


def test_in_a_small_group_only_those_who_sent_hear(scene: Scene) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    an_here, bo_here, chen_here, ding_here = map(scene.connect, (an, bo, chen, ding))
    group = an_here.write("create_group", name="lunch", user_ids=[bo, chen, ding]).channel_id
    an_here.send_text(group, "where?")
    last = bo_here.send_text(group, "here")
    assert last.seq

    chen_here.acknowledge(group, last.seq)
    bo_here.acknowledge(group, last.seq)  # says nothing: who answers has read what was before

    eventually(lambda: set(heard(an_here)) == {("chen", "received", last.seq)})
    eventually(lambda: set(heard(bo_here)) == {("chen", "received", last.seq)})
    assert heard(chen_here) == heard(ding_here) == []


def test_who_fetched_a_page_is_told_of_with_its_start(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here = scene.connect(an)
    channel = direct_channel(an_here, bo)
    for text in ("one", "two", "three"):
        an_here.send_text(channel, text)

    page = scene.connect(bo).history(channel, limit=2)

    event = an_here.wait_for(lambda _: True, ReceiptEvent)
    assert (event.from_seq, event.up_to_seq) == (page.from_seq, page.to_seq)


def test_in_a_big_group_the_sender_hears_sums(scene: Scene) -> None:
    an, bo, chen, *others = scene.people("an", "bo", "chen", *(f"u{number}" for number in range(57)))
    an_here, bo_here, chen_here = map(scene.connect, (an, bo, chen))
    group = an_here.write("create_group", name="all", user_ids=[bo, chen, *others]).channel_id
    sent = an_here.send_text(group, "hello all")
    assert sent.seq

    bo_here.acknowledge(group, sent.seq)
    chen_here.request("read", channel_id=group, seq=sent.seq)

    def is_whole(event: ReceiptsEvent) -> bool:
        return (event.seq, event.received, event.read) == (sent.seq, 1, 1)

    event = an_here.wait_for(is_whole, ReceiptsEvent)
    assert (event.channel_id, event.total) == (group, 59)
    assert heard(an_here) == []
    assert bo_here.events(ReceiptsEvent) == []
