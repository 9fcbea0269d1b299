"""A message from its sender to the store and the answer back: stored once, in order, and only by members."""

from typing import Any

import msgspec
import pytest

from schemas import frames
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene

NOWHERE = "0" * 24


def refusal(client: Client, channel: str | None, text: str = "hi", **fields: Any) -> frames.ErrorReply:
    """The answer to a send that is refused."""
    with pytest.raises(RefusedError) as refused:
        client.send_text(channel, text, **fields)
    return refused.value.reply


def group_of(owner: Client, *others: str) -> str:
    return owner.write("create_group", name="team", user_ids=list(others)).channel_id


# ---- where to


def test_a_first_message_to_a_person_opens_their_direct_channel(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, receiver = scene.connect(an), scene.connect(bo, gateway=1)

    stored = sender.send_text(None, "hi", to=bo)

    event = receiver.wait_for_text("hi")
    assert (event.channel_id, event.seq, event.sender) == (stored.channel_id, 1, an)
    assert (event.sender_name, event.message_type) == (an.capitalize(), "text")
    assert event.server_time == stored.server_time
    scene.judge().raise_if_broken()


def test_the_answer_says_where_the_message_stands(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)
    channel = sender.send_text(None, "one", to=bo).channel_id

    stored = sender.send_text(channel, "two")

    assert (stored.channel_id, stored.seq) == (channel, 2)
    assert stored.message_id == f"{channel}.000000000002"
    scene.judge().raise_if_broken()


def test_a_person_and_the_channel_with_him_are_the_same_place(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    one, other = scene.connect(an), scene.connect(bo, gateway=1)

    first = one.send_text(None, "to bo", to=bo)
    answers = [other.send_text(None, "to an", to=an), other.send_text(first.channel_id, "to the channel")]

    assert [(answer.channel_id, answer.seq) for answer in answers] == [
        (first.channel_id, 2),
        (first.channel_id, 3),
    ]
    scene.judge().raise_if_broken()


def test_a_message_to_a_group_reaches_every_member(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, others = scene.connect(an), [scene.connect(bo), scene.connect(chen, gateway=1)]
    group = group_of(owner, bo, chen)

    owner.send_text(group, "hi all")

    assert {device.wait_for_text("hi all").seq for device in others} == {2}  # the group's making is entry 1
    scene.judge().raise_if_broken()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "an"}, "invalid"),
        ({"to": "nobody"}, "not_found"),
        ({"to": "system"}, "not_found"),
        ({"channel_id": NOWHERE}, "not_found"),
        ({"channel_id": NOWHERE, "to": "nobody"}, "invalid"),
        ({}, "invalid"),
    ],
    ids=str,
)
def test_a_message_needs_one_place_that_there_is(scene: Scene, fields: dict[str, str], code: str) -> None:
    (an,) = scene.people("an")
    sender = scene.connect(an)
    place = {name: an if value == "an" else value for name, value in fields.items()}

    assert refusal(sender, None, **place).code == code
    scene.judge().raise_if_broken()


def test_nobody_can_write_to_a_disabled_person_for_the_first_time(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    scene.cluster.database["users"].update_one({"_id": bo}, {"$set": {"status": "disabled"}})
    sender = scene.connect(an)

    assert refusal(sender, None, to=bo).errors == {"user_ids": [bo]}
    scene.judge().raise_if_broken()


def test_a_stranger_is_told_the_same_as_about_a_channel_that_does_not_exist(scene: Scene) -> None:
    an, bo, eve = scene.people("an", "bo", "eve")
    channel = scene.connect(an).send_text(None, "secret", to=bo).channel_id
    stranger = scene.connect(eve)

    answers = [refusal(stranger, place) for place in (channel, NOWHERE)]

    assert answers[0].code == "not_found"
    assert len({msgspec.json.encode(msgspec.structs.replace(answer, id=None)) for answer in answers}) == 1
    scene.judge().raise_if_broken()


# ---- what


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "😀" * 5_000,
        "é́" * 2_500,
        " \n\t ",
        "\u2028\ufeff\uffff\u200d",
        "עברית \u202e",
        "<b>&amp;",
        '{"$ne":1}',
    ],
    ids=["one", "longest", "combining", "blank", "invisible", "rtl", "markup", "json"],
)
def test_a_text_arrives_as_it_was_sent(scene: Scene, text: str) -> None:
    an, bo = scene.people("an", "bo")
    sender, receiver = scene.connect(an), scene.connect(bo, gateway=1)

    channel = sender.send_text(None, text, to=bo).channel_id

    receiver.wait_for_text(text)
    assert [entry.body for entry in receiver.read_all(channel)] == [text]
    scene.judge().raise_if_broken()


