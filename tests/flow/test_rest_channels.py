"""Channels over REST: making them, looking at them, changing them."""

from typing import Any

import pytest

from schemas.common import ChannelStatus, ChannelType
from tests.support.link import RefusedError
from tests.support.scene import Scene


def test_who_makes_a_group_owns_it(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    rest = scene.rest(an)

    made = rest.create_group("Lunch 午饭", bo, chen, avatar="https://im.example/lunch.png")

    lunch = rest.channel(made.channel_id)
    assert (lunch.channel_type, lunch.status) == (ChannelType.GROUP, ChannelStatus.ENABLED)
    assert (lunch.name, lunch.avatar) == ("Lunch 午饭", "https://im.example/lunch.png")
    assert (lunch.creator, lunch.owner, lunch.peer) == (an, an, None)
    assert (lunch.member_count, lunch.max_members, lunch.last_seq) == (3, 500, 1)
    assert lunch.created_at == made.server_time


def test_a_create_that_is_repeated_makes_one_group(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)

    first = rest.create_group("Lunch", bo, client_message_id="lunch-1")
    again = scene.rest(an, gateway=1).create_group("Lunch", bo, client_message_id="lunch-1")

    assert again == first
    assert len(rest.conversations().conversations) == 1


def test_the_same_id_for_another_group_is_a_conflict(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    rest.create_group("Lunch", bo, client_message_id="lunch-1")

    with pytest.raises(RefusedError, match=r"^conflict:"):
        rest.create_group("Dinner", bo, client_message_id="lunch-1")


def test_a_group_with_somebody_who_does_not_exist_is_not_made(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)

    with pytest.raises(RefusedError) as refused:
        rest.create_group("Lunch", bo, "nobody")

    assert (refused.value.code, refused.value.reply.errors) == ("not_found", {"user_ids": ["nobody"]})
    assert rest.conversations().conversations == []


def test_the_direct_chat_of_two_is_the_same_from_both_sides(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")

    from_an, from_bo = scene.rest(an).open_direct(bo), scene.rest(bo, gateway=1).open_direct(an)

    assert from_an.channel_id == from_bo.channel_id
    assert from_an.seq is None, "nothing is written by opening a chat"


def test_a_direct_chat_looks_like_the_other_person(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    scene.cluster.database["users"].update_one({"_id": bo}, {"$set": {"name": "Bo 博", "avatar": "bo.png"}})
    channel = scene.rest(an).open_direct(bo).channel_id

    seen_by_an, seen_by_bo = scene.rest(an).channel(channel), scene.rest(bo).channel(channel)

    assert (seen_by_an.name, seen_by_an.avatar, seen_by_an.peer) == ("Bo 博", "bo.png", bo)
    assert (seen_by_bo.name, seen_by_bo.avatar, seen_by_bo.peer) == (an.capitalize(), "", an)
    assert (seen_by_an.channel_type, seen_by_an.owner) == (ChannelType.DIRECT, None)


@pytest.mark.parametrize(
    ("to", "code"), [("myself", "invalid"), ("nobody", "not_found"), ("system", "not_found")]
)
def test_there_is_no_direct_chat_with_oneself_or_nobody(scene: Scene, to: str, code: str) -> None:
    (an,) = scene.people("an")

    with pytest.raises(RefusedError, match=f"^{code}:"):
        scene.rest(an).open_direct(an if to == "myself" else to)


def test_the_owner_renames_the_group(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    channel = rest.create_group("Lunch", bo, avatar="https://im.example/a.png").channel_id

    written = rest.update_channel(channel, name="Dinner")

    seen = scene.rest(bo).channel(channel)
    assert (seen.name, seen.avatar, seen.last_seq) == ("Dinner", "https://im.example/a.png", 2)
    assert rest.get(f"/messages/{written.message_id}", dict)["extra"] == {
        "event": "channel_updated",
        "name": "Dinner",
    }


def test_a_plain_member_may_not_rename_the_group(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    channel = scene.rest(an).create_group("Lunch", bo).channel_id

    with pytest.raises(RefusedError, match=r"^forbidden:"):
        scene.rest(bo).update_channel(channel, name="Mine")

    assert scene.rest(an).channel(channel).name == "Lunch"


def test_a_change_that_changes_nothing_is_refused(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    channel = rest.create_group("Lunch", bo).channel_id

    with pytest.raises(RefusedError, match=r"^invalid:"):
        rest.update_channel(channel)


def test_a_stranger_can_not_tell_a_channel_from_none(scene: Scene) -> None:
    an, bo, eve = scene.people("an", "bo", "eve")
    message = scene.rest(an).send_text(scene.rest(an).create_group("Lunch", bo).channel_id, "secret")
    stranger, real, none = scene.rest(eve), message.channel_id, "z" * 24
    new_id = {"client_message_id": "e-1"}
    attempts: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/channels/{}", {}),
        ("PATCH", "/channels/{}", {"json": {**new_id, "name": "Mine"}}),
        ("GET", "/channels/{}/members", {}),
        ("POST", "/channels/{}/members", {"json": {**new_id, "user_ids": [eve]}}),
        ("DELETE", "/channels/{}/members/" + bo, {"params": new_id}),
        ("DELETE", "/channels/{}/members/me", {"params": new_id}),
        ("GET", "/channels/{}/messages", {}),
        ("POST", "/channels/{}/messages", {"json": {**new_id, "content": "hi"}}),
        ("GET", "/messages/{}.000000000002", {}),
        ("GET", "/conversations/{}", {}),
        ("PUT", "/conversations/{}/read", {"json": {"seq": 1}}),
    ]

    for method, path, options in attempts:
        answers = [stranger.call(method, path.format(channel), **options) for channel in (real, none)]
        bodies = [answer.json() | {"request_id": ""} for answer in answers]
        assert bodies[0] == bodies[1], f"{method} {path}"
        assert bodies[0]["code"] == "not_found", f"{method} {path}"
    assert scene.rest(an).channel(real).last_seq == message.seq
