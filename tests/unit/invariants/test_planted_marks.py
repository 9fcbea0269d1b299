"""What is shown of receipts, unread numbers and pushes otherwise than people said is found, nothing else."""

from dataclasses import replace

import pytest

from schemas.notifications import PushRecord
from schemas.receipts import PushCounts, PushStatus
from tests.support.history import Entry
from tests.support.marks import Place, Row, Said, Shown, State, check_marks
from tests.support.marks_shown import check_told

AN, BO, CHEN = "an", "bo", "chen"
READ, RECEIVED, UNRECEIVED = PushStatus.READ, PushStatus.RECEIVED, PushStatus.UNRECEIVED
LOG = [
    Entry("c", 1, AN, "1", "one"),
    Entry("c", 2, BO, "2", "two"),
    Entry("c", 3, AN, "3", "three"),
    Entry("c", 4, AN, "4", "", changes=1),
    Entry("c", 5, AN, "5", "five"),
]
SHOWN = Shown(
    logs={"c": LOG},
    countable={"c": frozenset({1, 2, 3, 5})},
    stays={"c": {AN: [(1, None)], BO: [(1, None)], CHEN: [(1, None)]}},
    states=[State("c", 3, BO, READ), State("c", 5, BO, RECEIVED), State("c", 5, CHEN, UNRECEIVED)],
    rows=[Row(AN, "c", 5, 0), Row(BO, "c", 3, 1), Row(CHEN, "c", 0, 4)],
)
# Bo's mark on 3 was answered, the one on 5 was not; he has said that he has 5, when nothing was hurt.
SAID: dict[Place, Said] = {("bo", "c"): Said(received=5, settled=5, reading=5, read=3)}


def found(shown: Shown) -> list[str]:
    return [f"{finding.who} {finding.seq}" for finding in check_marks(SAID, {}, shown)]


def test_what_was_said_and_what_may_have_got_lost_is_fine() -> None:
    assert found(SHOWN) == []
    assert found(replace(SHOWN, states=[State("c", 5, BO, READ)], rows=[Row(BO, "c", 5, 0)])) == []


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(State("c", 3, BO, RECEIVED), id="an answered read mark is lost"),
        pytest.param(State("c", 5, BO, UNRECEIVED), id="what was received when all was well is lost"),
        pytest.param(State("c", 1, CHEN, RECEIVED), id="a receipt is made up"),
        pytest.param(State("c", 2, AN, RECEIVED), id="who has sent more has not read it"),
    ],
)
def test_a_state_that_was_not_said_is_found(state: State) -> None:
    assert found(replace(SHOWN, states=[state])) == [f"{state.receiver} {state.seq}"]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(Row(BO, "c", 2, 2), id="a watermark is behind what was answered"),
        pytest.param(Row(CHEN, "c", 2, 2), id="a watermark is where nobody has put it"),
        pytest.param(Row(BO, "c", 3, 2), id="a number is not what the log holds"),
    ],
)
def test_a_number_that_is_no_recount_is_found(row: Row) -> None:
    assert found(replace(SHOWN, rows=[row])) == [f"{row.user} {row.read_seq}"]


def test_who_has_fetched_a_page_has_received_it() -> None:
    said = {("chen", "c"): Said(fetched=[(1, 2)])}
    states = [State("c", 2, CHEN, RECEIVED), State("c", 5, CHEN, RECEIVED)]
    (finding,) = check_marks(said, {}, replace(SHOWN, states=states, rows=[]))
    assert (finding.seq, finding.who) == (5, CHEN)


def test_states_that_go_back_are_found() -> None:
    first = PushCounts(total=2, unreceived=0, received=1, read=1)
    later = PushCounts(total=2, unreceived=0, received=2, read=0)
    nothing = replace(SHOWN, states=[], rows=[])
    assert check_marks({}, {"c.000000000001": [first, first]}, nothing) == []
    (finding,) = check_marks({}, {"c.000000000001": [first, later]}, nothing)
    assert (finding.channel, finding.seq) == ("c", 1)


def record(seq: int, *, badge: int, messages: int) -> PushRecord:
    return PushRecord(
        user_id=CHEN,
        channel_id="c",
        message_id=f"c.{seq:012d}",
        title="",
        preview="",
        badge=badge,
        mentioned=False,
        messages=messages,
        time="2026-01-01T00:00:00.000Z",
    )


def test_who_was_forgotten_or_told_a_wrong_number_is_found() -> None:
    first, last = record(2, badge=2, messages=2), record(5, badge=4, messages=2)
    row = Row(CHEN, "c", 0, 4)
    assert list(check_told(SHOWN, row, [last, first])) == []
    assert [finding.seq for finding in check_told(SHOWN, row, [first])] == [0]
    assert [finding.seq for finding in check_told(SHOWN, row, [first, record(5, badge=3, messages=2)])] == [5]
