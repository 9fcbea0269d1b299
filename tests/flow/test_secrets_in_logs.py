"""No log of any process holds a token, however it came, and whatever went wrong with it."""

import contextlib
import secrets
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

import pytest
import requests
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect as open_socket

from tests.support.client import Client
from tests.support.link import DisconnectedError, RefusedError, socket_url
from tests.support.scene import Scene
from tests.support.secrets import leaked, leaked_in
from tests.support.tokens import make_token
from tests.support.waiting import PATIENCE_S


def send_raw(url: str, request: bytes) -> None:
    """Bytes as they are, and wait for the server to hang up or answer."""
    address = urlsplit(url)
    with contextlib.suppress(OSError), socket.create_connection((address.hostname, address.port), 5) as sock:
        sock.settimeout(5)
        sock.sendall(request)
        sock.recv(65_536)


def malformed(token: str) -> Iterable[bytes]:
    """Requests that gunicorn refuses itself, each with a token where it may be quoted from."""
    secret = token.encode()
    yield b"GET /ws?token=" + secret + b" HTTP/9.9\r\n\r\n"
    yield b"GET /ws?token=" + secret + b"\r\n\r\n"
    yield b"GET /ws?token=" + secret + b" extra words HTTP/1.1\r\n\r\n"
    yield b"G=T /ws?token=" + secret + b" HTTP/1.1\r\n\r\n"
    yield b"GET /ws HTTP/1.1\r\nAuthorization Bearer " + secret + b"\r\n\r\n"
    yield b"GET /ws HTTP/1.1\r\n" + secret + b" : x\r\n\r\n"
    yield b"GET /ws HTTP/1.1\r\nAuthorization: Bearer " + secret + b"\0\r\n\r\n"
    yield b"GET /ws HTTP/1.1\r\nHost: x\r\nExpect: " + secret + b"\r\n\r\n"
    yield b"GET /ws HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + secret + b"\r\n\r\n"
    yield b"POST /api/v1/channels HTTP/1.1\r\nHost: x\r\nContent-Length: " + secret + b"\r\n\r\n"
    yield b"GET /ws HTTP/1.1\r\nHost: x\r\nSCRIPT_NAME: /" + secret + b"\r\n\r\n"


def test_no_log_holds_a_token_however_it_came(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    cluster, url = scene.cluster, scene.cluster.gateway_urls[0]
    good, odd = make_token(an), make_token(an, exp="1e999", jti=secrets.token_hex(8))
    scene.connect(an, additional_headers={"Authorization": f"Bearer {good}"}).send_text(None, "hi", to=bo)
    for token in (good, odd, good[:-3], f"{good}.{good}"):
        for target in ("/api/v1/me", f"/api/v1/me?token={token}", f"/{token}", f"/ws?access_token={token}"):
            for headers in ({}, {"Authorization": f"Bearer {token}"}, {"Authorization": token}):
                requests.get(url + target, headers=headers, timeout=PATIENCE_S)
        with pytest.raises(WebSocketException):
            open_socket(f"{socket_url(url)}?token={token}")
        for request in malformed(token):
            send_raw(url, request)
        with contextlib.suppress(RefusedError, DisconnectedError):
            Client.connect(url, token, cursor=token).close()

    assert requests.get(f"{url}/api/v1/health/live", timeout=PATIENCE_S).ok
    leaks = leaked_in(cluster.folder)
    assert leaks == [], "\n".join(leaks)


def test_the_search_finds_what_it_looks_for() -> None:
    token = make_token("an")

    assert list(leaked(f"fine\nGET /ws?token={token}\nfine".encode())) == [f"GET /ws?token={token}"]
