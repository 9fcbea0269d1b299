"""What a person can write: a text, or a command after a slash. Each area has a table; `/help` shows them."""

from dataclasses import dataclass
from typing import Final

from imapp.cli.chat.commands import asking, carrying, order, own, places, talking
from imapp.cli.chat.commands.grammar import Area, Command, Incomplete, Misuse, Row, alone


@dataclass(frozen=True, slots=True)
class Help(Command):
    """Show what there is: everything, one area, or one command."""

    about: str = ""


@dataclass(frozen=True, slots=True)
class Quit(Command):
    """Leave."""


_PROGRAM: Final = Area(
    "program",
    (
        Row("/help [AREA|COMMAND]", "this, or more about one of them", Help),
        Row("/quit", "leave (or Ctrl-D)", alone(Quit())),
    ),
)
AREAS: Final = (
    places.AREA,
    talking.AREA,
    carrying.AREA,
    own.AREA,
    asking.AREA,
    order.GROUPS,
    order.ORDER,
    _PROGRAM,
)
ROWS: Final = {row.name: row for area in AREAS for row in area.rows}


def parse(line: str) -> Command:
    """The command that a line means. A text that begins with a slash is written with two.

    Raises:
        Misuse: there is no such command, or its words mean nothing.
    """
    if not line.startswith("/"):
        return talking.Say(line)
    if line.startswith("//"):
        return talking.Say(line[1:])
    name, _, rest = (part.strip() for part in line.strip().partition(" "))
    row = ROWS.get(name)
    if row is None:
        raise Misuse(f"there is no {name}; /help shows what there is")
    try:
        return row.read(rest)
    except Incomplete as lack:
        raise Misuse(f"usage: {row.usage}") from lack


def help_lines(about: str = "") -> list[tuple[str, str]]:
    """What `/help` shows: pairs of a name and what it is. Without a subject, each area and its commands.

    Raises:
        Misuse: there is no such area or command.
    """
    if not about:
        return [(area.name, " ".join(row.name for row in area.rows)) for area in AREAS]
    wanted = about.removeprefix("/")
    found = [row for area in AREAS for row in area.rows if wanted in (area.name, row.name[1:])]
    if not found:
        raise Misuse(f"there is no {about}; /help shows what there is")
    return [(row.usage, row.meaning) for row in found]
