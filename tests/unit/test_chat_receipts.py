"""The client says by itself what it has received, and shows how far its person's messages got."""

from typing import Any

from tests.unit.fakes.desktop import BO, Desktop, direct
from tests.unit.fakes.phone import LUNCH, Frame, Phone, event, row


def received(phone: Phone) -> list[tuple[int, int]]:
    """What the client said it holds since it was last asked: from which seq to which."""
    return [(frame.get("from_seq", 1), frame["seq"]) for frame in phone.sends("received")]


def receipt(status: str, up_to: int, **fields: Any) -> Frame:
    told = {"channel_id": BO, "user_id": "bo", "status": status, "up_to_seq": up_to}
    return {"type": "receipt", "at": "2026-11-24T08:00:00.000Z"} | told | fields


class TestSaying:
    def test_the_first_arrival_is_said_at_once_and_claims_nothing_older(self) -> None:
        phone = Phone()
        phone.start(row(last_seq=7))

        phone.hear(event(8))

        assert received(phone) == [(8, 8)]

    def test_a_device_that_holds_everything_says_so(self) -> None:
        phone = Phone()
        phone.start(row())

        phone.hear(event(1))

        assert received(phone) == [(1, 1)]

    def test_what_follows_is_gathered_to_twice_a_second(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(*(event(seq) for seq in range(1, 11)))
        assert received(phone) == [(1, 1)]

        deadline = phone.core.deadline()
        assert deadline is not None
        assert deadline <= phone.now + 0.5
        phone.wait(0.5)

        assert received(phone) == [(1, 10)]
        phone.wait(0.5)
        assert received(phone) == []

    def test_a_hole_is_not_claimed(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1))
        phone.wait(1)
        received(phone)

        phone.hear(event(3))
        phone.wait(1)

        assert received(phone) == []

    def test_own_messages_are_not_said(self) -> None:
        phone = Phone()
        phone.start(row())

        phone.hear(event(1, sender="an"))
        phone.wait(1)

        assert received(phone) == []

    def test_after_a_reconnect_it_is_said_again(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1))
        received(phone)

        phone.reconnect()
        phone.wait(0.5)

        assert received(phone) == [(1, 1)]


class TestShowing:
    def ticks(self, desktop: Desktop) -> str:
        desktop.shown()
        return next((part for part in desktop.paper.status.bar.split("  ") if "✓" in part), "")

    def start(self) -> Desktop:
        desktop = Desktop(is_live=True)
        desktop.begin(direct())
        desktop.type("/open 1")
        desktop.hear(event(1, "lunch?", channel=BO, sender="an"))
        return desktop

    def test_a_message_is_sent_then_received_then_read(self) -> None:
        desktop = self.start()
        assert self.ticks(desktop) == "✓ sent"

        desktop.hear(receipt("received", 1))
        assert self.ticks(desktop) == "✓✓ received"

        desktop.hear(receipt("read", 1))
        assert self.ticks(desktop) == "✓✓ read"

    def test_a_late_received_takes_nothing_back(self) -> None:
        desktop = self.start()

        desktop.hear(receipt("read", 1), receipt("received", 1))

        assert self.ticks(desktop) == "✓✓ read"

    def test_a_receipt_of_other_entries_says_nothing(self) -> None:
        desktop = self.start()

        desktop.hear(receipt("received", 9, from_seq=2))

        assert self.ticks(desktop) == "✓ sent"

    def test_who_answers_has_read(self) -> None:
        desktop = self.start()

        desktop.hear(event(2, "yes", channel=BO))
        assert self.ticks(desktop) == ""
        desktop.hear(event(3, "good", channel=BO, sender="an"))
        assert self.ticks(desktop) == "✓ sent"

    def test_groups_have_no_ticks_but_the_one_for_stored(self) -> None:
        desktop = Desktop(is_live=True)
        desktop.begin(row())
        desktop.type("/open 1")
        desktop.hear(event(1, sender="an"), receipt("read", 1, channel_id=LUNCH))

        assert self.ticks(desktop) == ""

    def test_reopened_messages_show_how_far_they_got(self) -> None:
        desktop = self.start()
        desktop.hear(event(2, "anybody?", channel=BO, sender="an"), receipt("received", 1))
        desktop.shown()

        desktop.type("/open 1")

        lines = [line for line in desktop.shown() if "✓" in line]
        assert [line.count("✓") for line in lines] == [2, 1]


class TestNudges:
    """Reminders that I send, and that come."""

    def start(self) -> Desktop:
        desktop = Desktop(is_live=True)
        desktop.begin(row())
        desktop.type("/open 1")
        desktop.hear(event(1, "lunch?", sender="an"))
        return desktop

    def test_who_has_not_read_is_nudged_and_too_soon_is_not_tried_again(self) -> None:
        desktop = self.start()
        desktop.type("/nudge")
        [wanted] = desktop.sends("nudge")
        assert wanted["message_id"].endswith("000001")
        desktop.answer(wanted, message_id=wanted["message_id"], nudged=28, at="2026-11-24T08:00:00.000Z")
        assert any("28 reminded" in line for line in desktop.shown())

        desktop.type("/nudge 1")
        [again] = desktop.sends("nudge")
        desktop.refuse(again, "rate_limited", retry_after=600)
        desktop.wait(601)

        assert desktop.sends("nudge") == []
        assert len(desktop.core.outbox) == 0

    def test_a_nudge_is_shown_once(self) -> None:
        desktop = self.start()
        nudge = {
            "type": "nudge",
            "channel_id": LUNCH,
            "message_id": f"{LUNCH}.000000000001",
            "seq": 1,
            "user_id": "bo",
            "user_name": "Bo",
            "at": "2026-11-24T08:00:00.000Z",
        }

        desktop.hear(nudge, nudge)

        assert sum("Bo asks you to read message #1" in line for line in desktop.shown()) == 1
