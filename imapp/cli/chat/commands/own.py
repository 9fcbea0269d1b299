"""Commands about what the person sets for himself alone, in the open conversation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from imapp.cli.chat.commands.grammar import Area, Command, Misuse, Row, absent, alone, text, word
from schemas.common import Notify


@dataclass(frozen=True, slots=True)
class Tune(Command):
    """Set these fields of a `SetConversation`."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hide(Command):
    """Take the conversation out of the list until something new comes."""


@dataclass(frozen=True, slots=True)
class MarkUnread(Command):
    """Put it with the unread ones, to come back to it."""


@dataclass(frozen=True, slots=True)
class Forget(Command):
    """Clear my history up to here."""


@dataclass(frozen=True, slots=True)
class KeepDraft(Command):
    """Keep what I have begun to write, on all my devices; an empty text takes it away."""

    text: str


def _notify(said: str) -> Tune:
    try:
        return Tune({"notify": Notify(said)})
    except ValueError as error:
        raise Misuse(f"notify can be {', '.join(Notify)}") from error


def _forget(said: str) -> Forget:
    if said != "yes":
        raise Misuse("it does not come back for you; the others keep theirs. If you are sure: /forget yes")
    return Forget()


AREA: Final = Area(
    "own",
    (
        Row("/pin", "let it stand before all others in your list", alone(Tune({"pinned": True}))),
        Row("/unpin", "let it stand where it would", alone(Tune({"pinned": False}))),
        Row("/notify all|mentions|none", "what of it may disturb you", word(_notify)),
        Row("/hide", "take it out of your list until something new comes", alone(Hide())),
        Row("/unhide", "put it into your list again", alone(Tune({"hidden_seq": 0}))),
        Row("/unread", "mark it as unread, to come back to it", alone(MarkUnread())),
        Row(
            "/draft TEXT",
            "keep what you begin to write, on all your devices; - for none",
            text(lambda said: KeepDraft(absent(said))),
        ),
        Row("/forget yes", "clear the history up to here, for you alone and for ever", _forget),
    ),
)
