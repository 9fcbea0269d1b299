"""Pictures of groups and people: images that somebody has sent up, there as long as they show anybody."""

from collections.abc import Callable

import pytest

from imapp.services.files.collecting import FileCollector
from imapp.stores.blobs import GridBlobs
from imapp.stores.files import FileStore
from imapp.stores.leases import LeaseStore
from tests.support.link import RefusedError
from tests.support.rest import RestClient
from tests.support.samples import image
from tests.support.scene import Scene
from tests.support.uploads import kept, refusal, send_file
from tests.support.waiting import eventually


def picture(client: RestClient) -> str:
    return kept(client, image(), name="us.png", declared="image/png")


def sees(client: RestClient, file_id: str) -> bool:
    return client.call("GET", f"/files/{file_id}").ok


def collect(scene: Scene) -> None:
    database = scene.cluster.database
    FileCollector(LeaseStore(database), FileStore(database), GridBlobs(database)).collect_now()


def stays(scene: Scene, file_id: str) -> bool:
    """Whether it is still there a day after it was sent up, when all that may go has gone."""
    files = scene.cluster.database["files"]
    is_due = {"_id": file_id, "due": {"$exists": True}}
    files.update_one(is_due, [{"$set": {"due": {"$subtract": ["$$NOW", 1_000]}}}])
    collect(scene)
    return files.find_one({"_id": file_id}) is not None


def goes(scene: Scene, file_id: str) -> None:
    """Nothing refers to it any more, so it is collected: by this call, or by the worker a moment ago."""
    collect(scene)
    eventually(lambda: scene.cluster.database["files"].find_one({"_id": file_id}) is None)


def change_me(client: RestClient, avatar: str) -> None:
    answer = client.call("PATCH", "/me", json={"avatar": avatar})
    assert answer.ok, answer.text
    assert answer.json()["avatar"] == avatar


def group(scene: Scene) -> tuple[RestClient, RestClient, RestClient, str]:
    """An with a group of her and Bo; Chen is in none."""
    an, bo, chen = (scene.rest(user) for user in scene.people("an", "bo", "chen"))
    return an, bo, chen, an.create_group("Lunch", bo.user).channel_id


# ---- of a group


def test_a_groups_picture_is_for_who_is_in_it(scene: Scene) -> None:
    an, bo, chen, channel = group(scene)
    file_id = picture(an)
    assert not sees(bo, file_id)

    an.update_channel(channel, avatar=file_id)

    assert bo.channel(channel).avatar == file_id
    assert [sees(client, file_id) for client in (an, bo, chen)] == [True, True, False]
    an.add_members(channel, chen.user)
    assert sees(chen, file_id)
    assert bo.call("GET", f"/files/{file_id}/thumbnails/small").ok
    assert bo.call("GET", f"/files/{file_id}/url", params={"thumbnail": "small"}).ok


def test_a_group_is_made_with_its_picture(scene: Scene) -> None:
    an, bo, chen, _ = group(scene)
    file_id = picture(an)

    channel = an.create_group("Dinner", bo.user, avatar=file_id).channel_id

    assert bo.channel(channel).avatar == file_id
    assert [sees(client, file_id) for client in (an, bo, chen)] == [True, True, False]


def test_a_picture_stays_while_it_is_one_and_goes_when_it_is_replaced(scene: Scene) -> None:
    an, bo, _, channel = group(scene)
    before, after = picture(an), picture(an)
    an.update_channel(channel, avatar=before)
    assert stays(scene, before)
    assert sees(bo, before)

    an.update_channel(channel, avatar=after)

    assert not sees(bo, before)
    assert not sees(an, before)
    goes(scene, before)
    assert sees(bo, after)
    an.update_channel(channel, avatar="https://im.example/lunch.png")
    goes(scene, after)
    assert bo.channel(channel).avatar == "https://im.example/lunch.png"


def test_saying_it_again_changes_nothing(scene: Scene) -> None:
    """Neither a repeat nor another admin's form that has the picture as it is."""
    an, bo, _, channel = group(scene)
    an.call(
        "PUT", f"/channels/{channel}/members/{bo.user}/role", json={"client_message_id": "r", "role": "admin"}
    )
    file_id = picture(an)

    first = an.update_channel(channel, avatar=file_id, client_message_id="once")
    again = an.update_channel(channel, avatar=file_id, client_message_id="once")
    bo.update_channel(channel, avatar=file_id, name="Dinner")

    assert first == again
    assert stays(scene, file_id)
    an.update_channel(channel, avatar="")
    goes(scene, file_id)


