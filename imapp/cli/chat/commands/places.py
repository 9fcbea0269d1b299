"""Commands about which conversation is open."""

from dataclasses import dataclass
from typing import Final

from imapp.cli.chat.commands.grammar import Area, Command, Row, alone, text, word, words


@dataclass(frozen=True, slots=True)
class ShowList(Command):
    """Show the conversations."""


@dataclass(frozen=True, slots=True)
class ShowHidden(Command):
    """Show the conversations that I have hidden."""


@dataclass(frozen=True, slots=True)
class Open(Command):
    """Open a conversation by its number in the list, its name, or its person's user id."""

    target: str


@dataclass(frozen=True, slots=True)
class More(Command):
    """Show older messages of the open conversation."""


@dataclass(frozen=True, slots=True)
class Direct(Command):
    """Open the direct chat with somebody."""

    user_id: str


@dataclass(frozen=True, slots=True)
class Group(Command):
    """Make a group and open it."""

    name: str
    user_ids: list[str]


AREA: Final = Area(
    "list",
    (
        Row("/list", "the conversations, with what is unread", alone(ShowList())),
        Row("/hidden", "those that you have hidden; /unhide brings one back", alone(ShowHidden())),
        Row("/open N|NAME", "open a conversation and show its newest messages", text(Open)),
        Row("/more", "older messages of the open conversation", alone(More())),
        Row("/direct USER", "write to one person", word(Direct)),
        Row(
            "/group NAME USER...",
            'make a group; a name of several words goes in "quotes"',
            words(lambda found: Group(found[0], found[1:]), fewest=2),
        ),
    ),
)
