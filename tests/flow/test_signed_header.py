"""An API gateway vouches for people, over real HTTP: there headers are joined, dropped and decoded."""

import os
import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import requests
from websockets.exceptions import InvalidStatus

from devstack.services import Stack
from schemas.frames import CloseCode
from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.people import make_users
from tests.support.scene import Scene
from tests.support.signing import GATEWAY_KEY, OLD_GATEWAY_KEY, signed_headers
from tests.support.tokens import JWT_KEY, make_token
from tests.support.waiting import PATIENCE_S

ME: Final = "/api/v1/me"
SESSION_S: Final = 4


@pytest.fixture(scope="module")
def trusting(stack: Stack) -> Iterator[Cluster]:
    """Two gateways that believe one API gateway, which is just changing its key."""
    environment = {
        "IM_AUTH": "gateway-header",
        "IM_GATEWAY_KEY": GATEWAY_KEY,
        "IM_GATEWAY_KEY_PREVIOUS": OLD_GATEWAY_KEY,
        "IM_GATEWAY_SESSION_S": str(SESSION_S),
        "IM_JWT_KEY": JWT_KEY,
    }
    one_of_each: dict[str, Any] = {"gateways": 2, "writers": 1, "shards": 1}
    namespace = f"signed{os.getpid()}"
    with Cluster(
        stack.mongo_url, stack.amqp_url, namespace, environment=environment, **one_of_each
    ) as trusting:
        make_users(trusting.database, "an", "bo")
        yield trusting


def get(cluster: Cluster, target: str, headers: dict[str, str], *, gateway: int = 0) -> requests.Response:
    return requests.get(cluster.gateway_urls[gateway] + target, headers=headers, timeout=PATIENCE_S)


def status_of(cluster: Cluster, lines: Iterable[tuple[str, bytes | str]], target: str = ME) -> int:
    """The status of a GET whose header lines are sent byte by byte as given."""
    url = urlsplit(cluster.gateway_urls[0])
    request = f"GET {target} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n".encode()
    for name, value in lines:
        request += name.encode() + b": " + (value.encode() if isinstance(value, str) else value) + b"\r\n"
    with socket.create_connection((url.hostname, url.port), timeout=PATIENCE_S) as sock:
        sock.sendall(request + b"\r\n")
        answer = b""
        while b"\r\n" not in answer:
            received = sock.recv(4_096)
            assert received, "closed without an answer"
            answer += received
    return int(answer.split()[1])


def connect(cluster: Cluster, user: str = "an", **hello: Any) -> Client:
    url = cluster.gateway_urls[0]
    return Client.connect(
        url, hello.pop("token", None), additional_headers=signed_headers(user, "/ws"), **hello
    )


# ---- administrators


AUDIT = "/api/v1/admin/audit"


def test_a_signed_role_makes_an_administrator(trusting: Cluster) -> None:
    assert get(trusting, AUDIT, signed_headers("an", AUDIT, roles="auditor admin")).status_code == 200
    assert get(trusting, AUDIT, signed_headers("an", AUDIT, roles="auditor")).status_code == 403
    assert get(trusting, AUDIT, signed_headers("an", AUDIT)).status_code == 403


@pytest.mark.parametrize(
    "more",
    [
        [("X-Imapp-Roles", "admin")],
        [("x-imapp-roles", "admin")],
        [("X-Imapp-Roles", "")],
        [("X-Imapp-Roles", "auditor"), ("X-Imapp-Roles", "admin")],
    ],
)
def test_a_role_that_is_added_on_the_way_is_refused(trusting: Cluster, more: list[tuple[str, str]]) -> None:
    assert status_of(trusting, [*signed_headers("an", AUDIT).items(), *more], AUDIT) == 401


@pytest.mark.parametrize("name", ["X_Imapp_Roles", "X-Imapp_Roles", "HTTP_X_IMAPP_ROLES", "X-Imapp-Role"])
def test_a_header_that_looks_like_it_is_not_known(trusting: Cluster, name: str) -> None:
    assert status_of(trusting, [*signed_headers("an", AUDIT).items(), (name, "admin")], AUDIT) == 403


# ---- REST


def test_a_signed_request_is_answered_for_whom_it_names(trusting: Cluster) -> None:
    target = "/api/v1/users?name=A&limit=10"

    assert get(trusting, ME, signed_headers("bo", ME)).json()["user_id"] == "bo"
    assert get(trusting, target, signed_headers("an", target)).status_code == 200


def test_the_key_before_this_one_still_counts_and_no_other(trusting: Cluster) -> None:
    assert get(trusting, ME, signed_headers("an", ME, key=OLD_GATEWAY_KEY)).status_code == 200
    assert get(trusting, ME, signed_headers("an", ME, key=JWT_KEY)).status_code == 401


def test_a_signature_is_for_this_method_path_and_query(trusting: Cluster) -> None:
    signed = signed_headers("an", "/api/v1/%6De")
    assert status_of(trusting, list(signed.items()), "/api/v1/%6De") == 200, "signed as it is sent"
    for headers, target in [
        (signed_headers("an", ME, method="POST"), ME),
        (signed_headers("an", "/api/v1/users"), ME),
        (signed_headers("an", "/api/v1/users?limit=10"), "/api/v1/users?limit=11"),
        (signed_headers("an", "/api/v1/me"), "/api/v1/%6De"),
    ]:
        assert status_of(trusting, list(headers.items()), target) == 401, target


def test_a_request_is_good_once_on_all_gateways_together(trusting: Cluster) -> None:
    headers = signed_headers("an", ME)

    assert get(trusting, ME, headers).status_code == 200
    assert [get(trusting, ME, headers, gateway=number).status_code for number in (0, 1, 0)] == [401] * 3


