"""Groups: made, renamed, joined, left. Each change is one entry, for all or none, and happens once."""

from collections.abc import Callable
from typing import Any

import pytest

from schemas import frames
from schemas.common import DEFAULT_MAX_MEMBERS
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene


def group_of(owner: Client, *others: str) -> str:
    return owner.write("create_group", name="team", user_ids=list(others)).channel_id


def log_of(client: Client, channel: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(type, sender, extra) of each entry that somebody may read."""
    entries = client.history(channel, after=0, limit=100).entries
    return [(entry.message_type, entry.sender, entry.extra) for entry in entries]


def members_of(scene: Scene, channel: str) -> set[str]:
    rows = scene.cluster.database["members"].find({"channel_id": channel, "status": 1})
    return {row["user_id"] for row in rows}


def owner_of(scene: Scene, channel: str) -> str | None:
    row = scene.cluster.database["channels"].find_one({"_id": channel})
    assert row is not None
    owner: str | None = row["owner"]
    return owner


# ---- made and renamed


def test_a_new_group_is_one_entry_that_names_its_members(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, member = scene.connect(an), scene.connect(bo, gateway=1)

    made = owner.write("create_group", name="team", avatar="https://im.example/a.png", user_ids=[bo, chen])

    assert made.seq == 1
    told = {"event": "group_created", "name": "team", "user_ids": [an, bo, chen]}
    event = member.wait_for(lambda event: event.channel_id == made.channel_id, frames.MessageEvent)
    assert (event.seq, event.message_type, event.sender, event.extra) == (1, "system", an, told)
    assert log_of(owner, made.channel_id) == [("system", an, told)]
    assert owner_of(scene, made.channel_id) == an
    scene.judge().raise_if_broken()


def test_two_groups_of_the_same_people_are_two(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner = scene.connect(an)

    assert group_of(owner, bo) != group_of(owner, bo)


def test_naming_oneself_or_somebody_twice_makes_no_difference(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")

    group = group_of(scene.connect(an), bo, an, bo)

    assert members_of(scene, group) == {an, bo}
    assert owner_of(scene, group) == an


def test_the_owner_renames_the_group(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo, gateway=1)
    group = group_of(owner, bo)

    owner.write("update_channel", channel_id=group, name="tea", avatar="https://im.example/tea.png")
    owner.write("update_channel", channel_id=group, avatar="")

    assert [extra for _, _, extra in log_of(member, group)][1:] == [
        {"event": "channel_updated", "name": "tea", "avatar": "https://im.example/tea.png"},
        {"event": "channel_updated", "avatar": ""},
    ]
    assert [(row.name, row.avatar) for row in member.sync().conversations] == [("tea", "")]
    scene.judge().raise_if_broken()


def test_a_change_of_nothing_is_invalid(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner = scene.connect(an)
    group = group_of(owner, bo)

    with pytest.raises(RefusedError, match="invalid:"):
        owner.write("update_channel", channel_id=group)


# ---- joined and left


def test_a_member_adds_others(scene: Scene) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    owner, member = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo)

    added = member.write("add_members", channel_id=group, user_ids=[chen, ding])

    assert added.seq == 2
    assert log_of(owner, group)[1:] == [("system", bo, {"event": "members_added", "user_ids": [chen, ding]})]
    assert members_of(scene, group) == {an, bo, chen, ding}
    scene.judge().raise_if_broken()


def test_of_those_added_only_the_new_ones_are_told(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner = scene.connect(an)
    group = group_of(owner, bo)

    owner.write("add_members", channel_id=group, user_ids=[bo, chen, an, chen])

    assert log_of(owner, group)[1:] == [("system", an, {"event": "members_added", "user_ids": [chen]})]
    scene.judge().raise_if_broken()


def test_adding_only_those_who_are_in_changes_nothing(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner = scene.connect(an)
    group = group_of(owner, bo)

    answer = owner.write("add_members", channel_id=group, user_ids=[bo, an])

    assert (answer.channel_id, answer.seq, answer.message_id) == (group, None, None)
    assert len(log_of(owner, group)) == 1
    scene.judge().raise_if_broken()


@pytest.mark.parametrize("kind", ["create_group", "add_members"])
@pytest.mark.parametrize("strangers", ["nobody", "disabled"])
def test_nobody_is_added_with_somebody_who_does_not_exist(scene: Scene, kind: str, strangers: str) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    owner = scene.connect(an)
    group = group_of(owner, bo)
    scene.cluster.database["users"].update_one({"_id": ding}, {"$set": {"status": "disabled"}})
    unknown = ding if strangers == "disabled" else "nobody"
    place: dict[str, str] = {"name": "team"} if kind == "create_group" else {"channel_id": group}

    with pytest.raises(RefusedError, match="not_found:") as refused:
        owner.write(kind, user_ids=[chen, unknown], **place)

    assert refused.value.reply.errors == {"user_ids": [unknown]}
    assert len(log_of(owner, group)) == 1
    assert scene.connect(chen).sync().conversations == []
    scene.judge().raise_if_broken()


def test_the_owner_removes_a_member_who_sees_it_happen(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, removed = scene.connect(an), scene.connect(bo, gateway=1)
    group = group_of(owner, bo, chen)

    owner.write("remove_member", channel_id=group, user_id=bo)

    told = {"event": "member_removed", "user_ids": [bo]}
    assert removed.wait_for(lambda event: event.seq == 2, frames.MessageEvent).extra == told
    assert members_of(scene, group) == {an, chen}
    scene.judge().raise_if_broken()


def test_a_member_leaves(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, leaving = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo, chen)

    left = leaving.write("leave", channel_id=group)

    assert left.seq == 2
    assert log_of(owner, group)[1:] == [("system", bo, {"event": "member_left", "user_ids": [bo]})]
    assert members_of(scene, group) == {an, chen}
    scene.judge().raise_if_broken()


def test_removing_oneself_is_leaving(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, leaving = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo)

    leaving.write("remove_member", channel_id=group, user_id=bo)

    assert [extra["event"] for _, _, extra in log_of(owner, group)] == ["group_created", "member_left"]


def test_removing_who_has_left_changes_nothing(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner = scene.connect(an)
    group = group_of(owner, bo)
    owner.write("remove_member", channel_id=group, user_id=bo)

    assert owner.write("remove_member", channel_id=group, user_id=bo).seq is None
    assert len(log_of(owner, group)) == 2


def test_who_was_never_in_can_not_be_removed(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner = scene.connect(an)
    group = group_of(owner, bo)

    with pytest.raises(RefusedError, match="not_found:"):
        owner.write("remove_member", channel_id=group, user_id=chen)


def test_the_group_of_an_owner_who_leaves_goes_to_who_has_been_in_longest(scene: Scene) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    owner, second, third = scene.connect(an), scene.connect(ding), scene.connect(chen)
    group = group_of(owner, ding)
    owner.write("add_members", channel_id=group, user_ids=[chen])
    owner.write("add_members", channel_id=group, user_ids=[bo])

    owner.write("leave", channel_id=group)
    assert owner_of(scene, group) == ding
    second.write("leave", channel_id=group)
    assert owner_of(scene, group) == chen

    assert [extra.get("owner") for _, _, extra in log_of(third, group)[-2:]] == [ding, chen]
    third.write("update_channel", channel_id=group, name="mine now")
    scene.judge().raise_if_broken()


def test_a_group_that_everybody_has_left_has_no_owner_and_takes_nobody(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo)

    member.write("leave", channel_id=group)
    owner.write("leave", channel_id=group)

    assert owner_of(scene, group) is None
    with pytest.raises(RefusedError, match="not_member:"):
        owner.write("add_members", channel_id=group, user_ids=[bo])
    scene.judge().raise_if_broken()


def test_an_owner_who_comes_back_is_a_member_like_others(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo)
    owner.write("leave", channel_id=group)

    member.write("add_members", channel_id=group, user_ids=[an])

    assert owner_of(scene, group) == bo
    with pytest.raises(RefusedError, match="forbidden:"):
        owner.write("update_channel", channel_id=group, name="mine again")
    scene.judge().raise_if_broken()


# ---- who may


COMMANDS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "update_channel": lambda group, _: {"channel_id": group, "name": "mine"},
    "add_members": lambda group, bo: {"channel_id": group, "user_ids": [bo]},
    "remove_member": lambda group, bo: {"channel_id": group, "user_id": bo},
    "leave": lambda group, _: {"channel_id": group},
}


@pytest.mark.parametrize("kind", ["update_channel", "remove_member"])
def test_a_member_may_not_do_what_is_the_owners(scene: Scene, kind: str) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, member = scene.connect(an), scene.connect(chen)
    group = group_of(owner, bo, chen)

    with pytest.raises(RefusedError, match="forbidden:"):
        member.write(kind, **COMMANDS[kind](group, bo))

    assert len(log_of(owner, group)) == 1
    scene.judge().raise_if_broken()


def test_a_member_may_not_remove_the_owner(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner, member = scene.connect(an), scene.connect(bo)
    group = group_of(owner, bo)

    with pytest.raises(RefusedError, match="forbidden:"):
        member.write("remove_member", channel_id=group, user_id=an)


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_stranger_is_told_that_there_is_no_such_group(scene: Scene, kind: str) -> None:
    an, bo, eve = scene.people("an", "bo", "eve")
    owner, stranger = scene.connect(an), scene.connect(eve)
    group = group_of(owner, bo)

    for place in (group, "0" * 24):
        with pytest.raises(RefusedError, match="not_found:") as refused:
            stranger.write(kind, **COMMANDS[kind](place, bo))
        assert refused.value.reply.errors is None

    assert len(log_of(owner, group)) == 1


@pytest.mark.parametrize("kind", COMMANDS)
def test_who_has_left_may_do_nothing_more(scene: Scene, kind: str) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, left = scene.connect(an), scene.connect(chen)
    group = group_of(owner, bo, chen)
    left.write("leave", channel_id=group)

    with pytest.raises(RefusedError, match="not_member:"):
        left.write(kind, **COMMANDS[kind](group, bo))

    assert len(log_of(owner, group)) == 2


# ---- once


@pytest.mark.parametrize("kind", ["create_group", *COMMANDS])
def test_a_repeated_command_gets_the_same_answer_and_happens_once(scene: Scene, kind: str) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    owner, elsewhere, watcher = scene.connect(an), scene.connect(an, gateway=1), scene.connect(chen)
    group = group_of(owner, chen, *([bo] if kind == "remove_member" else []))
    make = {"create_group": {"name": "one", "user_ids": [chen, ding]}}
    fields = make.get(kind) or COMMANDS[kind](group, bo)

    first = owner.write(kind, client_message_id="1", **fields)
    again = [device.write(kind, client_message_id="1", **fields) for device in (owner, elsewhere)]

    assert {answer.message_id for answer in again} == {first.message_id}
    assert {answer.channel_id for answer in again} == {first.channel_id}
    assert len(log_of(watcher, first.channel_id)) == first.seq
    scene.judge().raise_if_broken()


@pytest.mark.parametrize("kind", ["create_group", "update_channel", "add_members"])
def test_another_command_with_the_same_id_is_a_conflict(scene: Scene, kind: str) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner = scene.connect(an)
    group = group_of(owner, bo)
    place: dict[str, Any] = {} if kind == "create_group" else {"channel_id": group}
    one: dict[str, Any] = {"user_ids": [chen]} if kind == "add_members" else {"name": "one"}
    other: dict[str, Any] = {"user_ids": [chen, bo]} if kind == "add_members" else {"name": "other"}
    if kind == "create_group":
        one, other = one | {"user_ids": [bo]}, other | {"user_ids": [bo]}
    owner.write(kind, client_message_id="1", **place, **one)

    with pytest.raises(RefusedError, match="conflict:"):
        owner.write(kind, client_message_id="1", **place, **other)

    scene.judge().raise_if_broken()


def test_the_id_of_a_message_is_no_id_for_a_command(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    owner = scene.connect(an)
    group = group_of(owner, bo)
    owner.send_text(group, "hi", client_message_id="1")

    with pytest.raises(RefusedError, match="conflict:"):
        owner.write("update_channel", channel_id=group, name="tea", client_message_id="1")

    assert len(log_of(owner, group)) == 2


# ---- how many


def test_a_group_takes_its_limit_of_members_and_nobody_more(scene: Scene) -> None:
    users = scene.people(*(f"u{number}" for number in range(DEFAULT_MAX_MEMBERS + 2)))
    owner, member = scene.connect(users[0]), scene.connect(users[1], gateway=1)
    group = group_of(owner, *users[1:-2])

    with pytest.raises(RefusedError, match="channel_full:") as refused:
        owner.write("add_members", channel_id=group, user_ids=[users[-1]])
    assert refused.value.reply.errors == {"max_members": DEFAULT_MAX_MEMBERS}
    member.write("leave", channel_id=group)
    with pytest.raises(RefusedError, match="channel_full:"):  # one place, two people: neither
        owner.write("add_members", channel_id=group, user_ids=list(users[-2:]))
    owner.write("add_members", channel_id=group, user_ids=[users[-1], users[2]])

    assert members_of(scene, group) == {*users} - {users[1], users[-2]}
    assert len(log_of(owner, group)) == 3
    scene.judge().raise_if_broken()


def test_a_group_of_more_than_the_limit_is_not_made(scene: Scene) -> None:
    users = scene.people(*(f"u{number}" for number in range(DEFAULT_MAX_MEMBERS + 1)))
    owner = scene.connect(users[0])

    with pytest.raises(RefusedError, match="channel_full:"):
        group_of(owner, *users[1:])

    assert owner.sync().conversations == []
