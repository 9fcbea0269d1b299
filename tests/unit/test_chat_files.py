"""Files and pictures: sent up first and then sent or set, fetched, and what becomes of them is said."""

from pathlib import Path

import pytest

from imapp.cli.chat.carrier import Fetched, NotCarried, PictureUp, SentUp
from schemas.common import MessageType
from tests.unit.fakes.desktop import Desktop
from tests.unit.fakes.phone import LUNCH, row


def test_a_file_is_sent_up_first_and_then_sent(desktop: Desktop, tmp_path: Path) -> None:
    picture = tmp_path / "a b.png"
    picture.write_bytes(b"x")
    desktop.begin(row(LUNCH, name="Lunch"))
    desktop.type("/open Lunch")

    desktop.type(f"/image {picture}")
    assert desktop.carrier.asked == [("a b.png", LUNCH, MessageType.IMAGE)]
    desktop.screen.take_brought(SentUp(LUNCH, MessageType.IMAGE, "f1"))

    sent = desktop.sends("send")[-1]
    assert (sent["message_type"], sent["extra"], sent.get("content", "")) == ("image", {"file_id": "f1"}, "")


def test_ones_own_picture_is_sent_up_or_named(desktop: Desktop, tmp_path: Path) -> None:
    (tmp_path / "me.png").write_bytes(b"x")
    desktop.begin()

    desktop.type(f"/avatar {tmp_path / 'me.png'}")
    assert desktop.carrier.asked == [("me.png", None)]
    desktop.screen.take_brought(PictureUp(None, "f1"))
    desktop.type("/avatar https://im.example/me.png", "/avatar -")

    [sent_up] = desktop.sends("change_me")
    desktop.answer(sent_up, user_id="an", name="An", avatar="f1", kind="employee")
    [elsewhere] = desktop.sends("change_me")
    desktop.refuse(elsewhere, "not_found")
    [none] = desktop.sends("change_me")
    desktop.answer(none, user_id="an", name="An", avatar="", kind="employee")

    assert [frame["avatar"] for frame in (sent_up, elsewhere, none)] == [
        "f1",
        "https://im.example/me.png",
        "",
    ]
    assert desktop.shown()[-3:] == ["  you have a new picture", "✗ It is not_found.", "  you have no picture"]


def test_a_groups_picture_is_sent_up_first_and_then_set(desktop: Desktop, tmp_path: Path) -> None:
    (tmp_path / "us.png").write_bytes(b"x")
    desktop.begin(row(LUNCH, name="Lunch"))
    desktop.type("/open Lunch", f"/picture {tmp_path / 'us.png'}")
    assert desktop.carrier.asked == [("us.png", LUNCH)]
    assert desktop.sends("update_channel") == []

    desktop.screen.take_brought(PictureUp(LUNCH, "f1"))

    (sent,) = desktop.sends("update_channel")
    assert (sent["channel_id"], sent["avatar"]) == (LUNCH, "f1")


@pytest.mark.parametrize(("said", "avatar"), [("-", ""), ("https://im.example/us.png",) * 2])
def test_a_groups_picture_is_elsewhere_or_none(desktop: Desktop, said: str, avatar: str) -> None:
    desktop.begin(row(LUNCH, name="Lunch"))

    desktop.type("/open Lunch", f"/picture {said}")

    assert [sent["avatar"] for sent in desktop.sends("update_channel")] == [avatar]
    assert desktop.carrier.asked == []


def test_a_picture_that_is_not_there_changes_nothing(desktop: Desktop) -> None:
    desktop.begin(row(LUNCH, name="Lunch"))
    desktop.type("/picture none.png", "/open Lunch", "/picture none.png", "/avatar none.png")

    assert not desktop.carrier.asked
    assert not desktop.sends("update_channel")
    said = desktop.shown()
    assert any("no conversation is open" in line for line in said)
    assert [line for line in said if "there is no file none.png" in line][1:]


def test_what_becomes_of_a_file_is_said(desktop: Desktop) -> None:
    desktop.begin(row(LUNCH, name="Lunch"))

    desktop.type("/download f1", "/download f2 there.pdf")
    desktop.screen.take_brought(Fetched(Path("a.pdf"), 48_213))
    desktop.screen.update()
    desktop.screen.take_brought(NotCarried("There is no such thing", of_upload=False))

    assert desktop.carrier.asked == [("f1", None), ("f2", Path("there.pdf"))]
    said = "\n".join(desktop.shown())
    assert "a.pdf, 48 kB" in said
    assert "not fetched: There is no such thing" in said


def test_a_file_that_is_not_there_is_not_sent(desktop: Desktop) -> None:
    desktop.begin(row(LUNCH, name="Lunch"))
    desktop.type("/open Lunch")

    desktop.type("/file /nowhere/a.pdf")

    assert desktop.carrier.asked == []
    assert "there is no file" in "\n".join(desktop.shown())
