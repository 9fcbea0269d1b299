"""What An does with groups: makes them, changes who is in them, mutes, leaves."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.fakes.desktop import Desktop
from tests.unit.fakes.phone import LUNCH, Frame, row


class TestGroups:
    def test_somebody_is_muted_for_a_time_from_now(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "/mute bo 2h")
        [frame] = desktop.sends("mute_member")
        until = datetime.fromisoformat(frame["until"])
        assert timedelta(hours=1, minutes=59) < until - datetime.now(UTC) <= timedelta(hours=2)

    @pytest.mark.parametrize(
        ("line", "sent"),
        [
            ("/add chen dee", {"type": "add_members", "user_ids": ["chen", "dee"]}),
            ("/remove chen", {"type": "remove_member", "user_id": "chen"}),
            ("/rename Late lunch", {"type": "update_channel", "name": "Late lunch"}),
            ("/leave", {"type": "leave"}),
        ],
    )
    def test_commands_of_the_open_group(self, desktop: Desktop, line: str, sent: Frame) -> None:
        desktop.begin(row())
        desktop.type("/open 1", line)
        [frame] = desktop.sends(sent["type"])
        assert frame.items() >= (sent | {"channel_id": LUNCH}).items()

    def test_a_group_is_made_with_a_quoted_name(self, desktop: Desktop) -> None:
        desktop.begin()
        desktop.type('/group "Late lunch" bo chen')
        [frame] = desktop.sends("create_group")
        assert (frame["name"], frame["user_ids"]) == ("Late lunch", ["bo", "chen"])

    def test_leaving_closes_the_conversation(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "/leave")
        desktop.answer(desktop.sends("leave")[0], channel_id=LUNCH, seq=1)
        desktop.type("hello?")
        assert desktop.shown()[-1].startswith("no conversation is open")

    @pytest.mark.parametrize("line", ["/add bo", "/leave", "/more", "hi"])
    def test_without_an_open_conversation_nothing_is_sent(self, desktop: Desktop, line: str) -> None:
        desktop.begin(row())
        desktop.type(line)
        assert desktop.shown()[-1].startswith("no conversation is open")
        assert desktop.sends("send", "add_members", "leave") == []
