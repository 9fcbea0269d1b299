"""Forwards: the server copies what the other said, for who may read it, and says whose words they are."""

from typing import Any

import pytest

from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene


def group_of(owner: Client, *others: str) -> str:
    return owner.write("create_group", name="team", user_ids=list(others)).channel_id


def forward(client: Client, message_id: str | None, **fields: Any) -> Any:
    """Pass a message on, to `channel_id` or `to`."""
    return client.write("send", forward_of=message_id, **fields)


def refused(client: Client, message_id: str | None, **fields: Any) -> str:
    with pytest.raises(RefusedError) as error:
        forward(client, message_id, **fields)
    return error.value.code


def test_a_forward_says_what_was_said_and_by_whom(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    here, bos, chens = scene.connect(an), scene.connect(bo), scene.connect(chen, gateway=1)
    news = here.send_text(None, "We moved to [:house:]", to=bo, extra={"mood": "glad"})

    sent = forward(bos, news.message_id, to=chen)

    shown = chens.wait_for_text("We moved to [:house:]")
    assert (shown.sender, shown.extra, shown.message_id) == (bo, {"mood": "glad"}, sent.message_id)
    assert shown.forwarded is not None
    assert (shown.forwarded.sender, shown.forwarded.sender_name) == (an, an.capitalize())
    (entry,) = chens.history(sent.channel_id).entries
    assert entry.forwarded == shown.forwarded
    assert news.channel_id not in repr(entry)
    scene.judge().raise_if_broken()


def test_over_rest_it_is_answered_with_the_entry(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    news = scene.rest(an).send_to(bo, "news")

    entry = scene.rest(bo).send_to(chen, "", forward_of=news.message_id)

    assert entry.content == "news"
    assert entry.forwarded is not None
    assert entry.forwarded.server_time == news.server_time


def test_a_repeated_forward_is_one_message(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    here = scene.connect(an)
    news, other = (here.send_text(None, text, to=bo) for text in ("news", "other news"))

    first, again = (forward(here, news.message_id, to=chen, client_message_id="f1") for _ in range(2))

    assert first.seq == again.seq == 1
    assert refused(here, other.message_id, to=chen, client_message_id="f1") == "conflict"


def test_a_forward_of_a_forward_names_who_said_it_first(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    here, bos = scene.connect(an), scene.connect(bo)
    news = here.send_text(None, "news", to=bo)
    passed_on = forward(bos, news.message_id, to=chen)

    again = forward(scene.connect(chen), passed_on.message_id, to=an)

    (entry,) = here.history(again.channel_id).entries
    assert entry.forwarded is not None
    assert entry.forwarded.sender == an


def test_nobody_passes_on_what_he_may_not_read(scene: Scene) -> None:
    an, bo, chen, dao = scene.people("an", "bo", "chen", "dao")
    here, chens, daos = scene.connect(an), scene.connect(chen), scene.connect(dao)
    channel = group_of(here, bo, dao)
    early = here.send_text(channel, "before chen").message_id
    here.write("remove_member", channel_id=channel, user_id=dao)
    here.write("add_members", channel_id=channel, user_ids=[chen])
    late = here.send_text(channel, "after dao").message_id

    assert refused(chens, early, to=bo) == refused(daos, late, to=bo) == "not_found"
    assert refused(scene.connect(bo), f"{'z' * 24}.000000000001", to=an) == "not_found"
    assert forward(daos, early, to=bo).seq == forward(chens, late, to=bo).seq == 1
    scene.judge().raise_if_broken()


def test_what_the_system_says_is_not_passed_on(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    here = scene.connect(an)
    channel = group_of(here, bo)

    assert refused(here, f"{channel}.000000000001", to=chen) == "invalid"


@pytest.mark.parametrize(
    "own",
    [
        {"content": "He said so"},
        {"extra": {"a": 1}},
        {"message_type": "emoji"},
        {"mentions": ["bo"]},
        {"mention_all": True},
        {"forwarded": {"sender": "bo", "sender_name": "Bo", "server_time": "2026-01-01T00:00:00.000Z"}},
    ],
    ids=lambda own: next(iter(own)),
)
def test_nobody_puts_words_into_the_others_mouth(scene: Scene, own: dict[str, Any]) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    rest = scene.rest(an)
    news = rest.send_to(bo, "news")
    body = {"client_message_id": "f1", "forward_of": news.message_id, **own}

    answer = rest.call("POST", f"/users/{chen}/messages", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [row.peer for row in rest.conversations().conversations] == [bo]


def test_an_origin_can_not_be_forged_over_the_socket(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here = scene.connect(an)

    sent = here.send_text(None, "I am Bo", to=bo, forwarded={"sender": bo, "sender_name": "Bo"})

    (entry,) = here.history(sent.channel_id).entries
    assert entry.forwarded is None


def test_what_was_recalled_is_not_passed_on_and_a_repeat_still_is_the_same(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    here, bos = scene.connect(an), scene.connect(bo)
    news = here.send_text(None, "news", to=bo)
    first = forward(bos, news.message_id, to=chen, client_message_id="f1")
    here.write("recall", channel_id=news.channel_id, message_id=news.message_id)

    again = forward(bos, news.message_id, to=chen, client_message_id="f1")

    assert again.message_id == first.message_id
    assert refused(bos, news.message_id, to=chen) == "message_recalled"
    (entry,) = bos.history(first.channel_id).entries
    assert entry.content == "news"
