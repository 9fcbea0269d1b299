"""Two terminals with `imapp chat`: what one types the other sees, what one sets all devices of his show."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.samples import PDF, image
from tests.support.scene import Scene
from tests.support.terminal import Terminal
from tests.support.tokens import make_token
from tests.support.waiting import eventually

Open = Callable[..., Terminal]


@pytest.fixture
def opened(scene: Scene) -> Iterator[Open]:
    """Opens terminals of people on the two gateways in turn, until the test ends."""
    with ExitStack() as keep:
        count = 0

        def open_terminal(user: str, folder: Path | None = None) -> Terminal:
            nonlocal count
            url = scene.cluster.gateway_urls[count % 2]
            count += 1
            place = {"folder": folder} if folder is not None else {}
            terminal = keep.enter_context(Terminal(user, url=url, token=make_token(user), **place))
            terminal.wait_online()
            return terminal

        yield open_terminal


def asked_until(terminal: Terminal, line: str, begins: str, wanted: str) -> None:
    """Ask until the answer is this: marks of reading take a moment."""

    def is_so() -> bool:
        terminal.forget()
        terminal.type(line)
        return wanted in terminal.sees(begins)

    eventually(is_so, what=f"{line} says {wanted}")


def test_two_people_talk_answer_edit_and_recall(scene: Scene, opened: Open) -> None:
    an, bo = scene.people("an", "bo")
    ans, bos = opened(an), opened(bo)

    ans.type(f"/direct {bo}", "Lunch [:tada:]?")
    ans.sees("#1", "you", "Lunch 🎉?")
    bos.sees("1 unread in", "Lunch 🎉?")
    bos.type("/open 1", "/reply #1 Yes, at tvelve")
    bos.sees("#2", "you")
    bos.type("/edit #2 Yes, at twelve")

    ans.sees("#2", "↪ #1 you: Lunch 🎉?")
    ans.sees("#2 now says: Yes, at twelve")
    ans.type("/reply #2 good", "/recall #1")
    bos.sees("#4", "↪ #2 you: Yes, at twelve")
    bos.sees("recalled #1")
    bos.forget()
    bos.type("/open 1")
    assert "Lunch" not in bos.sees("#1", "(recalled)")
    assert (ans.leave(), bos.leave()) == (0, 0)


def test_what_one_sets_on_a_device_the_other_device_shows(scene: Scene, opened: Open) -> None:
    an, bo = scene.people("an", "bo")
    phone, laptop = opened(an), opened(an)
    phone.type(f"/direct {bo}", "one", "two")
    phone.sees("#2", "two")
    laptop.sees("/open 1")

    for line, told in (
        ("/pin", "pinned"),
        ("/notify none", "muted: nothing disturbs you"),
        ("/draft Shall we", "draft: Shall we"),
        ("/forget yes", "history cleared up to #2, for you alone"),
        ("/unread", "marked as unread"),
    ):
        phone.type(line)
        phone.sees("✓", told)
        laptop.sees("●", told, "(on another device)")
    phone.type(f"/direct {bo}", "/hide")
    laptop.sees("hidden until something new comes (on another device)")

    laptop.forget()
    laptop.type("/list", "/hidden", "/open 1", "/unhide")
    laptop.sees("no conversation yet")
    laptop.sees("▲", "[muted] [draft: Shall we]")
    phone.sees("in the list again (on another device)")
    assert not any("two" in line for line in laptop.lines), "what is cleared is shown nowhere"


def test_why_something_is_unread_and_who_has_seen_it(scene: Scene, opened: Open) -> None:
    an, bo = scene.people("an", "bo")
    ans, bos = opened(an), opened(bo)
    ans.type(f"/direct {bo}", "one", "two")
    bos.sees("/open 1", "two")
    bos.type("/direct nobody", "/why", f"/direct {an}")
    bos.sees("no conversation is open")

    asked_until(ans, "/seen #1", "#1: read by", "read by 1 of 1")
    asked_until(ans, "/seen", "#2: read by", "read by 1 of 1")
    ans.type("three")
    bos.sees("#3", "three")
    asked_until(bos, "/why", "the log agrees", "0 unread, the log agrees; you have read up to #3 of #3")
    ans.forget()
    ans.type("/why")
    ans.sees("#3", "your own")


def test_a_group_has_a_picture(scene: Scene, opened: Open, tmp_path: Path) -> None:
    an, bo = scene.people("an", "bo")
    (tmp_path / "us.png").write_bytes(image())
    ans, bos = opened(an, tmp_path), opened(bo)
    ans.type(f"/group Lunch {bo}", "/picture us.png")

    ans.sees("changed the group's picture")
    bos.type("/open Lunch")
    bos.sees("changed the group's picture")
    (row,) = scene.rest(bo).conversations().conversations
    assert scene.rest(bo).call("GET", f"/files/{row.avatar}/thumbnails/small").ok


def test_a_group_with_its_order(scene: Scene, opened: Open) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    ans, chens = opened(an), opened(chen)
    ans.type(f'/group "Late lunch" {bo}', "/set join=approval", "/announce At twelve.")
    ans.sees("set join to approval")
    ans.sees("announced: At twelve.")
    ans.type("/about")
    channel = ans.sees("Late lunch, enabled, id ").rpartition(" ")[2]
    ans.sees("join=approval")
    ans.sees("announced by you", ": At twelve.")

    chens.type(f"/join {channel} I am new")
    ans.sees("asks to be let in")
    ans.type("/requests")
    ans.sees(chen[:15], "“I am new”")
    ans.type(f"/accept {chen}")
    chens.sees("Late lunch")
    ans.type(f"/mute {chen} 2h")
    ans.sees("muted", "until")
    ans.type("/members")
    ans.sees(chen[:15], "muted until")

    chens.type("/open Late", "hi")
    chens.sees("✗ You may not write", "until")
    ans.type(f"/unmute {chen}")
    chens.sees("lets you write again")


def test_an_image_is_a_line_with_name_and_size_and_is_fetched(
    scene: Scene, opened: Open, tmp_path: Path
) -> None:
    an, bo = scene.people("an", "bo")
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "lunch.png").write_bytes(image())
    (tmp_path / "sent" / "menu.pdf").write_bytes(PDF)
    ans, bos = opened(an, tmp_path / "sent"), opened(bo, tmp_path)
    ans.type(f"/direct {bo}", "/image lunch.png", "/file menu.pdf")
    ans.sees("#1", "you", "[image] lunch.png", "40 x 30", "/download #1")
    bos.sees("/open 1")
    bos.type("/open 1")
    bos.sees("#1", "[image] lunch.png", "40 x 30")
    bos.sees("#2", "[file] menu.pdf")

    ans.type("/avatar lunch.png", "/avatar menu.pdf")
    ans.sees("you have a new picture")
    ans.sees("✗", "no such picture of yours")

    bos.type("/download #2", "/download #2")
    bos.sees("✓ menu.pdf")
    bos.sees("✗ not fetched", "File exists")
    assert (tmp_path / "menu.pdf").read_bytes() == PDF
