"""Telling a repeat from a conflict: a keyed hash of what a command says."""

import hashlib
from typing import Final

import msgspec

from schemas.tasks import AnyCommand, SendMessage

_SIZE: Final = 16
_ENCODER: Final = msgspec.msgpack.Encoder(order="sorted")


def body_hash(command: AnyCommand, key: bytes) -> bytes:
    """16 bytes that differ when the body differs. Keyed, so a stored hash gives away no text."""
    body: object = command
    if isinstance(command, SendMessage):
        # Not the address: who first wrote `to` a person may repeat it with the channel id he has learnt.
        body = (command.message_type, command.content, command.extra, command.reply_to, command.mentions)
    return hashlib.blake2b(_ENCODER.encode(body), digest_size=_SIZE, key=key).digest()
