"""A socket becomes somebody's connection: who may come in, how long it stays his, and how it ends."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect as open_socket
from websockets.uri import parse_uri

from devstack.services import Stack
from schemas import frames
from schemas.common import PROTOCOL_VERSION
from schemas.frames import CloseCode
from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.link import RefusedError, socket_url
from tests.support.people import make_users
from tests.support.scene import Scene
from tests.support.tokens import AUDIENCE, make_token
from tests.support.waiting import PATIENCE_S

OUR_PAGE: Final = "https://im.example"
HELLO_TIMEOUT_S: Final = 1.0
SILENCE_S: Final = 3

Knock = Callable[..., Client]


@pytest.fixture(scope="module")
def impatient(stack: Stack) -> Iterator[Cluster]:
    """A small system that waits for nobody, with one page that browsers may come from."""
    environment = {
        "IM_HELLO_TIMEOUT_S": str(HELLO_TIMEOUT_S),
        "IM_HEARTBEAT_S": "1",
        "IM_SILENCE_S": str(SILENCE_S),
        "IM_ALLOWED_ORIGINS": f"{OUR_PAGE},https://other.example",
    }
    one_of_each: dict[str, Any] = {"gateways": 1, "writers": 1, "shards": 1}
    namespace = f"hello{os.getpid()}"
    with Cluster(
        stack.mongo_url, stack.amqp_url, namespace, environment=environment, **one_of_each
    ) as cluster:
        make_users(cluster.database, "an", "bo")
        yield cluster


@pytest.fixture
def knock() -> Iterator[Knock]:
    """Opens sockets to a cluster's first gateway, on which nobody has said hello yet."""
    with ExitStack() as keep:

        def open_one(cluster: Cluster, **options: Any) -> Client:
            client = Client(cluster.gateway_urls[0], recorder=None, reader=None, **options)
            client._link.read_on()
            return keep.enter_context(client)

        yield open_one


class DeafDevice:
    """A device that reads what comes and never answers, not even a ping."""

    def __init__(self, url: str, token: str) -> None:
        uri = parse_uri(socket_url(url))
        self._protocol = ClientProtocol(uri, max_size=None)
        self._socket = socket.create_connection((uri.host, uri.port), timeout=PATIENCE_S)
        self._protocol.send_request(self._protocol.connect())
        self._send()
        self._protocol.receive_data(self._socket.recv(65_536))
        self._protocol.send_text(b'{"type":"hello","id":"1","token":"%s"}' % token.encode())
        self._send()

    def hear_to_the_end(self) -> list[Frame]:
        """All frames until the system ends the connection."""
        heard = self._frames()
        while data := self._socket.recv(65_536):
            self._protocol.receive_data(data)
            heard += self._frames()
        self._socket.close()
        return heard

    def _frames(self) -> list[Frame]:
        return [event for event in self._protocol.events_received() if isinstance(event, Frame)]

    def _send(self) -> None:
        for data in self._protocol.data_to_send():
            self._socket.sendall(data)


def unsigned_token(user: str) -> str:
    return jwt.encode({"sub": user, "aud": AUDIENCE, "exp": 2**33}, "", algorithm="none")


# ---- who is it


def test_a_token_in_the_hello_says_who_i_am(scene: Scene) -> None:
    (an,) = scene.people("an")

    hello = scene.connect(an).hello

    assert hello.user == an
    assert hello.protocol == PROTOCOL_VERSION
    assert hello.limits["frame_bytes"] == 65_536
    assert hello.limits["text_chars"] == 5_000
    assert hello.epoch
    assert hello.server_time.endswith("Z")


def test_a_token_in_the_header_says_who_i_am(scene: Scene) -> None:
    (an,) = scene.people("an")
    header = {"Authorization": f"Bearer {make_token(an)}"}

    with Client.connect(scene.cluster.gateway_urls[0], None, additional_headers=header) as client:
        assert client.hello.user == an


