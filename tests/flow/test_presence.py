"""Presence: who is online is answered, told once it changes, and only to those who watch."""

import time
from typing import Any

import pytest

from imapp.domain.entries import wire_time
from schemas import frames
from schemas.presence import PresenceList, UserPresence
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.waiting import eventually
from tests.support.watcher import told_of, wait_now, wait_until, watch


def rows_of(scene: Scene, user: str) -> list[dict[str, Any]]:
    return list(scene.cluster.database["connections"].find({"user": user}))


def test_a_watch_is_answered_with_the_presence_of_now_in_its_order(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    client = scene.connect(an)
    scene.connect(bo, gateway=1)
    for user in (an, bo):
        wait_now(client, user, online=True)

    shown = watch(client, chen, bo, chen, an)

    assert [(row.user_id, row.online) for row in shown] == [(chen, False), (bo, True), (an, True)]
    assert [row.last_seen for row in shown] == [None, None, None]


@pytest.mark.parametrize("gateway", [0, 1])
def test_a_watcher_is_told_who_comes_on_whichever_gateway(scene: Scene, gateway: int) -> None:
    an, bo = scene.people("an", "bo")
    client = scene.connect(an)
    watch(client, bo)

    scene.connect(bo, gateway=gateway)

    assert wait_until(client, bo, online=True) == UserPresence(user_id=bo, online=True, last_seen=None)


def test_a_new_list_takes_the_place_of_the_one_before(scene: Scene) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    client, other = scene.connect(an), scene.connect(ding)
    watch(client, bo)
    watch(other, bo)
    watch(client, chen)

    scene.connect(bo)
    wait_until(other, bo, online=True)
    scene.connect(chen)

    wait_until(client, chen, online=True)
    assert told_of(client, bo) == []


def test_an_empty_list_stops_it(scene: Scene) -> None:
    an, bo, ding = scene.people("an", "bo", "ding")
    client, other = scene.connect(an), scene.connect(ding)
    watch(client, bo)
    watch(other, bo)

    assert watch(client) == []
    scene.connect(bo)
    wait_until(other, bo, online=True)
    client.request("ping")

    assert told_of(client, bo) == []


def test_who_does_not_exist_and_who_is_disabled_look_alike(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    client = scene.connect(an)
    scene.connect(bo)
    wait_now(client, bo, online=True)
    scene.cluster.database["users"].update_one({"_id": bo}, {"$set": {"status": "disabled"}})

    shown = watch(client, bo, f"{bo}x")

    assert shown == [UserPresence(user_id=user, online=False, last_seen=None) for user in (bo, f"{bo}x")]


def test_a_list_may_have_500_people_and_no_more(scene: Scene) -> None:
    (an,) = scene.people("an")
    client = scene.connect(an)
    many = [f"user{number}" for number in range(500)]

    assert len(watch(client, *many)) == client.hello.limits["watched"] == 500
    with pytest.raises(RefusedError, match="invalid"):
        watch(client, *many, "one-more")


def test_a_hello_makes_one_row_and_the_end_deletes_it(scene: Scene) -> None:
    (an,) = scene.people("an")
    client = scene.connect(an)
    token = scene.rest(an).session.headers["Authorization"]
    client.request("hello", token=str(token).removeprefix("Bearer "))  # renews the token and nothing else

    (row,) = eventually(lambda: rows_of(scene, an), what="the connection is stored")
    assert row["_id"] == client.hello.connection
    assert row["gateway"] in {lease["_id"] for lease in scene.cluster.database["gateways"].find()}

    client.close()

    eventually(lambda: not rows_of(scene, an), what="the connection is deleted")


def test_who_was_refused_leaves_no_row(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    with pytest.raises(RefusedError):
        scene.connect(an, cursor="not a cursor")
    client = scene.connect(bo)

    wait_now(client, bo, online=True)
    assert rows_of(scene, an) == []


def test_rest_tells_the_same(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    wait_now(scene.connect(bo), bo, online=True)

    shown = scene.rest(an, gateway=1).get("/presence", PresenceList, ids=f"{chen},{bo},nobody")

    assert [(row.user_id, row.online) for row in shown.users] == [
        (chen, False),
        (bo, True),
        ("nobody", False),
    ]


@pytest.mark.parametrize("query", [{}, {"ids": ""}, {"ids": "a,,b"}, {"ids": "a", "limit": 1}])
def test_a_question_that_makes_no_sense_is_refused(scene: Scene, query: dict[str, Any]) -> None:
    (an,) = scene.people("an")

    refused = scene.rest(an).call("GET", "/presence", params=query)

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


# ---- typing


def trio(scene: Scene) -> tuple[Client, Client, Client, str]:
    """Three members of a group, the last one on the other gateway, and the group."""
    an, bo, chen = scene.people("an", "bo", "chen")
    first = scene.connect(an)
    others = scene.connect(bo), scene.connect(chen, gateway=1)
    group = first.write("create_group", name="lunch", user_ids=[bo, chen]).channel_id
    for member in others:
        member.wait_for(lambda event: event.channel_id == group, frames.MessageEvent)
    return first, *others, group


def typed_by(client: Client) -> list[tuple[str, str, str]]:
    events = client.events(frames.TypingEvent)
    return [(event.channel_id, event.user_id, event.user_name) for event in events]


def test_typing_is_told_to_the_other_members_on_every_gateway_and_to_no_device_of_ones_own(
    scene: Scene,
) -> None:
    an, bo, chen, group = trio(scene)
    tablet = scene.connect(an.user, gateway=1)

    an.post("typing", channel_id=group)

    for member in (bo, chen):
        member.wait_for(lambda event: event.channel_id == group, frames.TypingEvent)
        assert typed_by(member) == [(group, an.user, an.user.capitalize())]
    assert typed_by(an) == typed_by(tablet) == []


def test_typing_is_told_in_a_channel_that_was_quiet_since_both_connected(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    channel = scene.rest(an).send_to(bo, "hi").channel_id
    client, other = scene.connect(an), scene.connect(bo, gateway=1)

    client.post("typing", channel_id=channel)

    other.wait_for(lambda event: event.channel_id == channel, frames.TypingEvent)


def test_who_may_not_write_is_not_shown_as_writing(scene: Scene) -> None:
    an, bo, chen, group = trio(scene)
    until = wire_time(int(time.time() * 1000) + 600_000)
    an.write("mute_member", channel_id=group, user_id=bo.user, until=until)

    bo.post("typing", channel_id=group)
    bo.request("ping")
    chen.post("typing", channel_id=group)

    an.wait_for(lambda event: event.user_id == chen.user, frames.TypingEvent)
    an.write("update_channel", channel_id=group, mute_all=True)
    an.post("typing", channel_id=group)
    bo.wait_for(lambda event: event.user_id == an.user, frames.TypingEvent)
    assert [user for _, user, _ in typed_by(an)] == [chen.user]


def test_typing_again_within_three_seconds_is_dropped(scene: Scene) -> None:
    an, bo, chen, group = trio(scene)

    for _ in range(5):
        an.post("typing", channel_id=group)
    an.request("ping")  # its answer comes when all of them have been taken
    bo.post("typing", channel_id=group)

    chen.wait_for(lambda event: event.user_id == bo.user, frames.TypingEvent)
    assert [user for _, user, _ in typed_by(chen)] == [an.user, bo.user]


def test_typing_of_who_is_not_in_the_channel_is_dropped_without_a_word(scene: Scene) -> None:
    an, bo, chen, group = trio(scene)
    (stranger,) = scene.people("stranger")
    outside = scene.connect(stranger)
    chen.write("leave", channel_id=group)
    bo.wait_for(lambda event: event.extra.get("event") == "member_left", frames.MessageEvent)

    for client in (outside, chen):
        client.post("typing", channel_id=group)
        client.request("ping")
    an.post("typing", channel_id=group)

    bo.wait_for(lambda event: event.user_id == an.user, frames.TypingEvent)
    assert [user for _, user, _ in typed_by(bo)] == [an.user]
    assert typed_by(chen) == []
    assert outside.events(frames.ErrorReply) == chen.events(frames.ErrorReply) == []


def test_typing_changes_nothing_in_the_channel(scene: Scene) -> None:
    an, bo, _, group = trio(scene)

    an.post("typing", channel_id=group)
    bo.wait_for(lambda event: event.channel_id == group, frames.TypingEvent)

    assert an.send_text(group, "done").seq == 2
    assert bo.wait_for_text("done").seq == 2
    assert bo.events(frames.ResyncEvent) == []
