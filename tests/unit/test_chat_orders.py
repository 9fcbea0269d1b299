"""Slash-commands about roles and order in groups: what is asked of the server, and what means nothing."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import pytest

from imapp.cli.chat.commands import Misuse, Order, parse
from imapp.cli.chat.orders import order_request
from schemas.group_frames import RequestJoin

CHANNEL: Final = "0" * 24
OTHER: Final = "1" * 24
NOW: Final = datetime(2026, 11, 24, 8, tzinfo=UTC)


def asked(line: str) -> dict[str, Any]:
    """What a line asks of the server, without its ids."""
    order = parse(line)
    assert isinstance(order, Order)
    request = order_request(order, "r1", CHANNEL, NOW)
    fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(request))
    assert (fields.pop("id"), fields.pop("client_message_id")) == ("r1", "r1")
    return {name: value for name, value in fields.items() if value is not None and value != CHANNEL}


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("/admin bo", {"type": "set_role", "user_id": "bo", "role": "admin"}),
        ("/member bo", {"type": "set_role", "user_id": "bo", "role": "member"}),
        ("/owner bo", {"type": "transfer_owner", "user_id": "bo"}),
        ("/nick Bo's ace", {"type": "set_nickname", "nickname": "Bo's ace"}),
        ("/nick -", {"type": "set_nickname", "nickname": ""}),
        ("/announce Lunch at 12", {"type": "set_announcement", "text": "Lunch at 12"}),
        ("/mute bo 2h", {"type": "mute_member", "user_id": "bo", "until": "2026-11-24T10:00:00Z"}),
        ("/unmute bo", {"type": "unmute_member", "user_id": "bo"}),
        ("/set join=approval max=50", {"type": "update_channel", "join": "approval", "max_members": 50}),
        ("/set quiet=off edit=members", {"type": "update_channel", "mute_all": False, "edit": "members"}),
        ("/accept bo chen", {"type": "answer_join_requests", "user_ids": ["bo", "chen"], "accept": True}),
        ("/refuse bo", {"type": "answer_join_requests", "user_ids": ["bo"], "accept": False}),
        ("/disable", {"type": "set_status", "status": "disabled"}),
        ("/enable", {"type": "set_status", "status": "enabled"}),
        ("/dissolve", {"type": "dissolve"}),
    ],
)
def test_what_a_line_asks_for(line: str, request_: dict[str, Any]) -> None:
    assert asked(line) == request_


def test_who_asks_to_be_let_in_names_the_group() -> None:
    request = order_request(Order("/join", [OTHER, "I", "am", "new"]), "r1", "", NOW)

    assert request == RequestJoin(id="r1", client_message_id="r1", channel_id=OTHER, reason="I am new")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/admin", "usage: /admin USER"),
        ("/admin bo chen", "one person"),
        ("/mute bo", "usage: /mute USER TIME"),
        ("/mute bo soon", "10m, 2h, 1d"),
        ("/set colour=red", "no setting colour"),
        ("/set join=maybe", "join can't be maybe"),
        ("/set max", "max can't be empty"),
    ],
)
def test_why_a_line_means_nothing(line: str, why: str) -> None:
    with pytest.raises(Misuse, match=why):
        asked(line)