@pytest.mark.parametrize("off", [-120, 120])
def test_a_stale_request_is_refused(trusting: Cluster, off: float) -> None:

    assert get(trusting, ME, signed_headers("an", ME, at=time.time() + off)).status_code == 401


@pytest.mark.parametrize("name", ["X-Imapp-User", "X-Imapp-Timestamp", "X-Imapp-Nonce", "X-Imapp-Signature"])
def test_a_header_comes_exactly_once_and_in_its_form(trusting: Cluster, name: str) -> None:
    def lines(*replaced: tuple[str, bytes | str]) -> list[tuple[str, bytes | str]]:
        others = [(key, value) for key, value in signed_headers("an", ME).items() if key != name]
        return [*others, *replaced]

    value = signed_headers("an", ME)[name]
    whole = signed_headers("an", ME)
    assert status_of(trusting, list(whole.items())) == 200, "the way of sending is right"
    variants: dict[str, list[tuple[str, bytes | str]]] = {
        "missing": lines(),
        "empty": lines((name, "")),
        "doubled": lines((name, value), (name, value)),
        "doubled by another": lines((name, value), (name, "bo")),
        "doubled in another case": lines((name, value), (name.lower(), value)),
        "joined": lines((name, f"{value},{value}")),
        "joined with a blank": lines((name, f"{value}, bo")),
        "underscores": lines((name.replace("-", "_"), value)),
        "one underscore": lines((name.replace("-", "_", 1), value)),
        "not ASCII": lines((name, value.encode() + b"\xc3\xa9")),
        "not UTF-8": lines((name, value.encode() + b"\xe9")),
    }

    answers = {variant: status_of(trusting, sent) for variant, sent in variants.items()}

    assert answers == dict.fromkeys(variants, 401)


def test_a_header_with_underscores_is_never_taken_for_the_one_that_is_signed(trusting: Cluster) -> None:
    headers = signed_headers("an", ME)

    both = get(trusting, ME, {**headers, "X_Imapp_User": "bo"})

    assert both.json().get("user_id") == "an"


@pytest.mark.parametrize("value", [b"an\0", b"an\rX: y", b"an\n X", b"an\x0b"])
def test_bytes_that_no_header_may_hold_end_the_request(trusting: Cluster, value: bytes) -> None:
    others = [(name, text) for name, text in signed_headers("an", ME).items() if name != "X-Imapp-User"]

    assert status_of(trusting, [*others, ("X-Imapp-User", value)]) in {400, 401}


def test_nobody_moves_the_path_that_was_signed(trusting: Cluster) -> None:
    target = f"/prefix{ME}"
    moved = {"SCRIPT_NAME": "/prefix", "Script-Name": "/prefix", "X-Forwarded-Prefix": "/prefix"}

    assert get(trusting, target, {**signed_headers("an", target), **moved}).status_code == 404


def test_a_token_proves_nothing_in_this_mode(trusting: Cluster) -> None:
    assert get(trusting, ME, {"Authorization": f"Bearer {make_token('an')}"}).status_code == 401


def test_while_nonces_cant_be_stored_nobody_gets_in(trusting: Cluster) -> None:
    database = trusting.database
    try:
        database.command("collMod", "nonces", validator={"nothing fits": {"$exists": True}})
        refused = get(trusting, ME, signed_headers("an", ME))
    finally:
        database.command("collMod", "nonces", validator={})

    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert get(trusting, ME, signed_headers("an", ME)).status_code == 200


def test_nonces_are_forgotten_long_after_they_could_be_used_again(trusting: Cluster) -> None:
    age = trusting.database["nonces"].index_information()["age"]

    assert age["key"] == [("at", 1)]
    assert age["expireAfterSeconds"] >= 4 * 60


# ---- WebSocket


def test_a_signed_handshake_needs_no_token(trusting: Cluster) -> None:
    with connect(trusting) as client:
        assert client.hello.user == "an"


def test_a_token_in_the_hello_makes_nobody_else_of_him(trusting: Cluster) -> None:
    with connect(trusting, token=make_token("bo")) as client:
        assert client.hello.user == "an"


def test_a_handshake_that_is_not_signed_opens_no_socket(trusting: Cluster) -> None:
    used = signed_headers("an", "/ws")
    Client(trusting.gateway_urls[0], recorder=None, reader=None, additional_headers=used).close()
    for headers in ({}, used, signed_headers("an", "/"), {"Authorization": f"Bearer {make_token('an')}"}):
        with pytest.raises(InvalidStatus) as refused:
            Client(trusting.gateway_urls[0], recorder=None, reader=None, additional_headers=headers)
        assert refused.value.response.status_code == 401


def test_a_session_ends_in_time_and_no_hello_prolongs_it(trusting: Cluster) -> None:
    with connect(trusting) as client:
        while client.is_open:
            try:
                client.request("hello", token=make_token("an"))
            except Exception:  # noqa: BLE001  # closed at whatever moment
                break

        assert client.wait_closed() == CloseCode.UNAUTHORIZED
    with connect(trusting) as again:
        assert again.hello.user == "an"


def test_who_is_disabled_is_cut_in_this_mode_too(trusting: Cluster) -> None:
    make_users(trusting.database, "chen")
    with connect(trusting, "chen") as client:
        trusting.database["users"].update_one({"_id": "chen"}, {"$set": {"status": "disabled"}})

        assert client.wait_closed() == CloseCode.KICKED


# ---- the other mode


def test_where_tokens_count_signed_headers_do_not(scene: Scene) -> None:
    (an,) = scene.people("an")
    for key in (GATEWAY_KEY, JWT_KEY):
        assert get(scene.cluster, ME, signed_headers(an, ME, key=key)).status_code == 401
