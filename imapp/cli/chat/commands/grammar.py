"""How a line is read: the table's rows, and what stands after a command's name."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final


class Command:
    """What the person wants; each is a dataclass of its area's module."""

    __slots__ = ()


Read = Callable[[str], Command]
"""Makes the command of what stands after a name; raises `Misuse`, `Incomplete` for too little or too much."""


class Misuse(Exception):
    """A line that means nothing; the text says what would."""


class Incomplete(Misuse):
    """What stands after the name is not enough, or too much: the usage says what it is."""


@dataclass(frozen=True, slots=True)
class Row:
    """One command of the table: how it is written, what it does, how its rest is read."""

    usage: str
    meaning: str
    read: Read

    @property
    def name(self) -> str:
        """With its slash."""
        return self.usage.split()[0]


@dataclass(frozen=True, slots=True)
class Area:
    """Commands that belong together."""

    name: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Pick:
    """A message of the open conversation: that with a seq, or one counted from the newest, which is 1."""

    seq: int | None = None
    back: int | None = None


_PICK: Final = re.compile(r"#(?P<seq>\d{1,12})|(?P<back>\d{1,6})")


def pick(word: str) -> Pick:
    """`#14` is the message with this number, `2` the newest but one.

    Raises:
        Misuse: it is neither.
    """
    found = _PICK.fullmatch(word)
    if found is None or int(found["seq"] or found["back"]) < 1:
        raise Misuse(f"{word} is no message: 1 is the newest, 2 the one before, #14 the one numbered so")
    if found["seq"]:
        return Pick(seq=int(found["seq"]))
    return Pick(back=int(found["back"]))


def alone(command: Command) -> Read:
    """Nothing stands after the name."""

    def read(rest: str) -> Command:
        if rest:
            raise Incomplete
        return command

    return read


def text(make: Callable[[str], Command]) -> Read:
    """A text of any words stands there."""

    def read(rest: str) -> Command:
        if not rest:
            raise Incomplete
        return make(rest)

    return read


def words(make: Callable[[list[str]], Command], *, fewest: int = 1, most: int | None = None) -> Read:
    """Words stand there; one that has blanks is in quotes."""

    def read(rest: str) -> Command:
        try:
            found = shlex.split(rest)
        except ValueError as error:
            raise Misuse(f"a quote is not closed: {rest}") from error
        if len(found) < fewest or (most is not None and len(found) > most):
            raise Incomplete
        return make(found)

    return read


def word(make: Callable[[str], Command]) -> Read:
    """One word stands there."""
    return words(lambda found: make(found[0]), most=1)


def picked_text(make: Callable[[Pick, str], Command]) -> Read:
    """A message and then a text stand there."""

    def read(rest: str) -> Command:
        which, _, said = rest.partition(" ")
        if not said.strip():
            raise Incomplete
        return make(pick(which), said.strip())

    return read


def absent(said: str) -> str:
    """A dash stands for no text."""
    return "" if said == "-" else said
