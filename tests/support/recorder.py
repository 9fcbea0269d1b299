"""Where clients write down what they do and see, in one order for all of them."""

import itertools
import threading
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import msgspec

from imapp.domain.entries import EDIT, OF_OUTSIDERS, RECALL
from schemas.common import MESSAGE_TYPE_CODES
from tests.support.history import Answered, Entry, Opened, Paged, Previewed, Seen, Sent, Step


class Recorder:
    """The steps of a run so far. Any thread may add one; their order is the order of adding."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._names = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, *steps: Step) -> None:
        """Write down what has just happened."""
        with self._lock:
            self._steps.extend(steps)

    def steps(self) -> list[Step]:
        """Everything so far."""
        with self._lock:
            return list(self._steps)

    def name(self, user: str) -> str:
        """A new name for a connection of this user."""
        return f"{user}/{next(self._names)}"

    def users(self) -> list[str]:
        """Who was connected at any time."""
        return list(dict.fromkeys(step.user for step in self.steps() if isinstance(step, Opened)))

    def channels(self) -> set[str]:
        """The channels that anybody was shown anything of, or got an answer about."""
        found: set[str] = set()
        for step in self.steps():
            found.update(_channels(step))
        return found - {""}


def _channels(step: Step) -> Iterable[str]:
    match step:
        case Seen():
            return (step.entry.channel,)
        case Paged():
            return {entry.channel for entry in step.entries}
        case Answered() | Previewed():
            return (step.channel,)
        case _:
            return ()


_BESIDE_THE_TEXT: Final = ("extra", "reply_to", "mentions", "mention_all")


class Person(Protocol):
    """Who acts: a user on a connection."""

    user: str
    connection: str


# ---- from the wire's shapes to the history's


def body_of(fields: Mapping[str, Any]) -> str:
    """What of a message must come back unchanged, as one comparable text; plain texts stay what they are."""
    rest = {
        name: fields[name] for name in ("extra", "reply_to", "mentions", "mention_all") if fields.get(name)
    }
    content: str = fields.get("content", "")
    return content + (msgspec.json.encode(rest, order="deterministic").decode() if rest else "")


def entry_of(fields: Mapping[str, Any]) -> Entry:
    """An entry as the wire or MongoDB shows it."""
    extra = fields.get("extra") or {}
    kinds = (fields.get("type"), MESSAGE_TYPE_CODES.get(fields.get("message_type", "text")))
    is_recall, is_edit = RECALL in kinds, EDIT in kinds
    return Entry(
        fields["channel_id"],
        fields["seq"],
        fields["sender"],
        fields["client_message_id"],
        fields.get("content", "") if is_edit else body_of(fields),
        takes_back=extra.get("target_seq", 0) if is_recall else 0,
        changes=extra.get("target_seq", 0) if is_edit else 0,
        by_outsider=extra.get("event") in OF_OUTSIDERS,
    )


def previews_of(connection: str, conversations: Iterable[Mapping[str, Any]]) -> list[Step]:
    """What the rows of a conversation list show of entries."""
    return [
        Previewed(connection, row["channel_id"], row["last_message"]["seq"], row["last_message"]["sender"])
        for row in conversations
        if row.get("last_message")
    ]


def sent_of(witness: Person, request: str, kind: str, fields: Mapping[str, Any]) -> Sent:
    """An attempt at a write, as its request's fields say."""
    place = f"to:{fields['to']}" if fields.get("to") else fields.get("channel_id", kind)
    # What is passed on is worded by the server.
    body = body_of(fields) if kind == "send" and not fields.get("forward_of") else None
    if kind == "edit":
        body = fields.get("content", "")
    return Sent(witness.connection, request, witness.user, place, fields["client_message_id"], body)
