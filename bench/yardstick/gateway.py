"""The yardstick's gateway: `gunicorn -k gevent bench.yardstick.gateway:app`."""

# mypy: ignore-errors

import uuid
import zlib
from contextlib import suppress

import gevent
import msgpack
import orjson
from flask import Flask, request
from flask_sock import Sock
from gevent.event import Event
from kombu import Connection, Consumer, Queue

from bench.yardstick.celery_app import AMQP_URL, DELIVER, SEND, SHARDS, queue_name
from bench.yardstick.celery_app import app as celery

MAX_BATCH = 500
GATHER_S = 0.002
IN_FLIGHT = 1
GATEWAY = uuid.uuid4().hex

app = Flask(__name__)
sock = Sock(app)
members = {}
pending = [[] for _ in range(SHARDS)]
filled = [Event() for _ in range(SHARDS)]
in_flight = [0] * SHARDS
done = [Event() for _ in range(SHARDS)]


def flush(shard):
    """Send what has gathered for a shard, one batch after another."""
    while True:
        filled[shard].wait()
        filled[shard].clear()
        while pending[shard]:
            while in_flight[shard] >= IN_FLIGHT:
                done[shard].clear()
                done[shard].wait(2)
            gevent.sleep(GATHER_S)
            batch = pending[shard][:MAX_BATCH]
            del pending[shard][:MAX_BATCH]
            in_flight[shard] += 1
            celery.send_task(
                "store",
                (msgpack.packb((GATEWAY, shard, batch)),),
                exchange=SEND,
                routing_key=queue_name(shard),
                ignore_result=True,
                delivery_mode=1,
                argsrepr="-",
                kwargsrepr="{}",
            )


def deliver(message):
    """Hand a stored batch to the local sockets."""
    gateway, shard, items = msgpack.unpackb(message.body)
    if gateway == GATEWAY:
        in_flight[shard] -= 1
        done[shard].set()
    for channel, frame in items:
        for socket in members.get(channel, ()):
            with suppress(OSError):  # one that has just gone must not end the loop
                socket.sendall(frame)


def consume():
    """Take what the worker publishes."""
    connection = Connection(AMQP_URL)  # without heartbeat: nobody would send ours
    queue = Queue(f"{DELIVER.name}.{GATEWAY}", DELIVER, exclusive=True, auto_delete=True, durable=False)
    with Consumer(connection.channel(), [queue], on_message=deliver, no_ack=True, accept=None):
        while True:
            connection.drain_events()


started = []


def start():
    """Start the loops with the first connection, after the fork."""
    if not started:
        started.append(gevent.spawn(consume))
        started.extend(gevent.spawn(flush, shard) for shard in range(SHARDS))


@app.route("/ready")
def ready():
    """Whether the gateway serves; the first call starts its loops."""
    start()
    return "ok"


@sock.route("/ws")
def websocket(ws):
    """One connection; who it is and its channel are in the URL."""
    start()
    user, channel = request.args["u"], request.args["c"]
    members.setdefault(channel, set()).add(ws.sock)
    try:
        while True:
            message = orjson.loads(ws.receive())
            shard = zlib.crc32(channel.encode()) % SHARDS
            pending[shard].append((channel, user, message["client_message_id"], message["content"]))
            filled[shard].set()
    finally:
        members[channel].discard(ws.sock)
