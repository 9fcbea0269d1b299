"""People and groups found by name, over REST: whom one may write to, and groups one is or was in."""

# ruff: noqa: RUF001 - what looks alike is what this is about

from typing import Any

import pytest

from imapp.services.searching.keys import NameKeys
from imapp.stores.users import UserStore
from schemas.common import Membership
from schemas.search import ContactPage
from tests.support.link import RefusedError
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.waiting import eventually


def rename(scene: Scene, user: str, name: str, **more: Any) -> None:
    """As a user sync does that knows nothing of keys; a gateway makes them."""
    users = scene.cluster.database["users"]
    users.update_one({"_id": user}, {"$set": {"name": name, **more}, "$currentDate": {"updated_at": True}})
    NameKeys(UserStore(scene.cluster.database)).mend(None)


def found(rest: RestClient, words: str, **query: Any) -> ContactPage:
    return rest.get("/search/contacts", ContactPage, words=words, **query)


def people(page: ContactPage) -> list[str]:
    return [user.user_id for user in page.people]


def test_people_are_found_by_any_part_of_their_name(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    mark = an.rpartition(".")[2]  # others of this system have such names too
    rename(scene, bo, f"王小明 {mark}")
    rename(scene, chen, f"Chen Xiaoming {mark}")
    rest = scene.rest(an)

    assert people(found(rest, f"小明 {mark}")) == [bo]
    assert people(found(rest, f"ＸＩＡＯ {mark}")) == [chen]
    assert people(found(rest, mark)) == [an, bo, chen]
    assert people(found(rest, f"明小 {mark}")) == []


def test_a_name_that_a_sync_changes_is_found_by_itself_soon(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)

    scene.cluster.database["users"].update_one(
        {"_id": bo}, {"$set": {"name": f"赵 {bo}"}, "$currentDate": {"updated_at": True}}
    )

    eventually(lambda: people(found(rest, f"赵 {bo}")) == [bo])


def test_who_is_disabled_is_not_found(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rename(scene, bo, f"王 {bo}", status="disabled")

    assert people(found(scene.rest(an), f"王 {bo}")) == []


def test_groups_are_those_one_is_or_was_in_and_look_as_they_did_then(scene: Scene) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    owner, member, stranger = scene.rest(an), scene.rest(bo), scene.rest(chen)
    mark = an.rpartition(".")[2]
    group = owner.create_group(f"预算 {mark}", bo).channel_id
    other = owner.create_group(f"Secret 预算 {mark}", ding).channel_id

    assert {one.channel_id for one in found(owner, f"预算 {mark}").groups} == {group, other}
    (seen,) = found(member, f"预算 {mark}").groups
    assert (seen.name, seen.member_count, seen.membership) == (f"预算 {mark}", 2, Membership.NORMAL)
    assert found(stranger, f"预算 {mark}").groups == []

    member.leave(group)
    owner.update_channel(group, name=f"Merger {mark}")

    assert found(member, f"merger {mark}").groups == []
    (seen,) = found(member, f"预算 {mark}").groups
    assert seen.membership is Membership.LEFT


def test_pages_join_without_a_gap_or_a_double(scene: Scene) -> None:
    names = scene.people("an", "bo", "chen", "ding")
    rest = scene.rest(names[0])
    mark = names[0].rpartition(".")[2]
    for user in names:
        rename(scene, user, f"Person {mark}")
    groups = {rest.create_group(f"Group {number} {mark}", names[1]).channel_id for number in range(3)}

    seen_groups, seen_people, cursor = list[str](), list[str](), None
    while True:
        page = found(rest, mark, limit=2, **({"cursor": cursor} if cursor else {}))
        assert len(page.groups) + len(page.people) <= 2
        seen_groups += [group.channel_id for group in page.groups]
        seen_people += people(page)
        cursor = page.cursor
        if cursor is None:
            break

    assert seen_groups == sorted(groups)
    assert seen_people == sorted(names)


@pytest.mark.parametrize("query", [{"words": "?!"}, {"words": ""}, {"words": "a", "cursor": "x"}, {}])
def test_what_can_not_be_searched_for_is_refused(scene: Scene, query: dict[str, str]) -> None:
    (an,) = scene.people("an")

    with pytest.raises(RefusedError) as told:
        scene.rest(an).get("/search/contacts", ContactPage, **query)

    assert told.value.code == "invalid"


def test_what_somebody_types_is_never_a_pattern(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rename(scene, bo, f"Bo {bo}")
    rest = scene.rest(an)

    assert people(found(rest, f".* {bo}")) == [bo], "marks say nothing"
    assert bo not in people(found(rest, f"B.o {bo}"))
    assert bo not in people(found(rest, '{"$gt": ""}'))
