"""Peers that are slow, silent, gone or deaf are ended in time, and nobody else waits for them."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from devstack.services import Stack
from schemas.frames import CloseCode
from tests.support.bystander import Attack, gateway_of, under_attack
from tests.support.cluster import Cluster
from tests.support.raw import CLOSE, CONTINUATION, HANDSHAKE, PING, PONG, TEXT, RawPeer, frame, request
from tests.support.scene import Scene
from tests.support.tokens import make_token
from tests.support.waiting import eventually

UNFINISHED_S: Final = 2
UPLOAD_S: Final = 4
SILENCE_S: Final = 3
HEADER_S: Final = 5  # gunicorn's keepalive
CROWD: Final = 50


@pytest.fixture(scope="module")
def impatient(stack: Stack) -> Iterator[Cluster]:
    """A small system that waits for nobody."""
    environment = {
        "IM_HEARTBEAT_S": "1",
        "IM_SILENCE_S": str(SILENCE_S),
        "IM_UNFINISHED_S": str(UNFINISHED_S),
        "IM_UPLOAD_S": str(UPLOAD_S),
    }
    namespace = f"slow{os.getpid()}"
    with Cluster(
        *(stack.mongo_url, stack.amqp_url, namespace),
        gateways=1,
        writers=1,
        shards=1,
        environment=environment,
    ) as cluster:
        yield cluster


@pytest.fixture
def scene(impatient: Cluster) -> Iterator[Scene]:
    """People on it."""
    with Scene(impatient) as scene:
        yield scene


@pytest.fixture
def url(impatient: Cluster) -> str:
    return impatient.gateway_urls[0]


@pytest.fixture
def eve(scene: Scene) -> str:
    (eve,) = scene.people("eve")
    return eve


def end_of(peer: RawPeer, at_each_ping: Callable[[], object]) -> int | None:
    """The close code of a peer that does something whenever it is pinged, so that it is never silent."""
    for opcode, payload in peer.frames():
        if opcode == PING:
            at_each_ping()
        elif opcode == CLOSE:
            return int.from_bytes(payload[:2])
    return None


def test_a_frame_that_comes_byte_by_byte_is_given_up(url: str, eve: str, attack: Attack) -> None:
    with attack(), RawPeer.on_websocket(url, user=eve) as peer:
        drops = iter(request("ping", filler="x" * 1_000))
        peer.send(bytes((next(drops), next(drops))))

        assert end_of(peer, lambda: peer.send(bytes((next(drops),)))) == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize(
    "between", [frame(PONG), frame(CONTINUATION, b" ", fin=False)], ids=["pongs", "pieces"]
)
def test_a_message_without_an_end_is_given_up(url: str, eve: str, attack: Attack, between: bytes) -> None:
    with attack(), RawPeer.on_websocket(url, user=eve) as peer:
        peer.send(frame(TEXT, b"{", fin=False))

        assert end_of(peer, lambda: peer.send(between)) == CloseCode.PROTOCOL_ERROR


def test_who_is_slow_but_finishes_is_served_for_ever(url: str, eve: str) -> None:
    with RawPeer.on_websocket(url, user=eve) as peer:
        slow = request("ping")
        for _ in range(2 * UNFINISHED_S):
            peer.send(slow[:-1])
            assert peer.read_frame()[0] == PING  # a heartbeat later
            peer.send(slow[-1:])
            assert b"pong" in peer.read_answer()[1]


def test_those_who_are_gone_without_a_word_are_noticed(
    scene: Scene, url: str, eve: str, attack: Attack
) -> None:
    gateway = gateway_of(scene.cluster)
    with attack(), ExitStack() as keep:
        before = gateway.num_fds()
        for _ in range(CROWD):
            keep.enter_context(RawPeer.on_websocket(url, user=eve))
        assert gateway.num_fds() >= before + CROWD

        eventually(lambda: gateway.num_fds() < before + CROWD // 5, timeout=30, what="they are cut")


def test_half_a_handshake_is_given_up_however_many_begin_one(scene: Scene, url: str, attack: Attack) -> None:
    gateway = gateway_of(scene.cluster)
    with attack(), ExitStack() as keep:
        before = gateway.num_fds()
        peers = [keep.enter_context(RawPeer(url)) for _ in range(CROWD)]
        for peer in peers:
            peer.send(HANDSHAKE[:-2])
        eventually(lambda: gateway.num_fds() >= before + CROWD, what="all have begun")

        assert {peer.read_rest() for peer in peers} == {b""}


def test_a_header_that_comes_byte_by_byte_is_given_up(url: str, attack: Attack) -> None:
    with attack(), RawPeer(url) as peer:
        peer.send(HANDSHAKE[:-2] + b"X-Slow: ")

        eventually(lambda: not peer.send(b"x"), timeout=4 * HEADER_S, what="the slow header is given up")


@pytest.mark.limit("unfinished WebSocket message or HTTP body")
def test_a_body_that_comes_byte_by_byte_is_given_up(url: str, eve: str, attack: Attack) -> None:
    header = (
        f"POST /api/v1/channels/direct HTTP/1.1\r\nHost: im\r\nAuthorization: Bearer {make_token(eve)}\r\n"
        "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
    )
    with attack(), RawPeer(url) as peer:
        peer.send(header.encode() + b"{")

        eventually(lambda: not peer.send(b" "), timeout=10 * UNFINISHED_S, what="the slow body is given up")
        assert peer.read_rest().startswith(b"HTTP/1.1 400 ")


@pytest.mark.limit("time of an upload")
def test_an_upload_has_more_time_than_other_bodies_and_then_it_is_given_up(
    scene: Scene, url: str, eve: str, attack: Attack
) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-'
    header = (
        "POST /api/v1/files?client_message_id=slow HTTP/1.1\r\nHost: im\r\n"
        f"Authorization: Bearer {make_token(eve)}\r\nContent-Length: 5000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    with attack(), RawPeer(url) as peer:
        begun = time.monotonic()
        peer.send(header.encode() + part)

        eventually(lambda: not peer.send(b" "), timeout=10 * UPLOAD_S, what="the slow upload is given up")
        assert time.monotonic() - begun >= UPLOAD_S > UNFINISHED_S
        assert peer.read_rest().startswith(b"HTTP/1.1 400 ")
    assert scene.cluster.database["files"].count_documents({"owner": eve}) == 0


def test_who_never_reads_is_cut_while_his_group_goes_on(scene: Scene, url: str, eve: str) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    sender, member, other = scene.connect(an), scene.connect(bo), scene.connect(chen)
    group = sender.write("create_group", name="team", user_ids=[bo, eve]).channel_id
    with (
        under_attack(scene.cluster, other, an),
        RawPeer.on_websocket(url, user=eve, receive_buffer=4_096) as deaf,
    ):
        for _ in range(40):
            posts = [sender.post_text(group, "x" * 5_000) for _ in range(50)]
            last = [post.result(30)["seq"] for post in posts][-1]
        eventually(lambda: "outbox_full" in scene.cluster.logs("gateway-0"), what="the deaf one is noticed")
        eventually(lambda: member.holdings.covered(group) == last, timeout=30, what="the member has all")

        assert deaf.wait_closed() in (None, CloseCode.OUTBOX_FULL)
