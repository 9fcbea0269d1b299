"""Telling a repeat from a conflict: a keyed hash of what a command says."""

import hashlib
from typing import Final

import msgspec

from schemas.commands import AnyCommand, SendMessage

_SIZE: Final = 16
_ENCODER: Final = msgspec.msgpack.Encoder(order="sorted")


def body_hash(command: AnyCommand, key: bytes) -> bytes:
    """16 bytes that differ when the body differs. Keyed, so a stored hash gives away no text."""
    body: object = command
    if isinstance(command, SendMessage):
        # Not the address: who first wrote `to` a person may repeat it with the channel id he has learnt.
        said = (command.message_type, command.content, command.extra, command.reply_to, command.mentions)
        # What few messages have is left out of the others, so that these hash as they always did.
        body = (*said, command.mention_all, command.forward_of) if _is_more(command) else said
    return hashlib.blake2b(_ENCODER.encode(body), digest_size=_SIZE, key=key).digest()


def _is_more(command: SendMessage) -> bool:
    return command.mention_all or command.forward_of is not None
