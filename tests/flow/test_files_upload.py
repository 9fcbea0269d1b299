"""Sending files up: what is taken, what is refused, and that nothing of the refused is left."""

import hashlib
import select
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from imapp.services.files.keeping import MAX_AT_ONCE_OF_ONE
from tests.conftest import ClusterFactory
from tests.support.cluster import Cluster
from tests.support.processes import ManagedProcess
from tests.support.rest import RestClient
from tests.support.samples import HTML, PDF, SVG, bomb, image, photo
from tests.support.scene import Scene
from tests.support.tokens import make_token
from tests.support.uploads import bytes_kept, kept, orphans, refusal, upload
from tests.support.waiting import eventually

MB: Final = 1_000_000


def person(scene: Scene) -> RestClient:
    return scene.rest(scene.people("an")[0])


def stored_of(cluster: Cluster, user: str) -> list[dict[str, Any]]:
    return [*cluster.database["files"].find({"owner": user})]


def peak_memory(process: ManagedProcess) -> int:
    """The most bytes that a process has ever held."""
    status = [Path(f"/proc/{each.pid}/status").read_text(encoding="ascii") for each in process.tree()]
    return max(int(text.partition("VmHWM:")[2].split()[0]) * 1_024 for text in status)


def test_a_file_is_kept_as_it_was_sent(scene: Scene) -> None:
    an = person(scene)
    data = PDF + bytes(range(256)) * 3_000

    file = upload(an, data, name="年报 2026.pdf").json()

    assert (file["name"], file["media_type"], file["size"]) == ("年报 2026.pdf", "application/pdf", len(data))
    assert file["sha256"] == hashlib.sha256(data).hexdigest()
    assert an.call("GET", f"/files/{file['file_id']}").content == data
    assert an.call("GET", f"/files/{file['file_id']}/meta").json() == file


def test_an_image_is_measured_and_loses_what_is_not_seen(scene: Scene) -> None:
    an = person(scene)

    file = upload(an, photo(), name="lunch.jpg", declared="image/jpeg").json()
    fetched = an.call("GET", f"/files/{file['file_id']}").content

    assert (file["width"], file["height"]) == (30, 40)
    assert (len(fetched), hashlib.sha256(fetched).hexdigest()) == (file["size"], file["sha256"])
    assert b"Secret" not in fetched


def test_a_repeat_is_the_same_file_and_other_bytes_are_a_conflict(scene: Scene) -> None:
    an = person(scene)

    first, again = upload(an, client_id="once"), upload(an, client_id="once")
    other = upload(an, PDF + b"more", client_id="once")

    assert first.content == again.content
    assert refusal(other) == "conflict"
    assert len(stored_of(scene.cluster, an.user)) == 1


def test_of_equal_uploads_at_once_one_is_kept(scene: Scene) -> None:
    """The others are told to wait, or are answered with it."""
    (user,) = scene.people("an")
    clients = [scene.rest(user, gateway=number % 2) for number in range(MAX_AT_ONCE_OF_ONE)]
    data = PDF + bytes(MB)

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = [*pool.map(lambda client: upload(client, data, client_id="once"), clients)]

    assert {answer.status_code for answer in answers} <= {201, 503}
    assert {answer.content for answer in answers if answer.ok} == {
        upload(clients[0], data, client_id="once").content
    }
    (record,) = stored_of(scene.cluster, user)
    assert bytes_kept(scene.cluster.database, record["blob"]) == {record["blob"]}
    assert orphans(scene.cluster.database) == set()


@pytest.mark.parametrize(
    ("name", "declared", "data", "code"),
    [
        ("a.svg", "image/svg+xml", SVG, "unsupported_media"),
        ("a.png", "image/png", SVG, "unsupported_media"),
        ("a.html", "text/html", HTML, "unsupported_media"),
        ("a.txt", "text/plain", HTML, "unsupported_media"),
        ("a.pdf.exe", "application/pdf", PDF, "unsupported_media"),
        ("a.pdf", "image/png", PDF, "unsupported_media"),
        ("a.png", "image/png", bomb(), "unsupported_media"),
        ("a.png", "image/png", image(size=(300, 300))[:200], "unsupported_media"),
        ("a.pdf", "application/pdf", b"", "invalid"),
        ("龍" * 1_400 + ".pdf", "application/pdf", PDF, "invalid"),
    ],
)
def test_what_is_not_taken_leaves_nothing(
    scene: Scene, *, name: str, declared: str, data: bytes, code: str
) -> None:
    an = person(scene)

    refused = upload(an, data, name=name, declared=declared)

    assert refusal(refused) == code
    assert stored_of(scene.cluster, an.user) == []
    assert orphans(scene.cluster.database) == set()


@pytest.mark.parametrize("name", ["../../../etc/cron.d/evil.pdf", "/evil.pdf"])
def test_a_path_is_no_name(scene: Scene, name: str) -> None:
    assert upload(person(scene), name=name).json()["name"] == "evil.pdf"


