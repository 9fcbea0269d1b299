"""The three states of a message: whatever order receipts come in, the answer is the same."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.channel import Member
from imapp.domain.receipts import PushState, Receipt, clamped, push_states, recipients
from schemas.common import Role
from schemas.receipts import PushStatus

SENT_MS = 1_000


def received(receiver: str, up_to: int, at_ms: int, *, from_seq: int = 1) -> Receipt:
    return Receipt(receiver, PushStatus.RECEIVED, up_to, at_ms, from_seq)


def read(receiver: str, up_to: int, at_ms: int) -> Receipt:
    return Receipt(receiver, PushStatus.READ, up_to, at_ms)


def state(seq: int, *receipts: Receipt, of: str = "bo") -> PushState:
    return push_states(seq, [of], receipts, stored_ms=SENT_MS)[of]


def member(user_id: str, *spans: tuple[int, int | None]) -> Member:
    return Member(user_id, Role.MEMBER, spans)


def test_without_a_receipt_it_is_unreceived_since_it_was_dispatched() -> None:
    assert state(5) == PushState(PushStatus.UNRECEIVED, SENT_MS)


def test_a_cumulative_mark_counts_for_all_before_it_and_none_after() -> None:
    assert state(5, received("bo", 7, 2_000)) == PushState(PushStatus.RECEIVED, 2_000)
    assert state(8, received("bo", 7, 2_000)).status is PushStatus.UNRECEIVED


def test_the_earliest_mark_gives_the_time() -> None:
    assert state(5, received("bo", 9, 3_000), received("bo", 5, 2_000)).since_ms == 2_000


def test_read_wins_over_received_with_its_own_time() -> None:
    assert state(5, received("bo", 5, 2_000), read("bo", 6, 4_000)) == PushState(PushStatus.READ, 4_000)


def test_read_without_received_is_read() -> None:
    assert state(5, read("bo", 6, 4_000)).status is PushStatus.READ


def test_a_fetched_page_counts_for_its_entries_alone() -> None:
    page = received("bo", 20, 2_000, from_seq=11)

    assert state(11, page).status is PushStatus.RECEIVED
    assert state(10, page).status is PushStatus.UNRECEIVED


def test_the_marks_of_others_say_nothing() -> None:
    assert state(5, read("chen", 9, 2_000)).status is PushStatus.UNRECEIVED


def test_nothing_is_received_before_it_was_dispatched_whatever_a_clock_says() -> None:
    assert state(5, received("bo", 5, SENT_MS - 400)).since_ms == SENT_MS


def test_recipients_are_those_whose_stay_covers_it_without_the_sender() -> None:
    members = [
        member("an", (1, None)),
        member("bo", (1, 4)),
        member("chen", (1, 3), (9, None)),
        member("ding", (5, None)),
        member("eva", (6, None)),
    ]

    assert recipients(members, "an", 5) == ["ding"]
    assert recipients(members, "an", 3) == ["bo", "chen"]
    assert recipients(members, "ding", 9) == ["an", "chen", "eva"]


def test_a_late_mark_of_who_has_left_counts_up_to_his_leaving() -> None:
    assert clamped(read("bo", 99, 2_000), ((1, 4),), 50) == read("bo", 4, 2_000)


def test_a_mark_beyond_the_end_counts_up_to_the_end() -> None:
    assert clamped(received("bo", 99, 2_000), ((1, None),), 50) == received("bo", 50, 2_000)


def test_a_mark_of_what_he_may_not_see_is_nothing() -> None:
    assert clamped(received("bo", 20, 2_000, from_seq=11), ((1, 4),), 50) is None
    assert clamped(received("bo", 20, 2_000), (), 50) is None


RECEIPTS = st.lists(
    st.builds(
        Receipt,
        receiver=st.sampled_from(["bo", "chen"]),
        status=st.sampled_from([PushStatus.RECEIVED, PushStatus.READ]),
        up_to_seq=st.integers(1, 12),
        at_ms=st.integers(SENT_MS, SENT_MS + 20),
        from_seq=st.integers(1, 12),
    ),
    max_size=12,
)


@given(RECEIPTS, st.randoms(use_true_random=False), st.integers(1, 12))
def test_any_order_and_any_number_of_times_give_the_same(
    receipts: list[Receipt], chance: Random, seq: int
) -> None:
    once = push_states(seq, ["bo", "chen"], receipts, stored_ms=SENT_MS)
    again = [*receipts, *chance.choices(receipts, k=5)] if receipts else []
    chance.shuffle(again)

    assert push_states(seq, ["bo", "chen"], again, stored_ms=SENT_MS) == once


@given(RECEIPTS, RECEIPTS, st.integers(1, 12))
def test_more_receipts_never_take_a_state_back(first: list[Receipt], more: list[Receipt], seq: int) -> None:
    order = list(PushStatus)
    before = push_states(seq, ["bo"], first, stored_ms=SENT_MS)["bo"]
    after = push_states(seq, ["bo"], [*first, *more], stored_ms=SENT_MS)["bo"]

    assert order.index(after.status) >= order.index(before.status)
    if after.status is before.status:
        assert after.since_ms <= before.since_ms