def test_the_token_in_the_frame_counts_more_than_the_one_in_the_header(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    header = {"Authorization": f"Bearer {make_token(bo)}"}

    assert scene.connect(an, additional_headers=header).hello.user == an


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(lambda _: None, id="none"),
        pytest.param(lambda _: "not.a.token", id="garbage"),
        pytest.param(lambda an: make_token(an, key="some other key of 32 characters or more"), id="key"),
        pytest.param(lambda an: make_token(an, aud="another-product"), id="audience"),
        pytest.param(lambda an: make_token(an, expires_in_s=-60), id="expired"),
        pytest.param(lambda an: make_token(an, exp=None), id="no-expiry"),
        pytest.param(lambda an: make_token(an, nbf=2**33), id="not-yet"),
        pytest.param(unsigned_token, id="unsigned"),
        pytest.param(lambda _: make_token("nobody"), id="unknown-person"),
        pytest.param(lambda _: make_token("system"), id="system"),
        pytest.param(lambda _: make_token("an", sub={"$ne": None}), id="operator-as-subject"),
    ],
)
def test_a_token_that_proves_nothing_is_refused_and_the_socket_closed(
    scene: Scene, knock: Knock, bad: Callable[[str], str | None]
) -> None:
    (an,) = scene.people("an")
    client = knock(scene.cluster)
    token = bad(an)

    refused = client.post("hello", **({"token": token} if token else {})).exception(PATIENCE_S)

    assert isinstance(refused, RefusedError)
    assert refused.code == "unauthorized"
    assert client.wait_closed() == CloseCode.UNAUTHORIZED


def test_a_disabled_person_is_refused(scene: Scene, knock: Knock) -> None:
    (an,) = scene.people("an")
    scene.cluster.database["users"].update_one({"_id": an}, {"$set": {"status": "disabled"}})
    client = knock(scene.cluster)

    with pytest.raises(RefusedError, match="unauthorized:"):
        client.request("hello", token=make_token(an))

    assert client.wait_closed() == CloseCode.UNAUTHORIZED


@pytest.mark.parametrize("name", ["token", "access_token", "anything"])
def test_no_socket_is_opened_for_an_address_that_holds_a_token(scene: Scene, name: str) -> None:
    (an,) = scene.people("an")
    url = urlsplit(socket_url(scene.cluster.gateway_urls[0]))

    with pytest.raises(InvalidStatus) as refused:
        open_socket(url._replace(query=f"{name}={make_token(an)}").geturl())

    assert refused.value.response.status_code == 422


def test_nothing_is_done_for_somebody_who_has_not_said_hello(scene: Scene, knock: Knock) -> None:
    (bo,) = scene.people("bo")
    client = knock(scene.cluster)

    with pytest.raises(RefusedError, match="unauthorized:"):
        client.request("send", client_message_id="1", to=bo, content="hi")

    assert client.request("hello", token=make_token(bo)).user == bo  # he may still do so


def test_another_protocol_version_is_closed_with_its_own_code(scene: Scene, knock: Knock) -> None:
    (an,) = scene.people("an")
    client = knock(scene.cluster)

    client.post("hello", token=make_token(an), protocol=PROTOCOL_VERSION + 1)

    assert client.wait_closed() == CloseCode.PROTOCOL_VERSION