def test_a_nul_in_a_name_is_refused(scene: Scene) -> None:
    an = person(scene)
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a\0.pdf"\r\n\r\n'
        + PDF
        + b"\r\n--b--\r\n"
    )

    answer = _post(an, form)

    assert refusal(answer) == "invalid"
    assert stored_of(scene.cluster, an.user) == []


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{}", "application/json", "unsupported_media"),
        (b"", "multipart/form-data", "invalid"),
        (b"nothing", "multipart/form-data; boundary=b", "invalid"),
        (b"--b--\r\n", "multipart/form-data; boundary=b", "invalid"),
        (b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n', None, "invalid"),
        (
            b'--b\r\nContent-Disposition: form-data; name="x"; filename="a.pdf"\r\n\r\n%PDF\r\n--b--\r\n',
            None,
            "invalid",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1',
            None,
            "invalid",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1\r\n' * 2
            + b"--b--\r\n",
            None,
            "invalid",
        ),
    ],
)
def test_a_body_that_is_no_form_with_one_file_is_refused(
    scene: Scene, body: bytes, content_type: str | None, code: str
) -> None:
    an = person(scene)

    answer = _post(an, body, content_type or "multipart/form-data; boundary=b")

    assert refusal(answer) == code
    assert stored_of(scene.cluster, an.user) == []


def test_an_upload_that_is_cut_off_leaves_nothing(scene: Scene) -> None:
    an = person(scene)
    place = urlsplit(an.url)
    head = (
        f"POST /api/v1/files?client_message_id=cut HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {make_token(an.user)}\r\nContent-Length: 1000000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    )
    with socket.create_connection((place.hostname, place.port), timeout=10) as peer:
        peer.sendall(head.encode() + PDF + b"x" * 100_000)

    # The next one with the same id is served, so the first has let go of everything.
    eventually(lambda: upload(an, client_id="cut").status_code == 201)
    assert [row["size"] for row in stored_of(scene.cluster, an.user)] == [len(PDF)]
    assert orphans(scene.cluster.database) == set()


def test_a_stranger_does_not_even_begin_to_upload(scene: Scene) -> None:
    nobody = scene.rest(scene.people("an")[0])
    del nobody.session.headers["Authorization"]

    assert refusal(upload(nobody)) == "unauthorized"


@pytest.mark.limit("file")
@pytest.mark.limit("files of a person")
def test_a_file_and_all_of_a_person_have_a_limit(own_cluster: ClusterFactory) -> None:
    limits = {"IM_MAX_FILE_MB": "2", "IM_MAX_FILES_MB_OF_USER": "3"}
    cluster = own_cluster(gateways=1, writers=1, shards=1, environment=limits)
    with Scene(cluster) as scene:
        an, bo = (scene.rest(user) for user in scene.people("an", "bo"))

        largest = PDF + b"x" * (2 * MB - len(PDF))
        refused = upload(an, largest + b"x"), _post(an, _in_pieces(largest + bytes(MB)))
        first = kept(an, largest)
        too_much = upload(an, largest)

        assert [(refusal(answer), answer.status_code) for answer in refused] == [("too_large", 413)] * 2
        assert refusal(too_much) == "quota_exceeded"
        assert [row["_id"] for row in stored_of(cluster, an.user)] == [first]
        assert kept(bo, largest)
        assert an.call("POST", "/channels", data=b"x" * 70_000, headers=_JSON).status_code == 413


def test_many_large_uploads_at_once_are_not_held_in_memory(own_cluster: ClusterFactory) -> None:
    cluster = own_cluster(gateways=1, writers=1, shards=1)
    gateway = cluster.processes["gateway-0"]
    with Scene(cluster) as scene:
        people = [scene.rest(user) for user in scene.people("an", "bo", "chen")]
        kept(people[0])
        before = peak_memory(gateway)

        with ThreadPoolExecutor(3) as pool:
            ids = [*pool.map(lambda client: kept(client, PDF + bytes(40 * MB)), people)]

        assert peak_memory(gateway) - before < 40 * MB
        fetched = people[0].call("GET", f"/files/{ids[0]}", stream=True)
        assert sum(len(piece) for piece in fetched.iter_content(MB)) == len(PDF) + 40 * MB
        assert peak_memory(gateway) - before < 60 * MB


@pytest.mark.limit("uploads of a person under way")
def test_who_sends_up_too_many_at_once_is_told_to_wait(scene: Scene) -> None:
    an = person(scene)
    place = urlsplit(an.url)
    head = (
        "POST /api/v1/files?client_message_id={} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {make_token(an.user)}\r\nContent-Length: 1000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
    )
    peers = [
        socket.create_connection((place.hostname, place.port), timeout=10)
        for _ in range(2 * MAX_AT_ONCE_OF_ONE)
    ]
    try:
        for number, peer in enumerate(peers):
            peer.sendall(head.format(number).encode())
        # Who got through is not answered before his body has come, the others at once.
        eventually(lambda: len(_answered(peers)) == MAX_AT_ONCE_OF_ONE)
        assert all(peer.recv(4096).startswith(b"HTTP/1.1 503") for peer in _answered(peers))
        assert refusal(upload(an)) == "busy"
    finally:
        for peer in peers:
            peer.close()

    eventually(lambda: upload(an).status_code == 201)


def _answered(peers: list[socket.socket]) -> list[socket.socket]:
    return select.select(peers, [], [], 0)[0]


_JSON: Final = {"Content-Type": "application/json"}


def _in_pieces(data: bytes) -> Iterator[bytes]:
    """A form that does not say how long it is."""
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    yield data
    yield b"\r\n--b--\r\n"


def _post(
    client: RestClient, body: bytes | Iterator[bytes], content_type: str = "multipart/form-data; boundary=b"
) -> Any:
    return client.call(
        "POST", "/files", params={"client_message_id": "1"}, data=body, headers={"Content-Type": content_type}
    )
