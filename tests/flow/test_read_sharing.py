"""Who hides what he has read: the others see that he received it, and he sees no more of them."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from devstack.services import Stack
from schemas import frames
from schemas.receipts import PushPage, PushStatus, ReceiptSummary
from schemas.settings import ReadReceipts
from tests.conftest import start_cluster
from tests.support.chatter import direct_channel
from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.link import RefusedError
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.waiting import eventually

RECEIVED, READ = PushStatus.RECEIVED, PushStatus.READ


def state(asker: RestClient, sent: frames.WrittenReply, of: str) -> PushStatus:
    """What somebody sees of how far a message got with another."""
    page = asker.pushes(sent.message_id or "")
    return {push.receiver: push.status for push in page.pushes}[of]


def reads(reader: Client, sent: frames.WrittenReply) -> None:
    """Somebody reads up to a message, and his own device shows it."""
    reader.request("read", channel_id=sent.channel_id, seq=sent.seq)
    reader.wait_for(
        lambda event: event.channel_id == sent.channel_id and event.read_seq >= (sent.seq or 0),
        frames.ConversationEvent,
    )


def test_what_is_read_while_hidden_shows_as_received_and_is_read_for_oneself(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, desk = scene.connect(an), scene.connect(bo), scene.connect(bo, gateway=1)
    asker, mine = scene.rest(an), scene.rest(bo)
    channel = direct_channel(an_here, bo)
    mine.set_settings(share_read=False)

    sent = an_here.send_text(channel, "lunch?")
    reads(bo_there, sent)

    desk.wait_for(lambda event: event.read_seq == sent.seq, frames.ConversationEvent)
    assert mine.conversation(channel).unread == 0
    eventually(lambda: state(asker, sent, bo) is RECEIVED)
    summary = asker.get(f"/messages/{sent.message_id}/receipts", ReceiptSummary)
    assert (summary.counts.received, summary.counts.read) == (1, 0)
    assert asker.pushes(sent.message_id or "", status="read").pushes == []
    assert [push.receiver for push in asker.pushes(sent.message_id or "", status="unread").pushes] == [bo]
    assert {event.status for event in an_here.events(frames.ReceiptEvent)} == {RECEIVED}
    stored = scene.cluster.database["pushes"].find({"channel_id": channel, "rows.receiver": bo})
    assert {row["status"] for row in stored} == {1}


def test_reading_what_was_received_says_nothing_at_all(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(an)
    channel = direct_channel(an_here, bo)
    scene.rest(bo).set_settings(share_read=False)
    sent = an_here.send_text(channel, "lunch?")
    bo_there.acknowledge(channel, sent.seq or 0)
    eventually(lambda: state(asker, sent, bo) is RECEIVED)
    before = asker.pushes(sent.message_id or "")

    reads(bo_there, sent)

    # Marks are told in the order of their tasks: had the read one been told, it would stand before this one.
    second = an_here.send_text(channel, "now?")
    bo_there.acknowledge(channel, second.seq or 0)
    an_here.wait_for(lambda event: event.up_to_seq == second.seq, frames.ReceiptEvent)
    events = an_here.events(frames.ReceiptEvent)
    assert [(event.status, event.up_to_seq) for event in events] == [
        (RECEIVED, sent.seq),
        (RECEIVED, second.seq),
    ]
    assert asker.pushes(sent.message_id or "") == before


def test_who_answers_does_not_give_it_away_in_what_the_server_says(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(an)
    channel = direct_channel(an_here, bo)
    scene.rest(bo).set_settings(share_read=False)
    sent = an_here.send_text(channel, "lunch?")

    bo_there.send_text(channel, "yes")

    eventually(lambda: state(asker, sent, bo) is RECEIVED)
    stored = scene.cluster.database["pushes"].find({"channel_id": channel, "rows.receiver": bo})
    assert {row["status"] for row in stored} == {1}


def test_who_hides_learns_of_nobody_else_either(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, bo_there, mine, other = scene.connect(an), scene.connect(bo), scene.rest(an), scene.rest(chen)
    group = an_here.write("create_group", name="lunch", user_ids=[bo, chen]).channel_id
    mine.set_settings(share_read=False)
    sent = an_here.send_text(group, "who is there?")

    reads(bo_there, sent)

    eventually(lambda: state(other, sent, bo) is READ)
    assert state(mine, sent, bo) is RECEIVED
    assert mine.get(f"/messages/{sent.message_id}/receipts", ReceiptSummary).counts.read == 0
    (counted,) = an_here.request("message_receipts", message_ids=[sent.message_id]).messages
    assert (counted.counts.received, counted.counts.read) == (1, 0)
    assert READ not in {event.status for event in an_here.events(frames.ReceiptEvent)}
    mine.set_settings(share_read=True)
    assert state(mine, sent, bo) is READ


def test_what_was_said_stays_said_and_what_was_hidden_stays_hidden_until_the_next_mark(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, asker, mine = scene.connect(an), scene.connect(bo), scene.rest(an), scene.rest(bo)
    channel = direct_channel(an_here, bo)
    first = an_here.send_text(channel, "before")
    reads(bo_there, first)
    mine.set_settings(share_read=False)
    second = an_here.send_text(channel, "hidden")
    reads(bo_there, second)
    eventually(lambda: state(asker, second, bo) is RECEIVED)
    assert state(asker, first, bo) is READ
    at_first: PushPage = asker.pushes(first.message_id or "")

    mine.set_settings(share_read=True)
    assert state(asker, second, bo) is RECEIVED
    bo_there.request("read", channel_id=channel, seq=second.seq)  # he opens the chat again

    eventually(lambda: state(asker, second, bo) is READ)
    assert asker.pushes(first.message_id or "") == at_first


def test_all_devices_hear_of_it_and_of_two_changes_the_later_stays(scene: Scene) -> None:
    (bo,) = scene.people("bo")
    phone, desk, mine = scene.connect(bo), scene.connect(bo, gateway=1), scene.rest(bo)
    assert (mine.settings().share_read, mine.settings().read_receipts) == (True, ReadReceipts.CHOOSE)

    reply = phone.request("set_settings", share_read=False)

    assert reply.share_read is False
    desk.wait_for(lambda event: not event.share_read, frames.SettingsEvent)
    assert desk.request("settings").share_read is False
    posted = [
        device.post("set_settings", share_read=number % 2 == 0)
        for number in range(10)
        for device in (phone, desk)
    ]
    for reply in posted:
        reply.result(10)
    assert mine.settings().share_read is False


def test_what_makes_no_sense_is_refused(scene: Scene) -> None:
    (bo,) = scene.people("bo")
    client, mine = scene.connect(bo), scene.rest(bo)

    for changes in ({}, {"share_read": None}, {"share_read": "no"}):
        for refused in (
            lambda changes=changes: mine.set_settings(**changes),
            lambda changes=changes: client.request("set_settings", **changes),
        ):
            with pytest.raises(RefusedError) as told:
                refused()
            assert told.value.code == "invalid"
    assert mine.settings().share_read is True


@pytest.fixture(scope="module", params=["on", "off"])
def decided(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Cluster]:
    """A system whose organisation has decided."""
    with ExitStack() as keep:
        environment = {"IM_READ_RECEIPTS": request.param}
        yield start_cluster(stack, keep, gateways=1, writers=1, shards=1, environment=environment)


def test_the_organisation_decides_for_everybody(decided: Cluster) -> None:
    policy = ReadReceipts(decided.processes["receipts"].environment["IM_READ_RECEIPTS"])
    shown = READ if policy is ReadReceipts.ON else RECEIVED
    with Scene(decided) as scene:
        an, bo = scene.people("an", "bo")
        an_here, bo_there, asker, mine = scene.connect(an), scene.connect(bo), scene.rest(an), scene.rest(bo)
        with pytest.raises(RefusedError) as told:
            mine.set_settings(share_read=policy is not ReadReceipts.ON)
        assert told.value.code == "forbidden"
        settings = mine.settings()
        assert (settings.share_read, settings.read_receipts) == (policy is ReadReceipts.ON, policy)
        channel = direct_channel(an_here, bo)
        sent = an_here.send_text(channel, "lunch?")

        reads(bo_there, sent)

        eventually(lambda: state(asker, sent, bo) is shown)
        assert mine.conversation(channel).unread == 0
