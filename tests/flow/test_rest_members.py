"""Members over REST: who is in, who comes, who goes, and what each of them reads."""

from collections.abc import Sequence
from typing import Any

import pytest

from schemas.common import ChannelType, Role
from schemas.messages import HistoryPage
from tests.support.link import RefusedError
from tests.support.scene import Scene


def texts(page: HistoryPage) -> list[str]:
    return [entry.content or entry.extra["event"] for entry in page.entries]


def user_ids(page: Any) -> Sequence[str]:
    return [member.user_id for member in page.members]


def test_members_have_their_names_and_roles(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    made = rest.create_group("Lunch", bo)

    owner, member = rest.members(made.channel_id).members

    assert (owner.user_id, owner.name, owner.role) == (an, an.capitalize(), Role.OWNER)
    assert (member.user_id, member.name, member.role) == (bo, bo.capitalize(), Role.MEMBER)
    assert owner.joined_at == member.joined_at == made.server_time


def test_a_long_list_comes_in_pages_by_user_id(scene: Scene) -> None:
    people = scene.people("an", "bo", "chen", "ding", "eva")
    rest = scene.rest(people[2])
    channel = rest.create_group("All", *people).channel_id

    first = rest.members(channel, limit=2)
    second = rest.members(channel, limit=2, cursor=first.cursor)
    third = rest.members(channel, limit=2, cursor=second.cursor)

    assert [user_ids(first), user_ids(second), user_ids(third)] == [
        list(people[:2]),
        list(people[2:4]),
        list(people[4:]),
    ]
    assert third.cursor is None
    assert rest.members(channel, limit=5).cursor is None, "a full last page has no next one"


def test_who_is_added_reads_from_there_on(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    rest = scene.rest(an)
    channel = rest.create_group("Lunch", bo).channel_id
    rest.send_text(channel, "before")

    rest.add_members(channel, chen)
    rest.send_text(channel, "after")

    page = scene.rest(chen).history(channel)
    assert texts(page) == ["members_added", "after"]
    assert not page.more_before
    with pytest.raises(RefusedError, match=r"^not_found:"):
        scene.rest(chen).get(f"/messages/{channel}.000000000002", dict)


def test_adding_people_to_a_direct_chat_makes_it_a_group(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    rest = scene.rest(an)
    channel = rest.open_direct(bo).channel_id
    rest.send_text(channel, "between us")

    rest.add_members(channel, chen)

    group = scene.rest(bo).channel(channel)
    assert (group.channel_type, group.owner, group.peer, group.member_count) == (
        ChannelType.GROUP,
        an,
        None,
        3,
    )
    assert texts(scene.rest(bo).history(channel)) == ["between us", "members_added"]
    assert texts(scene.rest(chen).history(channel)) == ["members_added"]
    assert rest.open_direct(bo).channel_id != channel, "the two get a fresh direct chat"


def test_adding_who_is_in_already_does_nothing(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    channel = rest.create_group("Lunch", bo).channel_id

    written = rest.add_members(channel, bo)

    assert (written.seq, written.message_id, written.server_time) == (None, None, None)
    assert rest.channel(channel).last_seq == 1


def test_who_leaves_keeps_what_he_read_and_gets_nothing_more(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    rest, leaver = scene.rest(an), scene.rest(bo)
    channel = rest.create_group("Lunch", bo, chen).channel_id
    rest.send_text(channel, "before")

    leaver.write("DELETE", f"/channels/{channel}/members/me", "leave", {"channel_id": channel})
    rest.send_text(channel, "after")

    assert texts(leaver.history(channel)) == ["group_created", "before", "member_left"]
    assert leaver.channel(channel).last_seq == 3
    assert rest.channel(channel).last_seq == 4
    assert user_ids(rest.members(channel)) == [an, chen]
    with pytest.raises(RefusedError, match=r"^not_member:"):
        leaver.members(channel)
    with pytest.raises(RefusedError, match=r"^not_member:"):
        leaver.send_text(channel, "am I still in?")


def test_when_the_owner_leaves_another_follows(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    channel = scene.rest(an).create_group("Lunch", bo).channel_id

    scene.rest(an).remove_member(channel, an)

    assert scene.rest(bo).channel(channel).owner == bo
    assert [member.role for member in scene.rest(bo).members(channel).members] == [Role.OWNER]


def test_the_owner_takes_somebody_out(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    rest = scene.rest(an)
    channel = rest.create_group("Lunch", bo, chen).channel_id

    rest.remove_member(channel, bo)

    assert user_ids(rest.members(channel)) == [an, chen]
    assert texts(scene.rest(bo).history(channel)) == ["group_created", "member_removed"]


@pytest.mark.parametrize(("who", "whom"), [("bo", "chen"), ("bo", "an")])
def test_a_plain_member_takes_nobody_out(scene: Scene, who: str, whom: str) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    ids = {"an": an, "bo": bo, "chen": chen}
    channel = scene.rest(an).create_group("Lunch", bo, chen).channel_id

    with pytest.raises(RefusedError, match=r"^forbidden:"):
        scene.rest(ids[who]).remove_member(channel, ids[whom])


def test_nobody_leaves_a_direct_chat(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    channel = rest.open_direct(bo).channel_id

    with pytest.raises(RefusedError, match=r"^forbidden:"):
        rest.remove_member(channel, an)


def test_a_write_without_a_body_needs_its_id_too(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    channel = rest.create_group("Lunch", bo).channel_id

    refused = rest.call("DELETE", f"/channels/{channel}/members/me")

    assert refused.json()["errors"] == {"client_message_id": "required"}
    assert rest.channel(channel).member_count == 2
