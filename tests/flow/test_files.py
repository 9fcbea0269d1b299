"""Files in messages: who may send which, who may fetch them when, and what becomes of them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from imapp.services.files.collecting import FileCollector
from imapp.stores.blobs import CHUNK_BYTES, GridBlobs
from imapp.stores.files import FileStore
from imapp.stores.leases import LeaseStore
from schemas.frames import MessageEvent
from tests.support.raw import RawPeer
from tests.support.rest import RestClient
from tests.support.samples import PDF, image
from tests.support.scene import Scene
from tests.support.tokens import make_token
from tests.support.uploads import blob_of, bytes_kept, kept, refusal, send_file
from tests.support.waiting import eventually

LONG = PDF + bytes(range(256)) * 4_000
# What the kernel holds for a slow client at most, and what the gateway has read ahead for it.
LARGE = int(Path("/proc/sys/net/ipv4/tcp_wmem").read_text("ascii").split()[-1]) + 3_000_000
"""Bytes, more than what is on its way to a slow client at once."""


def group(scene: Scene, *others: str) -> tuple[RestClient, list[RestClient], str]:
    """An with a group of her and these people, all on REST; every other one on the other gateway."""
    an, *rest = scene.people("an", *others)
    client = scene.rest(an)
    clients = [scene.rest(user, gateway=(number + 1) % 2) for number, user in enumerate(rest)]
    return client, clients, client.create_group("Lunch", *rest).channel_id


def fetch(client: RestClient, file_id: str, path: str = "", **headers: str) -> Any:
    return client.call("GET", f"/files/{file_id}{path}", headers=headers)


def collect(scene: Scene) -> int:
    database = scene.cluster.database
    return FileCollector(LeaseStore(database), FileStore(database), GridBlobs(database)).collect_now()


def make_due(scene: Scene, file_id: str) -> None:
    """Its time is over, if it has one."""
    scene.cluster.database["files"].update_one(
        {"_id": file_id, "due": {"$exists": True}}, [{"$set": {"due": {"$subtract": ["$$NOW", 1_000]}}}]
    )


# ---- sending


def test_a_message_tells_what_the_server_knows_of_its_file(scene: Scene) -> None:
    an, (bo,), channel = group(scene, "bo")
    file_id = kept(an, image(), name="a.png", declared="image/png")

    sent = send_file(an, channel, file_id, kind="image")

    entry = sent.json()
    assert sent.status_code == 201, sent.text
    assert entry["message_type"] == "image"
    assert {**entry["extra"], "size": 0} == {
        "file_id": file_id,
        "name": "a.png",
        "media_type": "image/png",
        "size": 0,
        "width": 40,
        "height": 30,
    }
    assert fetch(bo, file_id).ok


def test_its_sender_is_answered_what_readers_are_told(scene: Scene) -> None:
    an, (bo,), channel = group(scene, "bo")
    here, there = scene.connect(an.user), scene.connect(bo.user)
    file_id = kept(an, name="年报.pdf")
    request: Any = {"channel_id": channel, "message_type": "file", "extra": {"file_id": file_id}}

    answers = [here.request("send", client_message_id="once", **request) for _ in range(2)]

    (heard,) = eventually(lambda: [event for event in there.events(MessageEvent) if event.extra])
    assert heard.extra["name"] == "年报.pdf"
    assert [answer.extra for answer in answers] == [heard.extra] * 2
    assert here.request("send", client_message_id="2", channel_id=channel, content="x").extra is None


def test_what_a_client_says_of_a_file_is_refused(scene: Scene) -> None:
    an, _, channel = group(scene, "bo")

    assert refusal(send_file(an, channel, kept(an), name="harmless.txt")) == "invalid"


def test_a_file_may_open_a_direct_chat(scene: Scene) -> None:
    an, bo = (scene.rest(user) for user in scene.people("an", "bo"))
    file_id = kept(an)

    sent = an.call(
        "POST",
        f"/users/{bo.user}/messages",
        json={"client_message_id": "1", "message_type": "file", "extra": {"file_id": file_id}},
    )

    assert sent.status_code == 201
    assert fetch(bo, file_id).content == PDF


def test_a_repeated_message_has_one_reference(scene: Scene) -> None:
    an, _, channel = group(scene, "bo")
    file_id = kept(an)
    body = {"client_message_id": "once", "message_type": "file", "extra": {"file_id": file_id}}

    answers = [an.call("POST", f"/channels/{channel}/messages", json=body) for _ in range(3)]

    assert {answer.content for answer in answers} == {answers[0].content}
    assert scene.cluster.database["files"].find_one({"_id": file_id})["references"] == 1  # type: ignore[index]


@pytest.mark.parametrize("whose", ["nobody", "bo", "a text as an image"])
def test_a_file_that_can_not_be_sent_is_not_found_and_stays_as_it_is(scene: Scene, whose: str) -> None:
    an, (bo,), channel = group(scene, "bo")
    theirs = kept(bo)
    named = {"nobody": "0" * 21, "bo": theirs, "a text as an image": kept(an)}[whose]

    refused = send_file(an, channel, named, kind="image" if "image" in whose else "file")

    assert refusal(refused) == "not_found"
    assert an.channel(channel).last_seq == 1
    assert fetch(bo, theirs).ok
    assert refusal(fetch(an, theirs)) == "not_found"


# ---- who may fetch it


def test_before_it_is_sent_a_file_is_its_owners_alone(scene: Scene) -> None:
    an, (bo,), _ = group(scene, "bo")
    file_id = kept(an, image(), name="a.png", declared="image/png")

    assert fetch(an, file_id).ok
    for path in ("", "/meta", "/url", "/thumbnails/small"):
        assert fetch(bo, file_id, path).json() | {"request_id": ""} == fetch(bo, "0" * 21, path).json() | {
            "request_id": ""
        }


def test_who_may_read_the_message_may_fetch_the_file(scene: Scene) -> None:
    an, (bo,), channel = group(scene, "bo")
    (chen,) = (scene.rest(user) for user in scene.people("chen"))
    first = kept(an)
    send_file(an, channel, first)
    an.add_members(channel, chen.user)
    an.remove_member(channel, bo.user)
    second = kept(an)
    send_file(an, channel, second)

    may = {
        who.user: [fetch(who, file_id).status_code for file_id in (first, second)] for who in (an, bo, chen)
    }

    assert may == {an.user: [200, 200], bo.user: [200, 404], chen.user: [404, 200]}


def test_one_message_of_many_is_enough(scene: Scene) -> None:
    an, (bo,), channel = group(scene, "bo")
    chen = scene.rest(scene.people("chen")[0])
    file_id = kept(an)
    send_file(an, channel, file_id)
    assert refusal(fetch(chen, file_id)) == "not_found"

    other = an.create_group("Dinner", chen.user).channel_id
    send_file(an, other, file_id)

    assert [fetch(who, file_id).status_code for who in (an, bo, chen)] == [200, 200, 200]


def test_with_the_recall_of_its_message_a_file_is_gone_for_everybody(scene: Scene) -> None:
    an, (bo,), channel = group(scene, "bo")
    file_id = kept(an, image(), name="a.png", declared="image/png")
    database = scene.cluster.database
    blob = blob_of(database, file_id)
    message_id = send_file(an, channel, file_id, kind="image").json()["message_id"]
    assert fetch(bo, file_id).ok
    assert bytes_kept(database, blob) == {blob, f"{blob}.small", f"{blob}.large"}

    recalled = an.call("POST", f"/messages/{message_id}/recall", json={"client_message_id": "oops"})

    assert recalled.ok, recalled.text
    assert [refusal(fetch(who, file_id)) for who in (an, bo)] == ["not_found", "not_found"]
    assert "file_id" not in an.call("GET", f"/messages/{message_id}").text
    collect(scene)
    eventually(lambda: database["files"].find_one({"_id": file_id}) is None)
    assert bytes_kept(database, blob) == set()


def test_a_forward_keeps_the_file_for_those_who_may_read_it(scene: Scene) -> None:
    an, (bo,), channel = group(scene, "bo")
    chen = scene.rest(scene.people("chen")[0])
    file_id = kept(an)
    message_id = send_file(an, channel, file_id).json()["message_id"]
    other = bo.create_group("Dinner", chen.user).channel_id

    forwarded = bo.call(
        "POST", f"/channels/{other}/messages", json={"client_message_id": "1", "forward_of": message_id}
    )
    an.call("POST", f"/messages/{message_id}/recall", json={"client_message_id": "oops"})
    collect(scene)

    assert forwarded.json()["extra"]["file_id"] == file_id, forwarded.text
    assert [fetch(who, file_id).status_code for who in (an, bo, chen)] == [404, 200, 200]


# ---- how it is fetched


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=0-", slice(0, None)),
        ("bytes=-5", slice(-5, None)),
        (f"bytes={CHUNK_BYTES - 1}-{CHUNK_BYTES}", slice(CHUNK_BYTES - 1, CHUNK_BYTES + 1)),
        (f"bytes={CHUNK_BYTES}-{2 * CHUNK_BYTES + 9}", slice(CHUNK_BYTES, 2 * CHUNK_BYTES + 10)),
        ("bytes=10-99999999", slice(10, None)),
    ],
)
def test_a_part_of_a_file_is_that_part(scene: Scene, wanted: str, part: slice) -> None:
    an = scene.rest(scene.people("an")[0])
    file_id = kept(an, LONG)

    answer = fetch(an, file_id, Range=wanted)

    assert (answer.status_code, answer.content) == (206, LONG[part])
    assert answer.headers["Content-Range"].endswith(f"/{len(LONG)}")


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=5-2", "bytes=-0", "lines=1-2", "bytes=0-1,4-5"])
def test_a_part_that_is_none_gives_no_other_bytes(scene: Scene, wanted: str) -> None:
    an = scene.rest(scene.people("an")[0])
    file_id = kept(an, LONG)

    answer = fetch(an, file_id, Range=wanted)

    assert answer.status_code == 416 or (answer.status_code, answer.content) == (200, LONG)


def test_who_has_a_file_is_not_sent_it_again(scene: Scene) -> None:
    an = scene.rest(scene.people("an")[0])
    file_id = kept(an)
    first = fetch(an, file_id)

    again = fetch(an, file_id, **{"If-None-Match": first.headers["ETag"]})
    other = fetch(an, file_id, **{"If-None-Match": '"another"'})
    stale = fetch(an, file_id, **{"Range": "bytes=0-1", "If-Range": '"another"'})

    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.content) == (200, PDF)
    assert (stale.status_code, stale.content) == (200, PDF)


def test_a_download_whose_file_goes_is_broken_off(scene: Scene) -> None:
    """Its length was promised, so nothing may come after what there is, and no less may count as all."""
    an = scene.rest(scene.people("an")[0])
    file_id = kept(an, PDF + bytes(LARGE))
    blobs, blob = GridBlobs(scene.cluster.database), blob_of(scene.cluster.database, file_id)
    head = f"HTTP/1.1\r\nHost: im\r\nAuthorization: Bearer {make_token(an.user)}\r\n\r\n"
    with RawPeer(an.url, receive_buffer=4_096) as peer:
        peer.send(f"GET /api/v1/files/{file_id} {head}GET /api/v1/me {head}".encode())
        peer.read_until(PDF)

        blobs.remove(blob)
        rest = peer.read_rest()

    assert b"HTTP/1.1" not in rest, "the connection went on as if that had been all"
    assert refusal(fetch(an, file_id)) == "busy", "not a 200 that then has nothing"


def test_only_the_headers_can_be_asked_for(scene: Scene) -> None:
    an = scene.rest(scene.people("an")[0])

    answer = an.call("HEAD", f"/files/{kept(an)}")

    assert (answer.status_code, answer.headers["Content-Length"], answer.content) == (200, str(len(PDF)), b"")


def test_a_browser_runs_nothing_of_a_file(scene: Scene) -> None:
    an = scene.rest(scene.people("an")[0])

    answer = fetch(an, kept(an, name='年报 "x".pdf'))

    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''%E5%B9%B4%E6%8A%A5%20%22x%22.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_an_image_is_shown_in_place_and_has_two_thumbnails(scene: Scene) -> None:
    an = scene.rest(scene.people("an")[0])
    file_id = kept(an, image(size=(2_000, 1_000)), name="a.png", declared="image/png")

    answers = [fetch(an, file_id, path) for path in ("", "/thumbnails/small", "/thumbnails/large")]

    assert [answer.headers["Content-Type"] for answer in answers] == ["image/png", "image/webp", "image/webp"]
    assert all(answer.headers["Content-Disposition"].startswith("inline") for answer in answers)
    assert len({answer.headers["ETag"] for answer in answers}) == 3
    assert fetch(an, file_id, "/thumbnails/huge").status_code == 404
    assert refusal(fetch(an, kept(an), "/thumbnails/small")) == "not_found"


# ---- collecting


@pytest.mark.limit("file that no message and no picture refers to")
def test_a_file_that_was_never_sent_is_removed_when_its_time_is_over(scene: Scene) -> None:
    an = scene.rest(scene.people("an")[0])
    early, late = kept(an, LONG), kept(an)
    database = scene.cluster.database
    blob = blob_of(database, early)
    assert bytes_kept(database, blob) == {blob}
    make_due(scene, early)

    collect(scene)

    assert (fetch(an, early).status_code, fetch(an, late).status_code) == (404, 200)
    eventually(lambda: database["files"].find_one({"_id": early}) is None)
    assert bytes_kept(database, blob) == set()


def test_a_file_that_is_sent_has_no_end(scene: Scene) -> None:
    an, _, channel = group(scene, "bo")
    file_id = kept(an)
    send_file(an, channel, file_id)
    make_due(scene, file_id)

    collect(scene)

    assert fetch(an, file_id).ok


def test_a_file_that_is_being_removed_can_not_be_sent(scene: Scene) -> None:
    an, _, channel = group(scene, "bo")
    file_id = kept(an)
    scene.cluster.database["files"].update_one({"_id": file_id}, {"$set": {"state": "removing"}})

    assert refusal(send_file(an, channel, file_id)) == "not_found"
    assert an.channel(channel).last_seq == 1


def test_who_sends_a_file_while_it_is_collected_has_it_whole_or_not_at_all(scene: Scene) -> None:
    an, (bo,), channel = group(scene, "bo")
    database = scene.cluster.database
    with ThreadPoolExecutor(1) as beside:
        for _ in range(10):
            file_id = kept(an)
            blob = blob_of(database, file_id)
            make_due(scene, file_id)

            collecting = beside.submit(collect, scene)
            sent = send_file(an, channel, file_id)
            collecting.result()

            assert sent.ok or refusal(sent) == "not_found"
            assert (
                fetch(bo, file_id).content == PDF if sent.ok else refusal(fetch(an, file_id)) == "not_found"
            )
            assert sent.ok or eventually(lambda blob=blob: not bytes_kept(database, blob))  # type: ignore[misc]
