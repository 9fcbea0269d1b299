"""The examples of a page for frontend developers, as steps to carry out.

An example is a fenced block with arrows; in a block marked `text` it is only shown, its frames are checked
for their shape. `->` is what an sends, `<-` what he gets; with a name before the arrow it is that person, and
`an/laptop` is another of his devices. Lines without an arrow go on with the one before. After an arrow comes
a frame, or a REST request (`GET /api/v1/me`, with a body `POST /api/v1/channels {...}`, or a `curl` command)
and its answer (`200 {...}`). `"..."` in a list stands for whatever else is in it.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

_FENCE: Final = re.compile(r"^```(?P<info>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION: Final = re.compile(r"^## (?P<title>.*)$", re.MULTILINE)
_STEP: Final = re.compile(
    r"^(?:(?P<who>[a-z]+(?:/[a-z]+)?) )?(?P<arrow>->|<-) (?P<text>.*(?:\n(?!.*(?:->|<-) )[^\n]+)*)",
    re.MULTILINE,
)
_CALL: Final = re.compile(r"(?P<method>[A-Z]+) (?P<path>/\S+)(?:\s+(?P<body>\{.*))?\Z", re.DOTALL)
_ANSWER: Final = re.compile(r"(?P<status>\d{3}) (?P<body>\{.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow: somebody's device sends or gets a frame, or calls REST or is answered by it."""

    device: str
    sends: bool
    frame: Any = None
    method: str = ""
    path: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page: what is carried out, and what is only shown."""

    title: str
    steps: list[Step]
    shown: list[Step]

    def listeners(self) -> list[str]:
        """The devices that are told something before they have said anything."""
        first = {step.device: step for step in reversed(self.steps)}
        return [name for name, step in first.items() if not step.sends and not step.status]


def sections_of(page: str) -> list[Section]:
    """The sections that have examples, in order."""
    parts = _SECTION.split(page)
    found = []
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        steps: dict[bool, list[Step]] = {True: [], False: []}
        for fence in _FENCE.finditer(text):
            steps[fence["info"] == "text"] += _steps_of(fence["body"])
        found.append(Section(title, steps[False], steps[True]))
    return [section for section in found if section.steps or section.shown]


def _steps_of(block: str) -> Iterator[Step]:
    for match in _STEP.finditer(block):
        text, sends = match["text"].strip(), match["arrow"] == "->"
        device = match["who"] or "an"
        answer, call = _ANSWER.match(text), _CALL.match(text)
        if text.startswith("curl "):
            yield _curl(device, text)
        elif sends and call:
            body = msgspec.json.decode(call["body"]) if call["body"] else None
            yield Step(device, sends, body, call["method"], call["path"])
        elif answer and not sends:
            yield Step(device, sends, msgspec.json.decode(answer["body"]), status=int(answer["status"]))
        else:
            yield Step(device, sends, msgspec.json.decode(text))


def _curl(device: str, command: str) -> Step:
    """A call as the command makes it; its headers are those that every call has."""
    words = iter(shlex.split(command.replace("\\\n", " "))[1:])
    method, body, address = "", None, ""
    for word in words:
        match word:
            case "-H":
                next(words)
            case "-X":
                method = next(words)
            case "-d":
                body = msgspec.json.decode(next(words))
            case _:
                address = word
    path = address.partition("://")[2].partition("/")[2]
    return Step(device, sends=True, frame=body, method=method or ("POST" if body else "GET"), path=f"/{path}")
