"""Every command is explained and does something, and between them they ask every verb of the socket."""

from typing import get_args

import pytest
import wcwidth

from imapp.cli.chat.commands import AREAS
from schemas.frames import ClientFrame
from tests.unit.fakes.desktop import BO, Desktop
from tests.unit.fakes.phone import entry, event, history_page, row, sync_page
from tests.unit.test_chat_commands import COMMANDS


class TestHelp:
    def test_it_is_of_all_or_of_one(self, desktop: Desktop) -> None:
        desktop.begin()
        desktop.type("/help")
        assert any(line.split()[:2] == ["talking", "/reply"] for line in desktop.shown())
        desktop.type("/help reply", "/help dancing")
        reply, unknown = desktop.shown()
        assert reply.split()[:3] == ["/reply", "N", "TEXT"]
        assert unknown.startswith("there is no dancing")

    def test_in_a_terminal_no_line_is_longer_than_that_is_wide(self) -> None:
        desktop = Desktop(is_live=True)
        desktop.begin()
        desktop.type("/help", *(f"/help {area.name}" for area in AREAS))
        assert max(wcwidth.width(line) for line in desktop.shown()) <= 80

    @pytest.mark.parametrize("line", [line for line, _ in COMMANDS])
    def test_whatever_can_be_written_can_be_done(self, desktop: Desktop, line: str) -> None:
        desktop.begin()
        desktop.type(line)  # nothing is open, so much of it is refused
        assert (
            desktop.shown()
            or desktop.sends(
                "open_direct",
                "create_group",
                "request_join",
                "withdraw_join_request",
                "search_messages",
                "settings",
                "set_settings",
                "change_me",
            )
            or (desktop.screen.is_leaving or desktop.carrier.asked)
        )


def test_every_verb_of_the_socket_is_asked_by_something_that_one_can_do() -> None:
    asked: set[str] = set()
    dee = row(BO, channel_type="direct", peer="dee", name="Dee", member_count=2)
    for line, _ in COMMANDS:
        desktop = Desktop()
        hello = desktop.connect()
        desktop.answer(*desktop.sends("sync"), **sync_page(dee, row(last_seq=1)))
        desktop.type("/open Lunch")
        page = history_page(*(entry(seq, sender="an") for seq in (1, 14)), start=1, end=14)
        desktop.answer(*desktop.sends("history"), **page)
        desktop.hear(event(15))
        desktop.screen.take_keystroke("hi")
        desktop.type(line)
        desktop.wait(31.0)
        asked |= {hello["type"], "sync", "history", *(frame["type"] for frame in desktop.all_sent())}

    assert asked == {struct.__struct_config__.tag for struct in get_args(ClientFrame)}
