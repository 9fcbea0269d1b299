"""How to speak to each system: the product's public protocol, and the yardstick's remains of it."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from bench.scenarios import TEXT
from tests.support.tokens import make_token


class Frame(Struct):
    """What the generator needs of any frame from a server."""

    type: str
    id: str = ""
    channel_id: str = ""
    seq: int = 0
    message_id: str = ""
    sender: str = ""
    client_message_id: str = ""
    content: str = ""
    code: str = ""
    retry_after: float = 0.0


decode_frame: Final = msgspec.json.Decoder(Frame).decode


class Dialect(Protocol):
    """One system's way to connect and to send."""

    greets: bool
    """Whether a hello is said and answered before anything else."""

    makes_channels: bool
    """Whether channels come from the server; if not, the generator names them."""

    answers: bool
    """Whether a send has an answer of its own; if not, its event is the answer."""

    def address(self, url: str, user: str, channel: str) -> str:
        """Where a connection goes."""

    def hello(self, user: str) -> bytes:
        """The first frame."""

    def send(self, client_id: str, *, channel: str = "", to: str = "") -> bytes:
        """A message; its request id is its client id."""

    def create_group(self, client_id: str, user_ids: list[str]) -> bytes:
        """A request for a group of the sender and these."""

    def marks(self, channel: str, seq: int, *, reads: bool) -> Sequence[bytes]:
        """What a good client says of what it has, and has read; nothing where nobody wants to know."""


class ProductDialect:
    """The protocol of `schemas.frames`."""

    greets = True
    makes_channels = True
    answers = True

    def address(self, url: str, user: str, channel: str) -> str:  # noqa: ARG002  # the protocol's
        """One address for everybody; who it is, the hello says."""
        return f"{url.replace('http', 'ws', 1)}/ws"

    def hello(self, user: str) -> bytes:
        """A hello with a token."""
        return msgspec.json.encode({"type": "hello", "id": "hello", "token": make_token(user)})

    def send(self, client_id: str, *, channel: str = "", to: str = "") -> bytes:
        """To a channel, or to a person."""
        place = {"to": to} if to else {"channel_id": channel}
        return _send(client_id, {"id": client_id, **place})

    def create_group(self, client_id: str, user_ids: list[str]) -> bytes:
        """With a name that says where it is from."""
        return msgspec.json.encode(
            {
                "type": "create_group",
                "id": client_id,
                "client_message_id": client_id,
                "name": "benchmark",
                "user_ids": user_ids,
            }
        )

    def marks(self, channel: str, seq: int, *, reads: bool) -> Sequence[bytes]:
        """Everything up to a seq is here, and read."""
        kinds = ("received", "read") if reads else ("received",)
        return [
            msgspec.json.encode({"type": kind, "id": kind, "channel_id": channel, "seq": seq})
            for kind in kinds
        ]


class YardstickDialect:
    """Who and where are in the URL; a sender is answered by his own event."""

    greets = False
    makes_channels = False
    answers = False

    def address(self, url: str, user: str, channel: str) -> str:
        """An address for each connection."""
        return f"{url.replace('http', 'ws', 1)}/ws?u={user}&c={channel}"

    def hello(self, user: str) -> bytes:
        """There is none."""
        raise NotImplementedError

    def send(self, client_id: str, *, channel: str = "", to: str = "") -> bytes:  # noqa: ARG002
        """To the connection's one channel."""
        return _send(client_id, {"channel_id": channel})

    def create_group(self, client_id: str, user_ids: list[str]) -> bytes:
        """There is no need."""
        raise NotImplementedError

    def marks(self, channel: str, seq: int, *, reads: bool) -> Sequence[bytes]:  # noqa: ARG002
        """It keeps no receipts."""
        return []


def _send(client_id: str, fields: Mapping[str, str]) -> bytes:
    return msgspec.json.encode({"type": "send", "client_message_id": client_id, "content": TEXT, **fields})


DIALECTS: Final[Mapping[str, Dialect]] = {"product": ProductDialect(), "yardstick": YardstickDialect()}
