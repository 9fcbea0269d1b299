"""Floors: what this machine does per second if nothing but one part of the work is done.

Read beside the product's figures they say how much of a figure is the machine's and how much is ours.
"""

import os
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from kombu import Connection, Exchange, Producer, Queue
from msgspec import Struct

from bench.scenarios import TEXT
from bench.timing import Waits, per_second, waits
from devstack.profiles import DATA
from devstack.services import Stack
from schemas.frames import MessageEvent

_SECONDS: Final = 1.5
_ROUNDS: Final = 1_000
_BLOCK: Final = b"x" * 4_096
_FRAME: Final = b"\x81\x7e\x01\x00" + b"x" * 256
_EVENT: Final = {
    "type": "message",
    "message_id": "3v1c0q8m2k5t7n9p4r6s1000.000000000042",
    "channel_id": "3v1c0q8m2k5t7n9p4r6s1000",
    "seq": 42,
    "sender": "bo",
    "sender_name": "Bo",
    "client_message_id": "01JD8Z5W0Q-1",
    "message_type": "text",
    "content": TEXT,
    "server_time": "2026-11-23T08:00:00.000Z",
}


class Floor(Struct, frozen=True):
    """How often a second something can be done, one after the other, and how long each time takes."""

    per_second: float
    waits: Waits


def floors(stack: Stack) -> Mapping[str, Floor]:
    """Each floor by its name."""
    return {
        "disk syncs (fdatasync of 4 KiB)": _disk_syncs(),
        "broker confirms (one at a time, 20 KB)": _broker_confirms(stack.amqp_url),
        "socket sends (260 B, one core)": _socket_sends(),
        "round trips (loopback, 260 B)": _round_trips(),
        "frames decoded and encoded (msgspec)": _codec(),
    }


def _measured(act: Callable[[], object]) -> Floor:
    def once() -> int:
        act()
        return 1

    return Floor(per_second(once, _SECONDS), waits(act, rounds=_ROUNDS))


def _disk_syncs() -> Floor:
    DATA.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=DATA) as file:
        number = file.fileno()

        def write() -> None:
            os.pwrite(number, _BLOCK, 0)
            os.fdatasync(number)

        return _measured(write)


def _broker_confirms(amqp_url: str) -> Floor:
    with Connection(amqp_url, transport_options={"confirm_publish": True}) as connection:
        channel = connection.channel()
        queue = Queue(
            "bench.floor",
            Exchange(""),
            routing_key="bench.floor",
            durable=True,
            auto_delete=True,
            queue_arguments={"x-max-length": 10},
        )(channel)
        queue.declare()
        producer = Producer(channel, auto_declare=False)
        publish = partial(
            producer.publish,
            b"x" * 20_000,
            exchange="",
            routing_key="bench.floor",
            delivery_mode=1,
            content_type="application/octet-stream",
            content_encoding="binary",
        )
        found = _measured(publish)
        queue.delete()
        return found


def _socket_sends() -> Floor:
    sender, receiver = _loopback()
    drain = threading.Thread(target=_drain, args=(receiver,), daemon=True)
    drain.start()
    with sender:
        return _measured(lambda: sender.send(_FRAME))


def _round_trips() -> Floor:
    near, far = _loopback()
    threading.Thread(target=_echo, args=(far,), daemon=True).start()
    with near:

        def there_and_back() -> None:
            near.sendall(_FRAME)
            near.recv(len(_FRAME), socket.MSG_WAITALL)

        return _measured(there_and_back)


def _codec() -> Floor:
    decoder, encoder = msgspec.json.Decoder(MessageEvent), msgspec.json.Encoder()
    payload = encoder.encode(_EVENT)
    return _measured(lambda: encoder.encode(decoder.decode(payload)))


def _loopback() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    for one in (near, far):
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return near, far


def _drain(receiver: socket.socket) -> None:
    with receiver:
        while receiver.recv(1_048_576):
            pass


def _echo(far: socket.socket) -> None:
    with far:
        while data := far.recv(65_536):
            far.sendall(data)
