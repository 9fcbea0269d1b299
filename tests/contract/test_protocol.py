"""The pages for frontend developers are true: their examples are carried out, section by section.

How examples are written is said in `tests/support/doc_examples.py`. Each section begins with the same stage:
an, bo, chen and ding; a direct chat of an and bo (`ge9v...`) with three texts, the third bo's and unread; a
group of an, bo and chen (`psgs...`) with two entries. bo is online; chen and ding were never there.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import requests
from websockets.sync.client import ClientConnection, connect

from imapp.contracts.asyncapi import REQUESTS, SERVER_FRAMES
from tests.support.contract import CheckedConnection, Contract, check_contract
from tests.support.doc_examples import Section, Step, sections_of
from tests.support.doc_names import Names
from tests.support.link import socket_url
from tests.support.scene import Scene
from tests.support.tokens import make_token
from tests.support.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.indexed

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGES: Final = ("protocol", "conversations", "receipts", "search")
SECTIONS: Final = {
    f"{page}: {section.title}": section
    for page in PAGES
    for section in sections_of((DOCS / f"{page}.md").read_text(encoding="utf-8"))
}
PEOPLE: Final = {"an": "An 安", "bo": "Bo 博", "chen": "Chen 陈", "ding": "Ding 丁"}
DIRECT: Final = "ge9v0j9d09sd6v3fi564o000"
GROUP: Final = "psgsdhgcpud5gri1fcc38000"
TOKEN: Final = "eyJhbGciOi..."

Frame = dict[str, Any]


class Device:
    """One connection, and what came on it and was not yet in an example."""

    def __init__(self, url: str, token: str) -> None:
        self._token = token
        self._keep = ExitStack()
        self._socket: ClientConnection = self._keep.enter_context(
            connect(socket_url(url), create_connection=CheckedConnection, compression=None)
        )
        self.frames: list[Frame] = []
        self._greeted = False

    def send(self, frame: Frame) -> None:
        """Send a frame; before the first one a hello, unless it is one."""
        if frame["type"] == "hello":
            self._greeted = True
        self.greet()
        self._socket.send(msgspec.json.encode(frame).decode())

    def greet(self) -> None:
        """Say hello if nobody has."""
        if not self._greeted:
            self._greeted = True
            hello = {"type": "hello", "id": "stage", "token": self._token}
            self._socket.send(msgspec.json.encode(hello).decode())
            self.take(lambda frame: frame.get("id") == "stage")

    def take(self, wanted: Any) -> Frame:
        """The first frame that is wanted, waited for; raises AssertionError with those that came."""
        deadline, seen = time.monotonic() + PATIENCE_S, 0
        while True:
            for frame in self.frames[seen:]:
                seen += 1
                if wanted(frame):
                    self.frames.remove(frame)
                    return frame
            try:
                data = self._socket.recv(timeout=max(deadline - time.monotonic(), 0))
            except TimeoutError:
                raise AssertionError(f"nothing like it came, but {self.frames}") from None
            self.frames.append(msgspec.json.decode(data))

    def close(self) -> None:
        """Leave."""
        self._keep.close()


class Stage:
    """Where one section is played."""

    def __init__(self, scene: Scene) -> None:
        ids = scene.people(*PEOPLE)
        self.names = Names(**dict(zip(PEOPLE, ids, strict=True)))
        for user, name in zip(ids, PEOPLE.values(), strict=True):
            scene.cluster.database["users"].update_one({"_id": user}, {"$set": {"name": name}})
        self.url = scene.cluster.gateway_urls[0]
        self.tokens = {name: make_token(user) for name, user in zip(PEOPLE, ids, strict=True)}
        an, bo = scene.connect(ids[0]), scene.connect(ids[1])
        direct = bo.send_text(None, "Morning", to=ids[0]).channel_id
        an.send_text(direct, "Hi. Lunch?")
        an.wait_for_text("Morning")
        bo.send_text(direct, "Yes 好的", client_message_id="bo-1", extra={"mood": "happy"})
        group = an.write("create_group", name="Team", user_ids=list(ids[1:3])).channel_id
        an.send_text(group, "Welcome")
        self.names.know(DIRECT, direct)
        self.names.know(GROUP, group)
        an.close()
        look, headers = f"{self.url}/api/v1/presence?ids={ids[1]}", self._headers("an")
        eventually(
            lambda: requests.get(look, headers=headers, timeout=PATIENCE_S).json()["users"][0]["online"],
            what="bo is seen online",
        )
        self._devices: dict[str, Device] = {}
        self._asked: tuple[Step, requests.Response] | None = None

    def play(self, section: Section) -> None:
        """Carry out its examples; who only listens is there before anything happens."""
        for name in section.listeners():
            self._device(name).greet()
        for step in section.steps:
            if step.method:
                self._asked = (step, self._call(step))
            elif step.status:
                self._check_answer(step)
            elif step.sends:
                self._device(step.device).send(self._real_frame(step))
            else:
                self._expect(step)
        for device in self._devices.values():
            device.send({"type": "ping", "id": "end of stage"})
            device.take(lambda frame: frame.get("id") == "end of stage")
            assert [frame for frame in device.frames if frame["type"] == "error"] == [], "not on the page"

    def close(self) -> None:
        """Everybody leaves."""
        for device in self._devices.values():
            device.close()

    def _device(self, name: str) -> Device:
        if name not in self._devices:
            self._devices[name] = Device(self.url, self.tokens[name.partition("/")[0]])
        return self._devices[name]

    def _real_frame(self, step: Step) -> Frame:
        self.names.know(TOKEN, self.tokens[step.device.partition("/")[0]])
        frame: Frame = self.names.to_real(step.frame)
        if frame["type"] == "sync" and frame.get("cursor") == step.frame.get("cursor"):
            frame.pop("cursor", None)  # one that no example has given: from the start
        return frame

    def _expect(self, step: Step) -> None:
        """A reply is found by its id, an event by being like the example."""
        device = self._device(step.device)
        if "id" in step.frame:
            reply = device.take(lambda frame: frame.get("id") == step.frame["id"])
            self.names.check(step.frame, reply)
        else:
            device.take(lambda frame: self.names.fits(step.frame, frame))

    def _call(self, step: Step) -> requests.Response:
        return requests.request(
            step.method,
            self.url + self.names.path_to_real(step.path),
            json=None if step.frame is None else self.names.to_real(step.frame),
            headers=self._headers(step.device),
            timeout=PATIENCE_S,
        )

    def _headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    def _check_answer(self, step: Step) -> None:
        """What is read may follow a moment after what was written: it is asked for again."""
        assert self._asked is not None, "an answer without a request"
        call, answer = self._asked
        assert answer.status_code == step.status, answer.text
        if call.method == "GET" and not self.names.fits(step.frame, answer.json()):
            with suppress(AssertionError):  # what is different, the check below says
                eventually(lambda: self.names.fits(step.frame, self._call(call).json()))
            answer = self._call(call)
        self.names.check(step.frame, answer.json())


@pytest.fixture
def stage(scene: Scene) -> Iterator[Stage]:
    """A fresh one."""
    stage = Stage(scene)
    yield stage
    stage.close()


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_a_section_is_true(stage: Stage, section: Section) -> None:
    stage.play(section)


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_what_is_only_shown_has_the_right_shape(section: Section) -> None:
    contract = Contract(sees_requests=False)
    for step in section.shown:
        if not step.sends and not step.status:
            contract.received(msgspec.json.encode(step.frame))
    check_contract()


def test_the_page_shows_every_request_and_every_event() -> None:
    protocol = [section for title, section in SECTIONS.items() if title.startswith("protocol: ")]
    steps = [step for section in protocol for step in (*section.steps, *section.shown) if not step.method]
    shown = {step.frame.get("type") for step in steps if not step.status}
    tags = {str(frame.__struct_config__.tag) for frame in (*REQUESTS, *SERVER_FRAMES)}

    assert tags - shown == set(), "docs/protocol.md has no example of these frames"
