"""What a person can write: a command after a slash, or a text."""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from schemas.common import FILE_ID, MessageType


class Misuse(Exception):
    """A line that means nothing; the text says what would."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send a text to the open conversation."""

    text: str


@dataclass(frozen=True, slots=True)
class Open:
    """Open a conversation by its number in the list, its name, or its person's user id."""

    target: str


@dataclass(frozen=True, slots=True)
class Direct:
    """Open the direct chat with somebody."""

    user_id: str


@dataclass(frozen=True, slots=True)
class Group:
    """Make a group and open it."""

    name: str
    user_ids: list[str]


@dataclass(frozen=True, slots=True)
class Add:
    """Add people to the open conversation."""

    user_ids: list[str]


@dataclass(frozen=True, slots=True)
class Remove:
    """Take somebody out of the open conversation."""

    user_id: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Rename the open conversation."""

    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """Something about roles and order in the open group; `orders` knows what its words mean."""

    name: str
    words: list[str]


@dataclass(frozen=True, slots=True)
class Edit:
    """Let my newest text in the open conversation say something else."""

    text: str


@dataclass(frozen=True, slots=True)
class SendFile:
    """Send a file of this machine to the open conversation."""

    path: str
    kind: MessageType = MessageType.FILE


@dataclass(frozen=True, slots=True)
class Download:
    """Bring a file of a message to this machine."""

    file_id: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Plain:
    """A command without words: /leave, /more, /list, /recall, /help, /quit."""

    name: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer a message of the open conversation: 1 is the newest one, 2 the one before ..."""

    back: int
    text: str


@dataclass(frozen=True, slots=True)
class Forward:
    """Pass a message of the open conversation on to another, or to a person."""

    back: int
    target: str


@dataclass(frozen=True, slots=True)
class Address:
    """Send a text that addresses these members; none: all."""

    user_ids: list[str]
    text: str


@dataclass(frozen=True, slots=True)
class Emojis:
    """Send a message of nothing but emoji."""

    shortcodes: list[str]


Command = (
    Reply
    | Forward
    | Address
    | Emojis
    | Say
    | Open
    | Direct
    | Group
    | Add
    | Remove
    | Rename
    | Edit
    | Order
    | SendFile
    | Download
    | Plain
)

USAGE: Final = {
    "/list": "the conversations, with what is unread",
    "/open N|NAME": "open a conversation and show its newest messages",
    "/more": "older messages of the open conversation",
    "/direct USER": "write to one person",
    "/group NAME USER...": 'make a group; a name of several words goes in "quotes"',
    "/add USER...": "add people; a direct chat becomes a group",
    "/remove USER": "take somebody out of the group",
    "/rename NAME": "rename the group",
    "/reply N TEXT": "answer the Nth newest message, 1 is the newest",
    "/forward N TARGET": "pass the Nth newest message on: to a conversation or a user",
    "/at USER,... TEXT": "a text that addresses members",
    "/all TEXT": "a text that addresses everybody",
    "/emoji SHORTCODE...": "nothing but emoji; in a text write [:shortcode:]",
    "/edit TEXT": "let your newest text say something else",
    "/recall": "take back your newest message",
    "/image PATH": "send an image of this machine",
    "/file PATH": "send any file of this machine",
    "/download ID [PATH]": "fetch a file; what is there is never written over",
    "/leave": "leave the group",
    "/admin USER": "make somebody an admin; /member USER takes it back",
    "/member USER": "make an admin a member again",
    "/owner USER": "hand the group over",
    "/nick NAME": "my name in this group; - for none",
    "/announce TEXT": "put up an announcement; - takes it away",
    "/mute USER TIME": "let somebody write nothing for 10m, 2h, 1d",
    "/unmute USER": "let him write again",
    "/set NAME=VALUE...": "join=invite|admins|approval edit=admins|members quiet=on|off max=50",
    "/join CHANNEL REASON": "ask to be let into a group",
    "/accept USER...": "let in people who asked",
    "/refuse USER...": "refuse people who asked",
    "/disable": "let nobody write to the group; /enable ends it",
    "/enable": "let people write again",
    "/dissolve": "end the group for ever",
    "/quit": "leave (or Ctrl-D)",
}
NAMES: Final = [*sorted(usage.split()[0] for usage in USAGE), "/help"]

