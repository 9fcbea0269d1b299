"""The yardstick's writer: `celery -A bench.yardstick.worker worker -P threads -c 1`."""

# mypy: ignore-errors

import contextlib
import time

import msgpack
import orjson
import pymongo
from kombu import Connection, Producer
from pymongo.errors import CollectionInvalid

from bench.yardstick.celery_app import AMQP_URL, DELIVER, MONGO_URL, app

_open = {}
seqs = {}


def database():
    """The database with its log, made on first use."""
    if "database" not in _open:
        client = pymongo.MongoClient(MONGO_URL, w="majority", journal=True)
        _open["database"] = found = client.get_default_database()
        with contextlib.suppress(CollectionInvalid):
            found.create_collection("messages", clusteredIndex={"key": {"_id": 1}, "unique": True})
        found.messages.create_index([("channel_id", 1), ("sender", 1), ("client_message_id", 1)], unique=True)
    return _open["database"]


def producer():
    """The way to the gateways."""
    if "producer" not in _open:
        connection = Connection(AMQP_URL)
        connection.connect()
        _open["producer"] = Producer(connection.channel(), exchange=DELIVER)
    return _open["producer"]


def frame_of(payload):
    """A server's WebSocket text frame."""
    size = len(payload)
    header = bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return header + payload


def load_seqs(channels):
    """Learn where the logs of new channels end."""
    known = {row["_id"]: row["last_seq"] for row in database().channels.find({"_id": {"$in": channels}})}
    seqs.update({channel: known.get(channel, 0) for channel in channels})


@app.task(name="store", typing=False)
def store(blob):
    """Number a batch, store it, publish its frames."""
    gateway, shard, batch = msgpack.unpackb(blob)
    now = time.time()
    load_seqs([channel for channel, *_ in batch if channel not in seqs])
    documents, frames, heads = [], [], {}
    for channel, sender, client_id, content in batch:
        seq = heads[channel] = seqs[channel] = seqs[channel] + 1
        message = {
            "channel_id": channel,
            "seq": seq,
            "sender": sender,
            "client_message_id": client_id,
            "t": now,
            "content": content,
        }
        message_id = f"{channel}.{seq:012d}"
        documents.append({"_id": message_id, "type": 1, **message})
        event = orjson.dumps({"type": "message", "message_id": message_id, **message})
        frames.append((channel, frame_of(event)))
    database().messages.insert_many(documents, ordered=True)
    heads_of = database().channels.with_options(write_concern=pymongo.WriteConcern(w=1, j=False))
    heads_of.bulk_write(
        [
            pymongo.UpdateOne(
                {"_id": channel}, {"$max": {"last_seq": seq}, "$set": {"last_time": now}}, upsert=True
            )
            for channel, seq in heads.items()
        ],
        ordered=False,
    )
    producer().publish(
        msgpack.packb((gateway, shard, frames)),
        content_type="application/x-msgpack",
        content_encoding="binary",
        delivery_mode=1,
    )
