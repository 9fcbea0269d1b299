"""The conversation list: the seed's order, unread counts and labels, and the watermarks behind them."""

import pytest

from tests.unit.fakes.phone import LUNCH, WORK, Frame, Phone, entry, event, history_page, row, sync_page

TEA = "tea000000000000000000000"


def listed(phone: Phone) -> list[str]:
    return [room.row.name for room in phone.core.store.conversations]


def unread(phone: Phone, channel: str = LUNCH) -> int:
    return phone.core.store.rooms[channel].unread


def read_elsewhere(seq: int, *, unread: int) -> Frame:
    state = {"channel_id": LUNCH, "read_seq": seq, "unread": unread, "unread_label": ""}
    return {"type": "conversation"} | state


class TestOrder:
    def test_unread_ones_come_before_newer_ones_without(self) -> None:
        phone = Phone()
        phone.start(
            row(LUNCH, last_time="2026-11-23T08:00:00.000Z"),
            row(WORK, last_time="2026-11-20T08:00:00.000Z", last_seq=1, read_seq=0, unread=1),
        )
        assert listed(phone) == ["Work", "Lunch"]

    def test_pinned_ones_come_before_unread_ones(self) -> None:
        phone = Phone()
        phone.start(row(LUNCH, last_seq=1, read_seq=0, unread=1), row(WORK, pinned=True))
        assert listed(phone) == ["Work", "Lunch"]

    def test_otherwise_the_newest_comes_first(self) -> None:
        phone = Phone()
        phone.start(
            row(LUNCH, last_time="2026-11-20T08:00:00.000Z"), row(WORK, last_time="2026-11-23T08:00:00.000Z")
        )
        assert listed(phone) == ["Work", "Lunch"]

    def test_a_live_message_moves_its_conversation_up(self) -> None:
        phone = Phone()
        phone.start(row(LUNCH), row(WORK, last_time="2026-11-23T07:00:00.000Z"))
        phone.hear(event(1, "report", channel=WORK))
        work = phone.core.store.rooms[WORK].row
        assert listed(phone) == ["Work", "Lunch"]
        assert work.last_message is not None
        assert (work.last_message.content, work.last_seq) == ("report", 1)

    def test_the_story_of_the_seed(self) -> None:
        """A is online, B sends 5 that A does not read, A leaves, C sends 5, A returns: both show 5."""
        bo, chen = "bo0000000000000000000000", "chen00000000000000000000"
        phone = Phone()
        phone.start(row(bo))
        phone.hear(*(event(seq, channel=bo) for seq in range(1, 6)))
        phone.reconnect(sync=sync_page(row(chen, last_seq=5, read_seq=0, unread=5), cursor="c2"))
        assert [room.unread_label for room in phone.core.store.conversations] == ["5", "5"]


