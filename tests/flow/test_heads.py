"""The head of a channel's row, as MongoDB itself keeps it: it moves forward only, and says who has read."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from imapp.domain.entries import LogEntry
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.changes import ChangeStore
from imapp.stores.channel_rows import Head
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberStore, mark_of
from imapp.stores.mongo import Database
from tests.support.channels import begun, direct

CHAT = "chat" + "0" * 20
ReadHead = Callable[[], Head]


def said(seq: int, content: str = "", sender: str = "an") -> LogEntry:
    """The entry at `seq`."""
    return LogEntry(
        channel_id=CHAT,
        seq=seq,
        sender=sender,
        sender_name=sender.capitalize(),
        sender_avatar="",
        client_message_id=f"c{seq}",
        body_hash=b"",
        type=1,
        content=content or str(seq),
        extra={},
        reply_to=None,
        mentions=[],
        status=0,
        countable=seq,
        rev=seq,
        time_ms=1_790_000_000_000 + seq,
    )


@pytest.fixture
def channels(database: Database) -> ChannelStore:
    """A direct chat of An and Bo, opened and empty."""
    ChangeStore(database).commit(begun(direct(CHAT, created_ms=1_790_000_000_000)))
    return ChannelStore(database)


@pytest.fixture
def head(channels: ChannelStore) -> ReadHead:
    """The channel's head as it is now."""
    return lambda: channels.heads([CHAT])[CHAT]


def seq_and_text(head: Head) -> tuple[int, str]:
    assert head.preview is not None
    return head.channel.last_seq, head.preview.content


def test_an_empty_channel_shows_nothing(head: ReadHead) -> None:
    assert (head().channel.last_seq, head().preview, head().last_ms) == (0, None, 1_790_000_000_000)


def test_the_newest_entry_is_shown_in_whatever_order_they_come(
    channels: ChannelStore, head: ReadHead
) -> None:
    for seq in (9, 10, 2):
        channels.move_heads([said(seq)])
    assert seq_and_text(head()) == (10, "10")


def test_of_one_entry_the_later_revision_is_shown(channels: ChannelStore, head: ReadHead) -> None:
    channels.move_heads([replace(said(3, "a"), rev=5)])
    channels.move_heads([said(3, "zzz")])
    assert seq_and_text(head()) == (3, "a")


def test_mending_moves_a_head_that_is_behind_and_stamps_it(channels: ChannelStore, head: ReadHead) -> None:
    channels.move_heads([said(1)])
    before = head()
    channels.mend_heads([said(2)])
    assert seq_and_text(head()) == (2, "2")
    assert head().changed_at >= before.changed_at


def test_mending_leaves_a_head_that_is_right_without_a_stamp(channels: ChannelStore, head: ReadHead) -> None:
    channels.move_heads([said(2)], [mark_of(said(2))])
    before = head()
    channels.mend_heads([said(2)], [mark_of(said(2))])
    assert head() == before


def test_a_sender_of_a_direct_chat_has_read_what_he_sent(
    database: Database, channels: ChannelStore, head: ReadHead
) -> None:
    channels.move_heads([said(4)], [mark_of(said(3, sender="bo")), mark_of(said(4))])
    channels.move_heads([said(2)], [mark_of(said(2))])
    read = {
        row.member.user_id: with_own_messages(row, head()).read_seq
        for row in MemberStore(database).page(CHAT, "", 10)
    }
    assert read == {"an": 4, "bo": 3}


def test_a_mark_that_is_further_than_his_own_messages_counts(
    database: Database, channels: ChannelStore, head: ReadHead
) -> None:
    channels.move_heads([said(5)], [mark_of(said(1, sender="bo"))])
    MemberStore(database).move_marks([mark_of(said(5, sender="bo"))])
    row = MemberStore(database).find(CHAT, "bo")
    assert row is not None
    assert with_own_messages(row, head()).read_seq == 5
