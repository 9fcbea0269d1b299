"""A hello that fails leaves nothing behind."""

import json
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.chatter import direct_channel
from tests.support.contract import CheckedConnection
from tests.support.link import socket_url
from tests.support.scene import Scene
from tests.support.tokens import make_token


def say(socket: ClientConnection, **frame: Any) -> Any:
    socket.send(json.dumps({"id": "1", **frame}))
    return json.loads(socket.recv(timeout=10))


def test_a_connection_hears_nothing_of_the_person_whose_hello_failed_on_it(scene: Scene) -> None:
    an, bo, eva = scene.people("an", "bo", "eva")
    an_elsewhere, bo_here = scene.connect(an), scene.connect(bo)
    channel = direct_channel(bo_here, an)
    url = socket_url(scene.cluster.gateway_urls[0])
    with connect(url, create_connection=CheckedConnection) as socket:
        failed = say(socket, type="hello", token=make_token(an), cursor="not a cursor")
        assert failed["code"] == "invalid"
        assert say(socket, type="hello", token=make_token(eva))["user"] == eva

        bo_here.send_text(channel, "for an alone")
        an_elsewhere.wait_for_text("for an alone")

        assert say(socket, type="ping")["type"] == "pong"