class TestUnread:
    def test_messages_of_others_count(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1), event(2))
        assert unread(phone) == 2

    def test_system_entries_do_not_count(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1, message_type="system", extra={"event": "member_left", "user_ids": ["bo"]}))
        assert unread(phone) == 0

    def test_live_messages_count_on_top_of_what_the_server_counted(self) -> None:
        phone = Phone()
        phone.start(row(last_seq=50, read_seq=10, unread=37))
        phone.hear(event(51))
        assert unread(phone) == 38

    @pytest.mark.parametrize(
        ("count", "label"), [(0, ""), (1, "1"), (99, "99"), (100, "99+"), (5_000, "99+")]
    )
    def test_the_label_is_capped(self, count: int, label: str) -> None:
        phone = Phone()
        phone.start(row(last_seq=6_000, read_seq=0, unread=count))
        assert phone.core.store.rooms[LUNCH].unread_label == label

    def test_writing_reads_what_was_before(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1))
        phone.write("hi")
        phone.store(phone.sends("send")[0], seq=2)
        assert unread(phone) == 0

    def test_a_sync_older_than_the_live_entries_takes_nothing_back(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear({"type": "resync"}, event(1, "hi"))
        phone.answer(phone.sends("sync")[0], **sync_page(row(last_seq=0), cursor="c2"))
        assert unread(phone) == 1
        assert phone.core.store.rooms[LUNCH].row.last_seq == 1


class TestReading:
    def test_it_tells_the_server(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1))
        phone.core.mark_read(LUNCH, 1)
        assert [(read["channel_id"], read["seq"]) for read in phone.sends("read")] == [(LUNCH, 1)]
        assert unread(phone) == 0

    def test_one_is_on_its_way_at_a_time_and_the_newest_follows(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1), event(2), event(3))
        for seq in (1, 2, 3):
            phone.core.mark_read(LUNCH, seq)
        [first] = phone.sends("read")
        phone.answer(first, channel_id=LUNCH, read_seq=1, unread=2, unread_label="2")
        [second] = phone.sends("read")
        phone.answer(second, channel_id=LUNCH, read_seq=3, unread=0, unread_label="")
        assert (first["seq"], second["seq"]) == (1, 3)
        assert phone.sends("read") == []
        assert unread(phone) == 0

    def test_the_watermark_never_goes_back(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1), event(2))
        phone.core.mark_read(LUNCH, 2)
        phone.core.mark_read(LUNCH, 1)
        phone.hear(read_elsewhere(1, unread=1))
        assert phone.core.store.rooms[LUNCH].row.read_seq == 2

    def test_a_sync_that_does_not_know_of_it_takes_it_not_back(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1), event(2))
        phone.core.mark_read(LUNCH, 2)
        phone.hear({"type": "resync"})
        phone.answer(phone.sends("sync")[0], **sync_page(row(last_seq=2, read_seq=0, unread=2), cursor="c2"))
        assert unread(phone) == 0

    def test_reading_on_another_device_counts_here(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1), event(2), event(3))
        phone.hear(read_elsewhere(2, unread=1))
        assert unread(phone) == 1

    def test_reading_on_another_device_of_what_is_not_held(self) -> None:
        phone = Phone()
        phone.start(row(last_seq=500, read_seq=0, unread=450))
        phone.hear(read_elsewhere(300, unread=190), event(501))
        assert unread(phone) == 191

    def test_a_refused_read_is_not_repeated(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1))
        phone.core.mark_read(LUNCH, 1)
        phone.refuse(phone.sends("read")[0], "not_member")
        phone.wait(60.0)
        assert phone.sends("read") == []


class TestNewRooms:
    def test_one_is_known_when_sync_has_told_of_it(self) -> None:
        phone = Phone()
        phone.start()
        phone.hear(event(8, "welcome", channel=TEA))
        assert not phone.core.store.rooms[TEA].known
        phone.answer(
            phone.sends("sync")[0], **sync_page(row(TEA, last_seq=8, read_seq=7, unread=1), cursor="c2")
        )
        assert phone.core.store.rooms[TEA].known
        assert (phone.core.store.rooms[TEA].row.name, unread(phone, TEA)) == ("Tea", 1)

    def test_a_page_shown_counts_what_it_shows(self) -> None:
        phone = Phone()
        phone.start(row(last_seq=3, read_seq=1, unread=2))
        phone.core.ask_older(LUNCH)
        phone.answer(
            phone.sends("history")[0], **history_page(entry(2), entry(3), start=2, end=3, older=True)
        )
        assert unread(phone) == 2

    def test_names_are_those_last_seen(self) -> None:
        phone = Phone()
        phone.start(row(LUNCH, channel_type="direct", peer="bo", name="Bo"))
        phone.hear(event(1, sender_name="Bo Li"))
        assert phone.core.store.name("bo") == "Bo Li"
        assert phone.core.store.name("chen") == "chen"


class TestRecallAndEdit:
    def test_what_was_recalled_is_no_longer_unread_and_shown_so(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1, "one"), event(2, "two"))
        phone.hear(event(3, message_type="recall", content="", extra={"target_seq": 2}))
        last = phone.core.store.rooms[LUNCH].row.last_message
        assert unread(phone) == 1
        assert last is not None
        assert (last.seq, last.content, last.status.value) == (2, "", "recalled")

    def test_an_edit_changes_the_text_in_its_place_and_does_not_count(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1, "tvelve"))
        phone.hear(event(2, "twelve", message_type="edit", extra={"target_seq": 1}))
        room = phone.core.store.rooms[LUNCH]
        assert unread(phone) == 1
        assert room.timeline.entries[0].content == "twelve"
        assert room.row.last_message is not None
        assert (room.row.last_message.seq, room.row.last_message.content) == (1, "twelve")

    def test_my_newest_message_is_the_one_that_still_says_something(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1, "one", sender="an"), event(2, "two", sender="an"), event(3, "three"))
        phone.hear(event(4, message_type="recall", content="", sender="an", extra={"target_seq": 2}))
        newest = phone.core.store.rooms[LUNCH].newest_of_mine(text_only=True)
        assert newest is not None
        assert newest.seq == 1
