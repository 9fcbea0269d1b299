"""Whom new entries may disturb."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from imapp.domain.entries import LogEntry
from imapp.domain.pushes import Listener, may_disturb, news_for
from schemas.common import Notify
from tests.support.entries import log_entry

BO = Listener("bo", ((1, None),), Notify.ALL, 0)


def text(seq: int, sender: str = "an", *, mentions: tuple[str, ...] = ()) -> LogEntry:
    return log_entry("c" * 24, seq, sender=sender, mentions=list(mentions))


@pytest.mark.parametrize(
    ("notify", "mentioned", "disturbed"),
    [
        (Notify.ALL, False, True),
        (Notify.ALL, True, True),
        (Notify.MENTIONS, False, False),
        (Notify.MENTIONS, True, True),
        (Notify.NONE, False, False),
        (Notify.NONE, True, False),
    ],
)
def test_a_member_decides_what_disturbs_him(notify: Notify, mentioned: bool, disturbed: bool) -> None:
    assert may_disturb(notify, mentioned=mentioned) is disturbed


def test_the_newest_stands_for_all() -> None:
    news = news_for(BO, [text(1), text(2, mentions=("bo",)), text(3)])

    assert news is not None
    assert (news.entry.seq, news.messages, news.mentioned) == (3, 3, True)


def test_of_a_muted_channel_only_what_addresses_him_is_news() -> None:
    muted = replace(BO, notify=Notify.MENTIONS)

    news = news_for(muted, [text(1, mentions=("bo",)), text(2), text(3, mentions=("chen",))])

    assert news is not None
    assert (news.entry.seq, news.messages, news.mentioned) == (1, 1, True)


def test_his_own_is_no_news() -> None:
    assert news_for(BO, [text(1, "bo")]) is None


def test_what_he_has_read_is_no_news() -> None:
    assert news_for(replace(BO, read_seq=2), [text(1), text(2)]) is None


def test_what_he_may_not_see_is_no_news() -> None:
    stays = ((1, 2), (5, None))
    found = news_for(replace(BO, spans=stays), [text(seq) for seq in range(1, 7)])

    assert found is not None
    assert found.messages == 4
    assert news_for(replace(BO, spans=stays), [text(3), text(4)]) is None


def test_what_the_system_says_and_what_was_recalled_is_no_news() -> None:
    assert news_for(BO, [changed(text(1), type=99), changed(text(2), status=1)]) is None


def test_who_wants_mentions_alone_hears_of_what_is_for_all() -> None:
    muted = replace(BO, notify=Notify.MENTIONS)
    news = news_for(muted, [text(1), changed(text(2), mention_all=True), text(3)])

    assert news is not None
    assert (news.entry.seq, news.messages, news.mentioned) == (2, 1, True)