def test_a_file_may_be_a_message_and_a_picture(scene: Scene) -> None:
    an, bo, _, channel = group(scene)
    file_id = picture(an)
    sent = send_file(an, channel, file_id, kind="image").json()
    an.update_channel(channel, avatar=file_id)

    answer = an.call("POST", f"/messages/{sent['message_id']}/recall", json={"client_message_id": "back"})
    assert answer.ok, answer.text

    assert sees(bo, file_id)
    assert stays(scene, file_id)
    an.update_channel(channel, avatar="")
    assert not sees(bo, file_id)
    goes(scene, file_id)


def test_who_has_left_sees_the_picture_that_it_had_then(scene: Scene) -> None:
    an, bo, _, channel = group(scene)
    file_id, later = picture(an), picture(an)
    an.update_channel(channel, avatar=file_id)
    bo.leave(channel)
    assert sees(bo, file_id)

    an.update_channel(channel, avatar=later)

    assert not sees(bo, later)
    assert not sees(bo, file_id), "nobody is shown by it any more"


@pytest.mark.parametrize(
    "choose",
    [
        lambda _, bo: picture(bo),
        lambda an, _: kept(an),
        lambda *_: "nothing",
    ],
    ids=["somebody else's", "no image", "nothing there"],
)
def test_what_is_no_picture_of_ones_own_is_refused(
    scene: Scene, choose: Callable[[RestClient, RestClient], str]
) -> None:
    an, bo, _, channel = group(scene)
    file_id = choose(an, bo)
    change = {"client_message_id": "x", "avatar": file_id}

    answers = [
        an.call("PATCH", f"/channels/{channel}", json=change),
        an.call("POST", "/channels", json={**change, "name": "Dinner", "user_ids": [bo.user]}),
        an.call("PATCH", "/me", json={"avatar": file_id}),
    ]

    assert [refusal(answer) for answer in answers] == ["not_found"] * 3
    assert [list(answer.json()["errors"]) for answer in answers] == [["avatar"]] * 3
    assert bo.channel(channel).avatar == ""
    assert scene.cluster.database["file_references"].count_documents({"file_id": file_id}) == 0


# ---- of a person


def test_a_persons_picture_is_for_everybody(scene: Scene) -> None:
    an, bo, chen, channel = group(scene)
    file_id = picture(an)

    change_me(an, file_id)

    assert all(sees(client, file_id) for client in (an, bo, chen))
    (member,) = [one for one in bo.members(channel).members if one.user_id == an.user]
    assert member.avatar == file_id
    assert an.call("GET", "/me").json()["avatar"] == file_id


def test_over_the_socket_it_is_the_same(scene: Scene) -> None:
    an, bo, _, _ = group(scene)
    file_id, of_bo = picture(an), picture(bo)
    phone = scene.connect(an.user)

    me = phone.request("change_me", avatar=file_id)

    assert (me.user_id, me.avatar) == (an.user, file_id)
    assert sees(bo, file_id)
    with pytest.raises(RefusedError) as refused:
        phone.request("change_me", avatar=of_bo)
    assert refused.value.code == "not_found"
    assert an.call("GET", "/me").json()["avatar"] == file_id


def test_a_persons_former_picture_goes(scene: Scene) -> None:
    an, bo, _, _ = group(scene)
    before, after = picture(an), picture(an)
    change_me(an, before)
    change_me(an, before)
    assert stays(scene, before)

    change_me(an, after)

    assert [sees(bo, before), sees(bo, after)] == [False, True]
    goes(scene, before)
    change_me(an, "")
    assert not sees(an, after)
    goes(scene, after)


def test_what_a_synchronisation_replaced_is_nobodys_picture(scene: Scene) -> None:
    """It writes to `users` beside us; the file itself goes with the next picture."""
    an, bo, _, _ = group(scene)
    file_id = picture(an)
    change_me(an, file_id)

    scene.cluster.database["users"].update_one(
        {"_id": an.user}, {"$set": {"avatar": "https://im.example/an"}}
    )

    assert not sees(bo, file_id)
    change_me(an, "")
    goes(scene, file_id)


def test_an_operator_who_renames_somebody_leaves_him_his_picture(scene: Scene) -> None:
    an, bo, _, _ = group(scene)
    file_id = picture(an)
    change_me(an, file_id)

    scene.cluster.tool("put-user", an.user, "An again")
    assert sees(bo, file_id)

    scene.cluster.tool("put-user", an.user, "An again", "--avatar", "")
    assert not sees(bo, file_id)
    goes(scene, file_id)