def test_the_devices_of_a_person_are_connections_of_their_own(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    phone, laptop = scene.connect(an), scene.connect(an)
    assert phone.hello.connection != laptop.hello.connection

    phone.close()
    scene.connect(bo).send_text(None, "still there?", to=an)

    assert laptop.wait_for_text("still there?").sender == bo


# ---- renewing


def test_another_hello_renews_the_token(scene: Scene, knock: Knock) -> None:
    (an,) = scene.people("an")
    client, forgetful = knock(scene.cluster), knock(scene.cluster)
    first = client.request("hello", token=make_token(an, expires_in_s=2))

    again = client.request("hello", token=make_token(an))

    assert again.connection == first.connection
    forgetful.request("hello", token=make_token(an, expires_in_s=2))
    forgetful.wait_closed()
    assert client.request("ping"), "closed although its token was renewed"


def test_the_socket_is_closed_when_its_token_expires(scene: Scene, knock: Knock) -> None:
    (an,) = scene.people("an")
    client = knock(scene.cluster)

    client.request("hello", token=make_token(an, expires_in_s=2))

    assert client.wait_closed() == CloseCode.UNAUTHORIZED


def test_a_connection_stays_whose_it_is(scene: Scene, knock: Knock) -> None:
    an, bo = scene.people("an", "bo")
    client = knock(scene.cluster)
    client.request("hello", token=make_token(an))

    with pytest.raises(RefusedError, match="forbidden:"):
        client.request("hello", token=make_token(bo))

    client.send_text(None, "from whom?", to=bo)
    assert [entry.sender for entry in scene.connect(bo).read_all(only_channel(client))] == [an]


def test_a_renewal_that_proves_nothing_ends_the_connection(scene: Scene, knock: Knock) -> None:
    (an,) = scene.people("an")
    client = knock(scene.cluster)
    client.request("hello", token=make_token(an))

    with pytest.raises(RefusedError, match="unauthorized:"):
        client.request("hello", token=make_token(an, expires_in_s=-60))

    assert client.wait_closed() == CloseCode.UNAUTHORIZED


def test_a_hello_that_was_refused_leaves_nothing_behind(scene: Scene, knock: Knock) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    client, witness, sender = knock(scene.cluster), scene.connect(an), scene.connect(chen)
    with pytest.raises(RefusedError, match="invalid:"):
        client.request("hello", token=make_token(an), cursor="garbage")

    client.request("hello", token=make_token(bo))
    sender.send_text(None, "for an alone", to=an)
    witness.wait_for_text("for an alone")
    client.request("ping")

    assert client.user == bo
    assert client.events(frames.MessageEvent) == []


# ---- in time, from where, and in what form


def test_who_says_no_hello_is_closed(impatient: Cluster, knock: Knock) -> None:
    silent, talker = knock(impatient), knock(impatient)
    talker.request("hello", token=make_token("an"))

    assert silent.wait_closed() == CloseCode.UNAUTHORIZED
    assert talker.request("ping")


def test_who_only_chats_before_his_hello_is_closed_too(impatient: Cluster, knock: Knock) -> None:
    client = knock(impatient)

    client.post("ping")

    assert client.wait_closed() == CloseCode.UNAUTHORIZED


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://im.example", f"{OUR_PAGE}.evil.example", f"{OUR_PAGE}:8443", "null"],
)
def test_a_page_that_is_not_listed_may_not_connect(impatient: Cluster, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(socket_url(impatient.gateway_urls[0]), additional_headers={"Origin": origin})

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", [OUR_PAGE, "https://other.example", "the gateway's own"])
def test_a_page_that_is_listed_or_our_own_may_connect(impatient: Cluster, knock: Knock, origin: str) -> None:
    own = impatient.gateway_urls[0]
    client = knock(impatient, additional_headers={"Origin": own if " " in origin else origin})

    assert client.request("hello", token=make_token("an")).user == "an"


def test_compression_is_never_agreed_on(scene: Scene) -> None:
    with open_socket(socket_url(scene.cluster.gateway_urls[0]), compression="deflate") as offering:
        assert offering.protocol.extensions == []


def test_a_plain_request_for_the_socket_is_a_bad_request(scene: Scene) -> None:
    assert requests.get(f"{scene.cluster.gateway_urls[0]}/ws", timeout=PATIENCE_S).status_code == 400


# ---- is anybody there


def test_a_ping_request_is_answered(scene: Scene) -> None:
    (an,) = scene.people("an")

    assert isinstance(scene.connect(an).request("ping"), frames.Pong)


def test_a_ping_of_the_protocol_is_answered(scene: Scene) -> None:
    (an,) = scene.people("an")
    client = scene.connect(an)

    assert client._link._socket.ping("are you there?").wait(PATIENCE_S)


def test_a_silent_device_is_pinged_and_then_dropped(impatient: Cluster, knock: Knock) -> None:
    answering = knock(impatient)
    answering.request("hello", token=make_token("an"))

    heard = DeafDevice(impatient.gateway_urls[0], make_token("bo")).hear_to_the_end()

    assert [frame.opcode for frame in heard].count(Opcode.PING) >= 2
    assert heard[-1].opcode is Opcode.CLOSE
    assert int.from_bytes(heard[-1].data[:2], "big") == CloseCode.PING_TIMEOUT
    assert answering.request("ping"), "it was pinged as often and answered by protocol alone"


def only_channel(client: Client) -> str:
    (row,) = client.sync().conversations
    return row.channel_id
