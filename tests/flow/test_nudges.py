"""Nudges: who has not read is reminded once, whatever is muted, retried, redelivered or recalled."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from devstack.services import Stack
from imapp.domain.reminding import MOST
from schemas import frames
from schemas.notifications import PushRecord
from schemas.receipts import Nudged, PushStatus
from tests.conftest import start_cluster
from tests.support.chatter import direct_channel
from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.endpoint import Endpoint, webhook_settings
from tests.support.link import RefusedError, Reply
from tests.support.operator import Operator
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.waiting import PATIENCE_S, eventually

KEY = b"0123456789abcdef0123456789abcdef"
EVERY_S = 600


def variables(endpoint: Endpoint) -> dict[str, str]:
    """A system that pushes to this endpoint, and is patient with it."""
    return {
        **webhook_settings(endpoint.url, KEY),
        "IM_PUSH_TIMEOUT_S": "5",
        "IM_PUSH_RETRY_S": "0.05",
        "IM_PUSH_TRIES": "50",
    }


@pytest.fixture(scope="module")
def cluster(stack: Stack, listening: Endpoint) -> Iterator[Cluster]:
    with ExitStack() as keep:
        environment = variables(listening)
        yield start_cluster(stack, keep, gateways=2, writers=1, shards=1, environment=environment)


def nudges(endpoint: Endpoint, *users: str) -> list[PushRecord]:
    """What the endpoint was told of these people by nudges."""
    return [record for user in users for record in endpoint.told(user) if record.nudge]


def reads(reader: Client, sent: frames.WrittenReply) -> None:
    """Somebody reads up to a message, and it is stored."""
    reader.request("read", channel_id=sent.channel_id, seq=sent.seq)
    reader.wait_for(
        lambda event: event.channel_id == sent.channel_id and event.read_seq >= (sent.seq or 0),
        frames.ConversationEvent,
    )


def refusal(asker: RestClient | Client, message_id: str | None) -> Any:
    """Why somebody may not nudge, over REST or the socket."""
    with pytest.raises(RefusedError) as told:
        nudge(asker, message_id)
    return told.value.reply


def nudge(asker: RestClient | Client, message_id: str | None) -> Any:
    """Remind people of a message, over REST or the socket."""
    if isinstance(asker, RestClient):
        return asker.nudge(message_id or "")
    return asker.request("nudge", message_id=message_id, client_message_id=asker.new_id())


def outcome(reply: Reply) -> str:
    """What became of a request: ok, or why not."""
    try:
        reply.result(PATIENCE_S)
    except RefusedError as refused:
        return str(refused.code)
    return "ok"


def test_who_has_not_read_is_told_and_nobody_else(scene: Scene, endpoint: Endpoint) -> None:
    an, bo, chen, ding, eva = scene.people("an", "bo", "chen", "ding", "eva")
    an_here, bo_there, chen_there = scene.connect(an), scene.connect(bo, gateway=1), scene.connect(chen)
    group = an_here.write("create_group", name="Lunch", user_ids=[bo, chen, ding]).channel_id
    sent = an_here.send_text(group, "at twelve")
    an_here.write("add_members", channel_id=group, user_ids=[eva])
    reads(chen_there, sent)

    reply: frames.NudgeReply = an_here.request(
        "nudge", message_id=sent.message_id, client_message_id="nudge-1"
    )

    assert (reply.message_id, reply.nudged) == (sent.message_id, 2)
    event = bo_there.wait_for(lambda event: event.message_id == sent.message_id, frames.NudgeEvent)
    assert (event.seq, event.user_id, event.user_name, event.at) == (sent.seq, an, an.capitalize(), reply.at)
    found = eventually(lambda: nudges(endpoint, bo, ding) if len(nudges(endpoint, bo, ding)) == 2 else None)
    for record in found:
        assert (record.message_id, record.title, record.badge) == (sent.message_id, "Lunch", 1)
        assert record.preview == f"{an.capitalize()}: at twelve"
    assert nudges(endpoint, an, chen, eva) == []
    assert chen_there.events(frames.NudgeEvent) == []
    assert an_here.events(frames.NudgeEvent) == []


def test_muting_does_not_stop_it(scene: Scene, endpoint: Endpoint) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there = scene.connect(an), scene.connect(bo)
    channel = direct_channel(an_here, bo)
    sent = an_here.send_text(channel, "hello?")
    scene.rest(bo).set(channel, notify="none")

    assert scene.rest(an).nudge(sent.message_id or "").nudged == 1

    bo_there.wait_for(lambda _: True, frames.NudgeEvent)
    (record,) = eventually(lambda: nudges(endpoint, bo))
    assert record.preview == "hello?"


def test_a_trace_shows_a_nudge_that_is_not_out(scene: Scene, endpoint: Endpoint, operator: Operator) -> None:
    an, bo = scene.people("an", "bo")
    channel = direct_channel(scene.connect(an), bo)
    first, second = (scene.connect(an).send_text(channel, text) for text in ("one", "two"))
    endpoint.failing = True

    scene.rest(an).nudge(second.message_id or "")

    def waiting(message_id: str | None) -> list[tuple[str, str]]:
        steps = operator.get(f"/messages/{message_id}/trace")["steps"]
        found = [step for step in steps if step["step"] == "pushed" and step["time"] is None]
        return [(step["user_id"], step["note"]) for step in found if step["note"].startswith("a nudge")]

    others, shown = waiting(first.message_id), waiting(second.message_id)
    endpoint.failing = False
    assert others == []
    ((told, note),) = shown
    assert told == bo
    assert note.startswith("a nudge, not out: ")
    # The next try comes after about as long as it has failed until now.
    eventually(lambda: nudges(endpoint, bo), timeout=3 * PATIENCE_S)
    eventually(lambda: waiting(second.message_id) == [])


def test_a_repeat_has_the_same_answer_and_disturbs_nobody_twice(scene: Scene, endpoint: Endpoint) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, desk = scene.connect(an), scene.rest(an, gateway=1)
    group = an_here.write("create_group", name="Lunch", user_ids=[bo, chen]).channel_id
    sent = an_here.send_text(group, "at twelve")
    first = desk.nudge(sent.message_id or "", "once")
    reads(scene.connect(chen), sent)

    again = an_here.request("nudge", message_id=sent.message_id, client_message_id="once")

    assert Nudged(message_id=again.message_id, nudged=again.nudged, at=again.at) == first
    other = an_here.send_text(group, "and now?")
    desk.nudge(other.message_id or "")
    eventually(lambda: other.message_id in {record.message_id for record in nudges(endpoint, bo)})
    assert [record.message_id for record in nudges(endpoint, bo)] == [sent.message_id, other.message_id]


@pytest.mark.limit("pause between two nudges")
def test_once_in_a_while_for_a_message_and_another_message_has_its_own(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here = scene.connect(an)
    channel = direct_channel(an_here, bo)
    first, second = (an_here.send_text(channel, text) for text in ("one", "two"))
    mine = scene.rest(an)
    mine.nudge(first.message_id or "")

    for asker in (mine, an_here):
        refused = refusal(asker, first.message_id)
        assert refused.code == "rate_limited"
        assert EVERY_S - 100 < refused.retry_after <= EVERY_S
    assert mine.nudge(second.message_id or "").nudged == 1


def test_of_several_at_once_one_is_made(scene: Scene, endpoint: Endpoint) -> None:
    an, bo = scene.people("an", "bo")
    phone, desk = scene.connect(an), scene.connect(an, gateway=1)
    channel = direct_channel(phone, bo)
    sent = phone.send_text(channel, "hello?")

    replies = [
        device.post("nudge", message_id=sent.message_id, client_message_id=device.new_id())
        for _ in range(5)
        for device in (phone, desk)
    ]

    answers = [outcome(reply) for reply in replies]
    assert sorted(set(answers)) == ["ok", "rate_limited"]
    assert answers.count("ok") == 1
    eventually(lambda: nudges(endpoint, bo))
    row = scene.cluster.database["reminders"].find_one({"_id": sent.message_id})
    assert row is not None
    assert (row["count"], len(row["made"])) == (1, 1)
    assert len(nudges(endpoint, bo)) == 1


def test_if_everybody_has_read_it_nothing_is_used_up(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, mine = scene.connect(an), scene.connect(bo), scene.rest(an)
    channel = direct_channel(an_here, bo)
    sent = an_here.send_text(channel, "hello?")
    reads(bo_there, sent)
    eventually(lambda: mine.pushes(sent.message_id or "").counts.read == 1)

    assert [mine.nudge(sent.message_id or "").nudged for _ in range(2)] == [0, 0]
    assert bo_there.events(frames.NudgeEvent) == []


def test_what_may_not_be_is_refused(scene: Scene) -> None:
    an, bo, chen, zoe = scene.people("an", "bo", "chen", "zoe")
    an_here, bo_there = scene.connect(an), scene.connect(bo)
    group = an_here.write("create_group", name="Lunch", user_ids=[bo, chen]).channel_id
    sent, other = (bo_there.send_text(group, text) for text in ("mine", "mine too"))

    assert refusal(scene.rest(an), sent.message_id).code == "forbidden"  # though he owns the group
    assert refusal(scene.rest(zoe), sent.message_id).code == "not_found"
    assert refusal(scene.rest(zoe), f"{group}.000000000099").code == "not_found"
    assert refusal(scene.rest(bo), f"{group}.000000000099").code == "not_found"
    assert refusal(scene.rest(an), f"{group}.000000000001").code == "invalid"  # what made the group
    bo_there.write("recall", channel_id=group, message_id=sent.message_id)
    assert refusal(scene.rest(bo), sent.message_id).code == "message_recalled"
    an_here.write("set_status", channel_id=group, status="disabled")
    assert refusal(bo_there, other.message_id).code == "channel_disabled"
    an_here.write("set_status", channel_id=group, status="enabled")
    an_here.write("update_channel", channel_id=group, mute_all=True)
    assert refusal(bo_there, other.message_id).code == "muted"
    an_here.write("remove_member", channel_id=group, user_id=bo)
    assert refusal(bo_there, other.message_id).code == "not_member"
    assert scene.cluster.database["reminders"].count_documents({"_id": {"$regex": f"^{group}"}}) == 0


def test_neither_the_number_nor_the_answer_tells_that_somebody_read_it_and_hides_that(
    scene: Scene, endpoint: Endpoint
) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, bo_there, chen_there = scene.connect(an), scene.connect(bo), scene.connect(chen)
    group = an_here.write("create_group", name="Lunch", user_ids=[bo, chen]).channel_id
    scene.rest(bo).set_settings(share_read=False)
    sent = an_here.send_text(group, "at twelve")
    reads(bo_there, sent)

    reply = an_here.request("nudge", message_id=sent.message_id, client_message_id="nudge-1")

    assert reply.nudged == 2
    chen_there.wait_for(lambda _: True, frames.NudgeEvent)
    eventually(lambda: nudges(endpoint, chen))
    bo_there.request("ping")
    assert bo_there.events(frames.NudgeEvent) == []
    assert nudges(endpoint, bo) == []


def test_who_hides_what_he_reads_does_not_learn_it_by_nudging(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(chen)
    group = an_here.write("create_group", name="Lunch", user_ids=[bo, chen]).channel_id
    scene.rest(an).set_settings(share_read=False)
    sent = an_here.send_text(group, "at twelve")
    reads(bo_there, sent)
    eventually(lambda: asker.pushes(sent.message_id or "").counts.read == 1)

    assert scene.rest(an).nudge(sent.message_id or "").nudged == 2

    assert bo_there.events(frames.NudgeEvent) == []


def test_who_reads_it_before_it_goes_out_is_left_alone_and_so_are_all_if_it_is_recalled(
    scene: Scene, endpoint: Endpoint
) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, bo_there = scene.connect(an), scene.connect(bo)
    group = an_here.write("create_group", name="Lunch", user_ids=[bo, chen]).channel_id
    read, recalled, kept = (an_here.send_text(group, text) for text in ("read", "recalled", "kept"))
    endpoint.failing = True
    for sent in (read, recalled, kept):
        assert scene.rest(an).nudge(sent.message_id or "").nudged == 2
    reads(bo_there, read)
    an_here.write("recall", channel_id=group, message_id=recalled.message_id)

    endpoint.failing = False

    of_group = {"_id": {"$regex": f"^{group}"}}
    eventually(lambda: not scene.cluster.database["push_outbox"].count_documents(of_group))
    told = {(record.user_id, record.message_id) for record in nudges(endpoint, bo, chen)}
    assert told == {(chen, read.message_id), (bo, kept.message_id), (chen, kept.message_id)}


@pytest.fixture(scope="module")
def hasty(stack: Stack, listening: Endpoint) -> Iterator[Cluster]:
    """A system in which one may nudge again at once, as often as one may."""
    with ExitStack() as keep:
        environment = {**variables(listening), "IM_NUDGE_EVERY_S": "0.05"}
        yield start_cluster(stack, keep, gateways=1, writers=1, shards=1, environment=environment)


@pytest.mark.limit("nudges of a message")
def test_so_often_for_a_message_and_no_more(hasty: Cluster) -> None:
    with Scene(hasty) as scene:
        an, bo = scene.people("an", "bo")
        an_here, mine = scene.connect(an), scene.rest(an)
        channel = direct_channel(an_here, bo)
        sent = an_here.send_text(channel, "hello?")

        def one_more(number: int) -> str:
            try:
                mine.nudge(sent.message_id or "", f"n-{number}")
            except RefusedError as refused:
                return str(refused.code)
            return "ok"

        def answer(number: int) -> str:
            return eventually(lambda: said if (said := one_more(number)) != "rate_limited" else "")

        answers = [answer(number) for number in range(MOST + 1)]

        assert answers == ["ok"] * MOST + ["quota_exceeded"]


@pytest.mark.parametrize("where", ["reminders.computed", "reminders.stored"])
def test_a_nudge_whose_worker_dies_is_made_once(hasty: Cluster, listening: Endpoint, where: str) -> None:
    hasty.restart("receipts", failpoints=f"{where}=1:kill")
    with Scene(hasty) as scene:
        an, bo = scene.people("an", "bo")
        an_here, bo_there, mine = scene.connect(an), scene.connect(bo), scene.rest(an)
        channel = direct_channel(an_here, bo)
        sent = an_here.send_text(channel, "hello?")
        an_here.post("nudge", message_id=sent.message_id, client_message_id="once")
        eventually(lambda: not hasty.processes["receipts"].is_running, what="its worker has died")

        hasty.restart("receipts")

        eventually(lambda: nudges(listening, bo))
        bo_there.wait_for(lambda event: event.message_id == sent.message_id, frames.NudgeEvent)
        answer = mine.nudge(sent.message_id or "", "once")
        (event, *doubles) = bo_there.events(frames.NudgeEvent)
        assert answer.nudged == 1
        assert {(one.message_id, one.at) for one in (event, *doubles)} == {(sent.message_id, answer.at)}
        eventually(lambda: not hasty.database["push_outbox"].count_documents({"records.nudge": True}))
        assert len(nudges(listening, bo)) == 1
        assert mine.pushes(sent.message_id or "").pushes[0].status is not PushStatus.READ
