"""Commands that say something in the open conversation, or change what was said."""

from dataclasses import dataclass
from typing import Final

from imapp.cli.chat.commands.grammar import (
    Area,
    Command,
    Incomplete,
    Pick,
    Row,
    pick,
    picked_text,
    text,
    words,
)


@dataclass(frozen=True, slots=True)
class Say(Command):
    """Send a text to the open conversation."""

    text: str


@dataclass(frozen=True, slots=True)
class Reply(Command):
    """Answer a message."""

    to: Pick
    text: str


@dataclass(frozen=True, slots=True)
class Forward(Command):
    """Pass a message on to another conversation, or to a person."""

    which: Pick
    target: str


@dataclass(frozen=True, slots=True)
class Address(Command):
    """Send a text that addresses these members; none: all."""

    user_ids: list[str]
    text: str


@dataclass(frozen=True, slots=True)
class SendEmojis(Command):
    """Send a message of nothing but emoji."""

    shortcodes: list[str]


@dataclass(frozen=True, slots=True)
class Edit(Command):
    """Let a text of mine say something else; without a choice, my newest."""

    text: str
    which: Pick | None = None


@dataclass(frozen=True, slots=True)
class Recall(Command):
    """Take back a message; without a choice, my newest."""

    which: Pick | None = None


@dataclass(frozen=True, slots=True)
class Nudge(Command):
    """Remind those who have not read a message; without a choice, my newest."""

    which: Pick | None = None


def _address(rest: str) -> Address:
    people, _, said = rest.partition(" ")
    user_ids = [name for name in people.split(",") if name]
    if not user_ids or not said.strip():
        raise Incomplete
    return Address(user_ids, said.strip())


def _edit(rest: str) -> Edit:
    which, _, said = rest.partition(" ")
    # A bare number begins many a text; only #14 is surely meant as a message.
    if not which.startswith("#") or not which[1:].isdecimal():
        return Edit(rest)
    if not said.strip():
        raise Incomplete
    return Edit(said.strip(), pick(which))


def _nudge(rest: str) -> Nudge:
    return Nudge(pick(rest) if rest else None)


def _recall(rest: str) -> Recall:
    return Recall(pick(rest) if rest else None)


AREA: Final = Area(
    "talking",
    (
        Row(
            "/reply N TEXT", "answer a message: 1 is the newest, #14 the one numbered so", picked_text(Reply)
        ),
        Row(
            "/forward N TARGET",
            "pass a message on: to a conversation or a user",
            words(lambda found: Forward(pick(found[0]), " ".join(found[1:])), fewest=2),
        ),
        Row("/at USER,... TEXT", "a text that addresses members", _address),
        Row("/all TEXT", "a text that addresses everybody", text(lambda said: Address([], said))),
        Row(
            "/emoji SHORTCODE...",
            "nothing but emoji; in a text write [:shortcode:]",
            words(SendEmojis),
        ),
        Row(
            "/edit [#N] TEXT",
            "let a text of yours say something else: your newest, or #14; it addresses whom it did "
            "(to change that, /recall it and say it anew with /at)",
            text(_edit),
        ),
        Row("/recall [N]", "take back your newest message, or the one named", _recall),
        Row("/nudge [N]", "remind those who have not read your newest message, or the one named", _nudge),
    ),
)