def test_the_longest_text_may_be_written_with_escapes(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, receiver = scene.connect(an), scene.connect(bo)
    escaped = "\\ud83d\\ude00" * 5_000

    sender.send_raw(f'{{"type":"send","id":"1","client_message_id":"1","to":"{bo}","content":"{escaped}"}}')

    receiver.wait_for_text("😀" * 5_000)


@pytest.mark.parametrize("text", ["", "x" * 5_001], ids=["empty", "too-long"])
def test_a_text_has_one_to_five_thousand_characters(scene: Scene, text: str) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)

    assert refusal(sender, None, text, to=bo).code == "invalid"
    scene.judge().raise_if_broken()


def test_what_an_app_adds_in_extra_is_kept(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender, receiver = scene.connect(an), scene.connect(bo, gateway=1)
    extra = {"card": {"tags": ["a", 1, 1.5, -0.25, True, None, [], {}], "名": "值"}}

    channel = sender.send_text(None, "hi", to=bo, extra=extra).channel_id

    assert receiver.wait_for_text("hi").extra == extra
    assert [entry.extra for entry in receiver.history(channel).entries] == [extra]
    scene.judge().raise_if_broken()


@pytest.mark.parametrize("number", [2**31, 1_764_000_000_000, 2**63 - 1, -(2**63)])
def test_a_big_number_in_extra_can_be_read_again(scene: Scene, number: int) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)

    channel = sender.send_text(None, "hi", to=bo, extra={"at_ms": number}).channel_id

    assert [entry.extra for entry in sender.history(channel, after=0).entries] == [{"at_ms": number}]


def nested(levels: int) -> dict[str, Any]:
    """So many objects in each other."""
    inner: dict[str, Any] = {}
    for _ in range(levels - 1):
        inner = {"in": inner}
    return inner


def sized(size: int) -> dict[str, Any]:
    """An object of so many bytes as JSON."""
    return {"x": "y" * (size - 8)}


@pytest.mark.parametrize(
    "extra", [nested(8), sized(4_096), {"a b": 1, "ключ": 2}], ids=["deep", "big", "keys"]
)
def test_extra_may_be_this_big(scene: Scene, extra: dict[str, Any]) -> None:
    an, bo = scene.people("an", "bo")

    channel = scene.connect(an).send_text(None, "hi", to=bo, extra=extra).channel_id

    assert [entry.extra for entry in scene.connect(bo).history(channel, after=0).entries] == [extra]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (nested(9), "invalid"),
        (sized(4_097), "too_large"),
        ({"x": "é" * 2_045}, "too_large"),
        ({"$ne": None}, "invalid"),
        ({"a": [{"$where": "1"}]}, "invalid"),
        ({"a.b": 1}, "invalid"),
        ({"": 1}, "invalid"),
        ({"a\x00": 1}, "invalid"),
        ({"n": 2**63}, "invalid"),
        ({"n": -(2**63) - 1}, "invalid"),
    ],
    ids=[
        "deep",
        "big",
        "bytes-count",
        "operator",
        "inner",
        "dot",
        "empty",
        "nul",
        "above-int64",
        "below-int64",
    ],
)
def test_extra_that_can_not_be_kept_is_refused(scene: Scene, extra: dict[str, Any], code: str) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)

    refused = refusal(sender, None, to=bo, extra=extra)

    assert refused.code == code
    assert list(refused.errors or {}) == ["extra"]
    scene.judge().raise_if_broken()


def test_only_the_system_says_what_the_system_says(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    sender = scene.connect(an)

    assert refusal(sender, None, to=bo, message_type="system").code == "unsupported_media"
    scene.judge().raise_if_broken()