_ORDERS: Final = ("/admin", "/member", "/owner", "/mute", "/unmute", "/set", "/join", "/accept", "/refuse")
_BARE_ORDERS: Final = ("/disable", "/enable", "/dissolve")
_FILE_ID: Final = re.compile(FILE_ID)


def _download(words: list[str]) -> Download:
    if len(words) > 2 or not _FILE_ID.fullmatch(words[0]):
        raise Misuse("usage: /download ID [PATH]")
    return Download(words[0], words[1] if len(words) > 1 else None)


_OF_TEXT: Final[dict[str, Callable[[str], Command]]] = {
    "/open": Open,
    "/rename": Rename,
    "/edit": Edit,
    "/reply": lambda rest: _reply(rest),  # noqa: PLW0108  # it stands below
    "/at": lambda rest: _address(rest),  # noqa: PLW0108  # as above
    "/all": lambda rest: Address([], rest),
    "/nick": lambda text: Order("/nick", [text]),
    "/announce": lambda text: Order("/announce", [text]),
    "/file": SendFile,
    "/image": lambda path: SendFile(path, MessageType.IMAGE),
}
_OF_WORDS: Final[dict[str, Callable[[list[str]], Command]]] = {
    "/direct": lambda words: Direct(_only(words)),
    "/group": lambda words: Group(words[0], words[1:]),
    "/add": Add,
    "/forward": lambda words: _forward(words),  # noqa: PLW0108  # as above
    "/emoji": Emojis,
    "/download": _download,
    "/remove": lambda words: Remove(_only(words)),
    **{name: partial(Order, name) for name in _ORDERS},
}
_FEWEST: Final = {"/group": 2, "/forward": 2, "/mute": 2}  # words; one for the others


def parse(line: str) -> Command:
    """The command that a line means. A text that begins with a slash is written with two.

    Raises:
        Misuse: there is no such command, or its words are missing.
    """
    if not line.startswith("/"):
        return Say(line)
    if line.startswith("//"):
        return Say(line[1:])
    name, _, rest = (part.strip() for part in line.strip().partition(" "))
    if name in _OF_WORDS:
        return _OF_WORDS[name](_words(name, rest))
    if name in _OF_TEXT:
        return _OF_TEXT[name](_text(name, rest))
    if name in NAMES:
        return Order(name, []) if name in _BARE_ORDERS else Plain(name)
    raise Misuse(f"there is no {name}; /help shows what there is")


def _words(name: str, rest: str) -> list[str]:
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise Misuse(f"a quote is not closed: {rest}") from error
    if len(words) < _FEWEST.get(name, 1):
        raise _usage(name)
    return words


def _text(name: str, rest: str) -> str:
    if not rest:
        raise _usage(name)
    return rest


def _reply(rest: str) -> Reply:
    number, _, text = rest.partition(" ")
    if not text.strip():
        raise _usage("/reply")
    return Reply(_back(number), text.strip())


def _forward(words: list[str]) -> Forward:
    return Forward(_back(words[0]), " ".join(words[1:]))


def _address(rest: str) -> Address:
    people, _, text = rest.partition(" ")
    user_ids = [name for name in people.split(",") if name]
    if not user_ids or not text.strip():
        raise _usage("/at")
    return Address(user_ids, text.strip())


def _back(number: str) -> int:
    if not number.isdecimal() or int(number) < 1:
        raise Misuse(f"{number} is no number: 1 is the newest message, 2 the one before")
    return int(number)


def _only(words: list[str]) -> str:
    if len(words) > 1:
        raise Misuse("one person at a time")
    return words[0]


def _usage(name: str) -> Misuse:
    return Misuse(f"usage: {next(usage for usage in USAGE if usage.split()[0] == name)}")
