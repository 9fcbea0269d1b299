"""Who is not connected is told through the webhook: what, to whom, and whatever becomes of the endpoint."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from devstack.services import Stack
from imapp.services.pushes.webhook import signature
from schemas.notifications import PushRecord
from tests.conftest import start_cluster
from tests.support.chatter import direct_channel
from tests.support.cluster import Cluster
from tests.support.endpoint import Endpoint, webhook_settings
from tests.support.scene import Scene
from tests.support.waiting import eventually

KEY = b"0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def cluster(stack: Stack, listening: Endpoint) -> Iterator[Cluster]:
    """A system with a webhook, and little patience."""
    environment = {
        **webhook_settings(listening.url, KEY),
        "IM_PUSH_TIMEOUT_S": "0.5",
        "IM_PUSH_RETRY_S": "0.05",
        "IM_PUSH_TRIES": "4",
        "IM_PUSH_SWEEP_S": "0.2",
    }
    with ExitStack() as keep:
        yield start_cluster(stack, keep, gateways=1, writers=1, shards=1, environment=environment)


def told(endpoint: Endpoint, user: str, count: int = 1) -> list[PushRecord]:
    """What the endpoint was told of somebody, once it is so many messages."""

    def find() -> list[PushRecord]:
        records = endpoint.told(user)
        assert sum(record.messages for record in records) == count
        return records

    return eventually(find)


def outbox(scene: Scene) -> list[dict[str, Any]]:
    return list(scene.cluster.database["push_outbox"].find())


def dispatched(scene: Scene, channel: str, seq: int | None) -> bool:
    head = scene.cluster.database["push_heads"].find_one({"_id": channel})
    return head is not None and head["seq"] >= (seq or 0)


def test_who_is_away_is_told_and_who_is_connected_is_not(scene: Scene, endpoint: Endpoint) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, bo_there = scene.connect(an), scene.connect(bo)
    eventually(lambda: scene.cluster.database["connections"].count_documents({"user": bo}) == 1)
    group = an_here.write("create_group", name="Lunch", user_ids=[bo, chen]).channel_id

    sent = an_here.send_text(group, "at twelve")

    (record,) = told(endpoint, chen)
    assert (record.channel_id, record.message_id) == (group, sent.message_id)
    assert (record.title, record.preview) == ("Lunch", f"{an.capitalize()}: at twelve")
    assert (record.badge, record.mentioned, record.time) == (1, False, sent.server_time)
    bo_there.wait_for_text("at twelve")
    assert not endpoint.told(bo)
    assert not endpoint.told(an)


def test_a_trace_shows_who_was_told_when_by_which_process(scene: Scene, endpoint: Endpoint) -> None:
    """Also of a message that went out in the name of a later one; and nothing of what they say."""
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)
    sent = here.send_text(None, "a secret of an's", to=bo)
    told(endpoint, bo)

    def pushed() -> list[dict[str, Any]]:
        shown = json.loads(scene.cluster.tool("trace", sent.message_id or "", "--json"))
        steps = [step for step in shown["steps"] if step["step"] == "pushed" and step["time"]]
        assert steps
        return steps

    (step,) = eventually(pushed)

    assert (step["user_id"], step["note"]) == (bo, "")
    assert step["process"].partition(":")[0]
    assert step["time"] >= (sent.server_time or "")
    noted = list(scene.cluster.database["pushed"].find({"_id": {"$regex": f"^{sent.channel_id}"}}))
    assert "secret" not in str(noted)


def test_emoji_are_shown_as_they_look_or_by_their_names(scene: Scene, endpoint: Endpoint) -> None:
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)
    ours = {
        "shortcode": "our_cat",
        "pack": "ours",
        "name": "Our cat",
        "address": "https://im.example/cat.png",
    }
    scene.cluster.database["emojis"].insert_one(
        {**ours, "_id": ours.pop("shortcode"), "character": "", "removed": False}
    )
    said = {
        r"[:grinning:] \[:grinning:] [:our_cat:] [:nothing:]": "😀 [:grinning:] [Our cat] [:nothing:]",
        "[:heart:]" * 150: "❤️" * 50,
    }
    for number, (text, shown) in enumerate(said.items(), 1):
        here.send_text(None, text, to=bo)
        assert told(endpoint, bo, number)[-1].preview == shown
    here.send_text(None, "[:heart:][:our_cat:]", to=bo, message_type="emoji")
    assert told(endpoint, bo, 3)[-1].preview == "❤️[Our cat]"


def test_the_badge_counts_all_conversations(scene: Scene, endpoint: Endpoint) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, chen_here = scene.connect(an), scene.connect(chen)
    for text in ("one", "two"):
        an_here.send_text(None, text, to=bo)
    told(endpoint, bo, 2)

    chen_here.send_text(None, "three", to=bo)

    record = told(endpoint, bo, 3)[-1]
    assert record.badge == 3
    assert (record.title, record.preview) == (chen.capitalize(), "three")


def test_who_wants_no_disturbance_is_left_alone_and_counted_all_the_same(
    scene: Scene, endpoint: Endpoint
) -> None:
    an, bo = scene.people("an", "bo")
    an_here, asker = scene.connect(an), scene.rest(an)
    channel = direct_channel(an_here, bo)
    members = scene.cluster.database["members"]
    members.update_one({"channel_id": channel, "user_id": bo}, {"$set": {"notify": "none"}})
    quiet = an_here.send_text(channel, "sh")
    eventually(lambda: dispatched(scene, channel, quiet.seq))
    members.update_one({"channel_id": channel, "user_id": bo}, {"$set": {"notify": "all"}})

    an_here.send_text(channel, "hello")

    (record,) = told(endpoint, bo)
    assert (record.preview, record.badge) == ("hello", 2)
    assert asker.pushes(quiet.message_id or "").counts.total == 1


def test_what_is_cleared_before_it_is_told_is_not_told(scene: Scene, endpoint: Endpoint) -> None:
    an, bo = scene.people("an", "bo")
    an_here, asker = scene.connect(an), scene.rest(an)
    channel = direct_channel(an_here, bo)
    # As if he had cleared it in the moment between the store and the push.
    cleared = {"cleared_seq": 1, "cleared_countable": 1}
    scene.cluster.database["members"].update_one({"channel_id": channel, "user_id": bo}, {"$set": cleared})
    gone = an_here.send_text(channel, "gone")
    eventually(lambda: dispatched(scene, channel, gone.seq))

    an_here.send_text(channel, "hello")

    (record,) = told(endpoint, bo)
    assert (record.preview, record.badge) == ("hello", 1)
    assert asker.pushes(gone.message_id or "").counts.total == 1, "it was sent to him all the same"


def test_what_he_has_hidden_is_not_in_the_badge_until_it_is_back(scene: Scene, endpoint: Endpoint) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, chen_here = scene.connect(an), scene.connect(chen)
    hidden = an_here.send_text(None, "one", to=bo)
    told(endpoint, bo)
    scene.rest(bo).set(hidden.channel_id, hidden_seq=hidden.seq)

    chen_here.send_text(None, "two", to=bo)
    assert told(endpoint, bo, 2)[-1].badge == 1
    an_here.send_text(hidden.channel_id, "three")

    assert told(endpoint, bo, 3)[-1].badge == 3


def test_who_sends_has_read_what_came_before(scene: Scene, endpoint: Endpoint) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(an)
    channel = direct_channel(an_here, bo)
    asked = an_here.send_text(channel, "lunch?")

    bo_there.send_text(channel, "yes")

    eventually(lambda: asker.pushes(asked.message_id or "").counts.read == 1)
    assert not endpoint.told(an)


def test_requests_are_signed(scene: Scene, endpoint: Endpoint) -> None:
    an, bo = scene.people("an", "bo")
    scene.connect(an).send_text(None, "sealed", to=bo)
    told(endpoint, bo)

    (delivery,) = [found for found in endpoint.deliveries if found.records[0].user_id == bo]

    timestamp = int(delivery.headers["webhook-timestamp"])
    expected = signature(KEY, delivery.webhook_id, timestamp, delivery.body)
    assert delivery.headers["webhook-signature"] == expected


@pytest.mark.parametrize("failure", [500, 429, 307, -1], ids=["error", "limit", "redirect", "silence"])
def test_a_failed_request_comes_again_with_the_same_id(
    scene: Scene, endpoint: Endpoint, failure: int
) -> None:
    an, bo = scene.people("an", "bo")
    endpoint.refused.clear()
    endpoint.fail_with += [failure, failure]

    scene.connect(an).send_text(None, "again and again", to=bo)

    told(endpoint, bo)
    assert set(endpoint.refused) == {endpoint.deliveries[-1].webhook_id}
    assert len(endpoint.refused) == 2
    eventually(lambda: not outbox(scene))


def test_what_fails_too_often_is_given_up_kept_without_its_text_and_can_be_revived(
    scene: Scene, endpoint: Endpoint
) -> None:
    an, bo = scene.people("an", "bo")
    endpoint.failing = True
    scene.connect(an).send_text(None, "a secret", to=bo)

    (dead,) = eventually(lambda: [row for row in outbox(scene) if row["state"] == "dead"])

    assert (dead["attempts"], dead["error"]) == (4, "HTTP status 500")
    assert dead["records"][0]["preview"] == ""
    endpoint.failing = False
    assert "1 " in scene.cluster.tool("pushes", "dead")
    scene.cluster.tool("pushes", "retry")
    (record,) = told(endpoint, bo)
    assert record.preview == ""


def test_who_has_answered_while_it_waited_is_left_alone(scene: Scene, endpoint: Endpoint) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    endpoint.failing = True
    an_here = scene.connect(an)
    channel = direct_channel(an_here, bo)
    an_here.send_text(channel, "lunch?")
    an_here.send_text(None, "and you?", to=chen)
    mine = {bo, chen}
    eventually(
        lambda: {row["records"][0]["user_id"] for row in outbox(scene) if row["state"] == "dead"} >= mine
    )
    scene.connect(bo).send_text(channel, "yes")  # his own row says nothing of it: the head does

    endpoint.failing = False
    scene.cluster.tool("pushes", "retry")

    told(endpoint, chen)
    eventually(lambda: not outbox(scene))
    assert not endpoint.told(bo)


def test_who_was_disabled_or_has_muted_it_while_it_waited_is_left_alone(
    scene: Scene, endpoint: Endpoint
) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    endpoint.failing = True
    an_here = scene.connect(an)
    group = an_here.write("create_group", name="Lunch", user_ids=[bo, chen, ding]).channel_id
    an_here.send_text(group, "at twelve")
    eventually(lambda: [row for row in outbox(scene) if row["state"] == "dead"])
    scene.cluster.database["users"].update_one({"_id": bo}, {"$set": {"status": "disabled"}})
    scene.rest(chen).set(group, notify="none")

    endpoint.failing = False
    scene.cluster.tool("pushes", "retry")

    told(endpoint, ding)
    eventually(lambda: not outbox(scene))
    assert not endpoint.told(bo)
    assert not endpoint.told(chen)


def test_the_crowd_costs_no_more_than_two(scene: Scene, endpoint: Endpoint) -> None:
    an, *others = scene.people("an", *(f"u{number}" for number in range(150)))
    an_here = scene.connect(an)
    group = an_here.write("create_group", name="all", user_ids=others).channel_id

    an_here.send_text(group, "hello all")

    assert [len(told(endpoint, user)) for user in others] == [1] * 150
    eventually(lambda: not outbox(scene))
    ids = [found.webhook_id for found in endpoint.deliveries if found.records[0].channel_id == group]
    assert len(ids) == len(set(ids)) == 2
