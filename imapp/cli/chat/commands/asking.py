"""Commands that ask what there is to know, and change nothing."""

from dataclasses import dataclass
from typing import Final

from imapp.cli.chat.commands.grammar import Area, Command, Misuse, Pick, Row, alone, pick, text


@dataclass(frozen=True, slots=True)
class Why(Command):
    """Which messages count as unread, and why: from the newest on, or older than one."""

    before: Pick | None = None


@dataclass(frozen=True, slots=True)
class Seen(Command):
    """How far my newest messages got; or who received and read one."""

    which: Pick | None = None


@dataclass(frozen=True, slots=True)
class About(Command):
    """What the open conversation is: settings, announcement, what I am in it."""


@dataclass(frozen=True, slots=True)
class Members(Command):
    """Who is in the open conversation; or the next page of them."""

    more: bool = False


@dataclass(frozen=True, slots=True)
class Requests(Command):
    """Who waits to be let in."""


@dataclass(frozen=True, slots=True)
class EmojiList(Command):
    """Which emoji there are, with this in their shortcode."""

    part: str = ""


@dataclass(frozen=True, slots=True)
class Find(Command):
    """Look for messages with these words, wherever I may read."""

    words: str


@dataclass(frozen=True, slots=True)
class Share(Command):
    """Whether the others learn what I have read; None asks how it is."""

    shares: bool | None = None


def _share(rest: str) -> Share:
    if rest not in ("", "on", "off"):
        raise Misuse("usage: /share [on|off]")
    return Share({"": None, "on": True, "off": False}[rest])


def _why(rest: str) -> Why:
    return Why(pick(rest) if rest else None)


def _seen(rest: str) -> Seen:
    return Seen(pick(rest) if rest else None)


def _members(rest: str) -> Members:
    if rest not in ("", "more"):
        raise Misuse("usage: /members [more]")
    return Members(more=bool(rest))


AREA: Final = Area(
    "asking",
    (
        Row("/find WORDS", 'messages with all of these; what belongs together goes in "quotes"', text(Find)),
        Row("/why [N]", "which messages count as unread, and why; older than N", _why),
        Row("/seen [N]", "how far your newest messages got; of one, who received and read it", _seen),
        Row("/share [on|off]", "whether others learn what you have read, and you what they have", _share),
        Row("/about", "what this conversation is, its announcement, what you are in it", alone(About())),
        Row("/members [more]", "who is in it, with roles and nicknames", _members),
        Row("/requests", "who waits to be let in; /accept and /refuse answer", alone(Requests())),
        Row("/emojis [PART]", "which emoji there are, with PART in their names", EmojiList),
    ),
)
