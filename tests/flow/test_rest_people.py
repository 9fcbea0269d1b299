"""People over REST: who I am, and how others are found."""

from typing import Any

import pytest

from schemas.users import User, UserKind, UserPage
from tests.support.scene import Scene


def names(page: UserPage) -> list[str]:
    return [user.user_id for user in page.users]


def rename(scene: Scene, user: str, name: str, **more: Any) -> None:
    scene.cluster.database["users"].update_one({"_id": user}, {"$set": {"name": name, **more}})


def test_i_am_who_my_token_says(scene: Scene) -> None:
    (an,) = scene.people("an")
    rename(scene, an, "An 安", avatar="an.png", kind="external")

    me = scene.rest(an).get("/me", User)

    assert me == User(user_id=an, name="An 安", avatar="an.png", kind=UserKind.EXTERNAL)


def test_people_are_found_by_ids(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")

    page = scene.rest(an).get("/users", UserPage, ids=f"{chen},nobody,{bo},{chen}")

    assert names(page) == [bo, chen]
    assert page.cursor is None


def test_people_are_found_by_how_their_name_starts(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    rename(scene, an, "Zhang.* 张")
    rename(scene, bo, "Zhang.Bo")
    rename(scene, chen, "Zhangxx")

    page = scene.rest(an).get("/users", UserPage, name="Zhang.")

    assert names(page) == [an, bo], "a dot is a dot and not any character"


def test_pages_of_people_join_without_a_gap_or_a_double(scene: Scene) -> None:
    people = scene.people("an", "bo", "chen", "ding", "eva")
    rest, ids = scene.rest(people[0]), ",".join(people)

    first = rest.get("/users", UserPage, ids=ids, limit=2)
    second = rest.get("/users", UserPage, ids=ids, limit=2, cursor=first.cursor)
    third = rest.get("/users", UserPage, ids=ids, limit=2, cursor=second.cursor)

    assert [*names(first), *names(second), *names(third)] == list(people)
    assert third.cursor is None


def test_without_a_question_everybody_is_listed(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    found: list[str] = []
    page = rest.get("/users", UserPage, limit=200)
    found += names(page)
    while page.cursor:
        page = rest.get("/users", UserPage, limit=200, cursor=page.cursor)
        found += names(page)

    assert {an, bo} <= set(found)
    assert found == sorted(set(found))


def test_who_is_disabled_is_not_found_and_has_no_access(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rename(scene, bo, "Bo", status="disabled")

    assert names(scene.rest(an).get("/users", UserPage, ids=bo)) == []
    assert scene.rest(bo).call("GET", "/me").status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        {"ids": ""},
        {"ids": "an,,bo"},
        {"ids": "an, bo"},
        {"ids": ",".join(f"user{number}" for number in range(501))},
        {"ids": "an", "name": "An"},
        {"name": ""},
        {"name": "A\0"},
        {"name": "x" * 101},
        {"name[$regex]": ".*"},
        {"limit": 201},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(scene: Scene, query: dict[str, Any]) -> None:
    (an,) = scene.people("an")

    refused = scene.rest(an).call("GET", "/users", params=query)

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
