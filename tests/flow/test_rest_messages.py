"""Messages over REST: sending, repeating, reading back."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from schemas.common import MessageType
from schemas.messages import Entry
from tests.support.link import RefusedError
from tests.support.rest import RestClient
from tests.support.scene import Scene


def group(scene: Scene, *others: str) -> tuple[RestClient, str]:
    """An on REST, with a group of her and these people."""
    an, *rest = scene.people("an", *others)
    client = scene.rest(an)
    return client, client.create_group("Lunch", *rest).channel_id


def test_a_message_is_answered_with_its_entry(scene: Scene) -> None:
    an, channel = group(scene, "bo")
    bo = scene.connect(an.members(channel).members[1].user_id)

    entry = an.send_text(
        channel, "Hi 你好 👋🏽", client_message_id="hi-1", extra={"colour": ["red", None, 0.5]}
    )

    assert (entry.channel_id, entry.seq, entry.sender) == (channel, 2, an.user)
    assert entry.message_id == f"{channel}.000000000002"
    assert (entry.client_message_id, entry.message_type) == ("hi-1", MessageType.TEXT)
    assert (entry.content, entry.extra) == ("Hi 你好 👋🏽", {"colour": ["red", None, 0.5]})
    assert entry.sender_name == an.user.capitalize()
    assert an.get(f"/messages/{entry.message_id}", Entry) == entry
    assert bo.wait_for_text("Hi 你好 👋🏽").seq == entry.seq


def test_a_new_message_is_created(scene: Scene) -> None:
    an, channel = group(scene, "bo")

    answer = an.call(
        "POST", f"/channels/{channel}/messages", json={"client_message_id": "1", "content": "hi"}
    )

    assert answer.status_code == 201


def test_a_repeat_gives_the_same_bytes_and_no_second_message(scene: Scene) -> None:
    an, channel = group(scene, "bo")
    path, body = f"/channels/{channel}/messages", {"client_message_id": "once", "content": "hi"}

    first, again = an.call("POST", path, json=body), an.call("POST", path, json=body)
    elsewhere = scene.rest(an.user, gateway=1).call("POST", path, json=body)

    assert first.content == again.content == elsewhere.content
    assert {first.status_code, again.status_code, elsewhere.status_code} == {201}
    assert an.channel(channel).last_seq == 2


def test_many_repeats_at_once_make_one_message(scene: Scene) -> None:
    an, channel = group(scene, "bo")
    devices = [scene.rest(an.user, gateway=number % 2) for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        sent = list(
            pool.map(lambda device: device.send_text(channel, "hi", client_message_id="once"), devices)
        )

    assert {entry.seq for entry in sent} == {2}
    assert an.channel(channel).last_seq == 2


def test_another_text_under_the_same_id_is_a_conflict(scene: Scene) -> None:
    an, channel = group(scene, "bo")
    an.send_text(channel, "yes", client_message_id="answer")

    with pytest.raises(RefusedError, match=r"^conflict:"):
        an.send_text(channel, "no", client_message_id="answer")


def test_a_message_to_a_person_opens_their_direct_chat(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)

    first = rest.write("POST", f"/users/{bo}/messages", "send", {"to": bo}, content="hi")
    answer = scene.rest(bo).send_text(first["channel_id"], "hi yourself")

    assert (first["seq"], answer.seq) == (1, 2)
    assert rest.open_direct(bo).channel_id == first["channel_id"]


def test_a_message_that_can_not_be_is_refused(scene: Scene) -> None:
    an, channel = group(scene, "bo")
    refused: list[tuple[dict[str, Any], str]] = [
        ({"message_type": "image", "content": "x"}, "invalid"),
        ({"message_type": "system", "content": "x"}, "unsupported_media"),
        ({"content": ""}, "invalid"),
        ({"content": "x", "reply_to": f"{channel}.000000000001"}, "invalid"),
        ({"content": "x", "extra": {"$set": 1}}, "invalid"),
        ({"content": "x", "extra": {"a": "b" * 5_000}}, "too_large"),
    ]

    for body, code in refused:
        answer = an.call("POST", f"/channels/{channel}/messages", json={"client_message_id": code, **body})
        assert answer.json()["code"] == code
    assert an.channel(channel).last_seq == 1


def test_history_comes_in_pages_by_seq(scene: Scene) -> None:
    an, channel = group(scene, "bo")
    for number in range(2, 8):
        an.send_text(channel, f"message {number}")

    newest, older = an.history(channel, limit=3), an.history(channel, before=5, limit=3)
    newer, around = an.history(channel, after=2, limit=2), an.history(channel, around=4, limit=3)

    pages = [[entry.seq for entry in page.entries] for page in (newest, older, newer, around)]
    assert pages == [[5, 6, 7], [2, 3, 4], [3, 4], [3, 4, 5]]
    assert (newest.more_before, newest.more_after) == (True, False)
    assert (newer.from_seq, newer.to_seq, newer.more_after) == (3, 4, True)


def test_one_entry_around_a_seq_is_that_entry(scene: Scene) -> None:
    an, channel = group(scene, "bo")
    an.send_text(channel, "second")

    page = an.history(channel, around=2, limit=1)

    assert [entry.seq for entry in page.entries] == [2]
    assert (page.from_seq, page.to_seq, page.more_before, page.more_after) == (2, 2, True, False)


def test_a_page_beyond_the_end_does_not_cover_what_is_not_written_yet(scene: Scene) -> None:
    an, channel = group(scene, "bo")

    page = an.history(channel, around=900, limit=10)

    assert [entry.seq for entry in page.entries] == [1]
    assert page.to_seq == 1


def test_a_page_starts_at_one_place(scene: Scene) -> None:
    an, channel = group(scene, "bo")

    with pytest.raises(RefusedError, match=r"^invalid:"):
        an.history(channel, before=3, after=1)


@pytest.mark.parametrize("seq", ["000000000000", "000000000002", "999999999999"])
def test_an_entry_that_is_not_there_is_not_found(scene: Scene, seq: str) -> None:
    an, channel = group(scene, "bo")

    with pytest.raises(RefusedError, match=r"^not_found:"):
        an.get(f"/messages/{channel}.{seq}", Entry)


def test_what_is_sent_over_rest_and_socket_is_one_log(scene: Scene) -> None:
    an, channel = group(scene, "bo", "chen")
    bo = scene.connect(an.members(channel).members[1].user_id)
    chen = scene.connect(an.members(channel).members[2].user_id, gateway=1)

    an.send_text(channel, "from REST")
    bo.send_text(channel, "from the socket")
    an.send_text(channel, "from REST again")
    chen.wait_for_text("from REST again")

    scene.judge().raise_if_broken()
