"""How far back a mention is looked for that lies behind one that does not count."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from imapp.domain.channel import Member
from imapp.domain.spans import Spans
from imapp.services.reading.mentions import unread_mentions
from imapp.stores.channel_rows import Head
from imapp.stores.members import MemberRow
from imapp.stores.messages import MessageLog
from schemas.common import Notify, Role
from tests.support.channels import group

GROUP = "g" * 24
TO_ALL = 90_000
NOW = datetime(2026, 11, 30, tzinfo=UTC)
HEAD = Head(
    channel=group(GROUP),
    member_count=1,
    preview=None,
    last_ms=0,
    changed_at=NOW,
    own={},
    mention_all_seq=TO_ALL,
)


class Log:
    """Holds no entry that is asked for by its seq, and notes which ranges are looked through."""

    def __init__(self) -> None:
        self.looked_through: list[tuple[int, int]] = []

    def at_hand(self, _places: Any) -> dict[str, Any]:
        return {}

    def newest_addressing(self, _user_id: str, _channel_id: str, low: int, high: int) -> int:
        self.looked_through.append((low, high))
        return 0


def looked_through(spans: Spans, *, read_seq: int = 0) -> list[tuple[int, int]]:
    """Where a mention of bo is looked for, after all were addressed with what does not count for him."""
    log = Log()
    row = MemberRow(
        channel_id=GROUP,
        member=Member("bo", Role.MEMBER, spans),
        joined_ms=0,
        read_seq=read_seq,
        read_countable=0,
        notify=Notify.ALL,
        pinned=False,
        changed_at=NOW,
    )
    assert unread_mentions([row], {GROUP: HEAD}, cast("MessageLog", log)) == {}
    return log.looked_through


@pytest.mark.limit("entries that are looked through for a mention, behind one that was recalled or edited")
def test_who_is_there_is_looked_for_in_ten_thousand_entries() -> None:
    assert looked_through(((1, None),)) == [(TO_ALL - 10_000, TO_ALL - 1)]


@pytest.mark.limit("the same for who has left, behind what was said to all since")
def test_who_has_left_is_looked_for_in_the_last_of_his_stay() -> None:
    assert looked_through(((1, 40_000),)) == [(39_501, 40_000)]


def test_nobody_is_looked_for_in_what_he_has_read() -> None:
    assert looked_through(((1, 40_000),), read_seq=39_990) == [(39_991, 40_000)]
    assert looked_through(((1, 40_000),), read_seq=40_000) == []
