"""Who hides what he reads: nothing of it is noted, in whatever order his marks come, folded or not."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.folding import Reach, folded, says_nothing_new
from imapp.domain.receipts import Receipt, push_states
from imapp.domain.sharing import HIDDEN, SHARED, Sharing, as_noted, without_reads
from schemas.receipts import PushStatus

LAST = 8
STATES = (PushStatus.RECEIVED, PushStatus.READ)


def read(up_to: int, at_ms: int) -> Receipt:
    return Receipt("bo", PushStatus.READ, up_to, at_ms)


@dataclass
class Ledger:
    """Notes receipts as the product does, and folds them when it is told to."""

    rows: list[Receipt] = field(default_factory=list)
    folds: list[Receipt] = field(default_factory=list)
    reaches: dict[PushStatus, Reach] = field(default_factory=dict)

    def note(self, receipt: Receipt, sharing: Sharing) -> None:
        noted = as_noted(receipt, sharing)
        if not says_nothing_new(noted, self.rows, self.reaches):
            self.rows.append(noted)

    def fold(self) -> None:
        for status in STATES:
            own = [row for row in self.rows if row.status is status]
            kept, moved = folded(own, {"bo": self.reaches[status]} if status in self.reaches else {})
            self.folds += kept
            if "bo" in moved:
                self.reaches[status] = moved["bo"]
        self.rows.clear()

    def state(self, seq: int) -> PushStatus:
        return push_states(seq, ["bo"], [*self.folds, *self.rows], stored_ms=0)["bo"].status


@dataclass(frozen=True)
class Mark:
    """Up to where somebody read, and after how long it is applied, for the first and the second time."""

    up_to: int
    delay: int
    again: int
    fold: bool


marks = st.builds(
    Mark, st.integers(1, LAST), st.sampled_from([0, 0, 1, 3, 9]), st.integers(0, 9), st.booleans()
)
"""A time in which somebody sets it otherwise is a bool, one in which he reads a mark."""
histories = st.lists(st.one_of(st.booleans(), marks), max_size=12)


def sharing_at(history: Sequence[bool | Mark], time: int) -> Sharing:
    """What somebody has set by the end of a time; times count from 1."""
    set_at = [(at, what) for at, what in enumerate(history[:time], 1) if isinstance(what, bool)]
    return Sharing(set_at[-1][1], set_at[-1][0]) if set_at else SHARED


def applied(history: Sequence[bool | Mark]) -> Ledger:
    """The ledger after all marks, each applied twice, by what is set at that moment."""
    ledger = Ledger()
    runs = [
        (at + delay, at, mark)
        for at, mark in enumerate(history, 1)
        if isinstance(mark, Mark)
        for delay in (mark.delay, mark.delay + mark.again)
    ]
    for when, at, mark in sorted(runs, key=lambda run: run[:2]):
        ledger.note(read(mark.up_to, at), sharing_at(history, when))
        if mark.fold:
            ledger.fold()
    return ledger


@given(histories)
def test_what_was_read_while_it_was_hidden_is_never_noted_as_read(history: list[bool | Mark]) -> None:
    ledger = applied(history)

    for seq in range(1, LAST + 1):
        shared = [
            at
            for at, mark in enumerate(history, 1)
            if isinstance(mark, Mark) and mark.up_to >= seq and sharing_at(history, at).shares
        ]
        assert ledger.state(seq) is not PushStatus.READ or shared


@given(histories)
def test_what_was_read_while_it_was_shared_is_noted_at_once_and_stays(history: list[bool | Mark]) -> None:
    ledger = applied(history)

    for at, mark in enumerate(history, 1):
        if isinstance(mark, Mark) and not mark.delay and sharing_at(history, at).shares:
            assert {ledger.state(seq) for seq in range(1, mark.up_to + 1)} == {PushStatus.READ}


@given(histories)
def test_what_was_read_was_received_in_any_case(history: list[bool | Mark]) -> None:
    ledger = applied(history)

    for mark in history:
        if isinstance(mark, Mark):
            assert ledger.state(mark.up_to) is not PushStatus.UNRECEIVED


def test_a_mark_of_the_time_before_is_hidden_however_late_it_comes() -> None:
    assert as_noted(read(5, 999), Sharing(True, 1_000)).status is PushStatus.RECEIVED
    assert as_noted(read(5, 1_000), Sharing(True, 1_000)).status is PushStatus.READ
    assert as_noted(read(5, 999), SHARED).status is PushStatus.READ
    assert as_noted(read(5, 999), HIDDEN).status is PushStatus.RECEIVED


def test_that_something_was_received_is_always_said() -> None:
    mark = Receipt("bo", PushStatus.RECEIVED, 5, 999, 3)

    assert as_noted(mark, HIDDEN) == mark


def test_who_may_not_know_what_was_read_sees_that_it_was_received() -> None:
    found = without_reads([read(5, 2_000), Receipt("bo", PushStatus.RECEIVED, 5, 1_000)])

    state = push_states(5, ["bo"], found, stored_ms=0)["bo"]
    assert (state.status, state.since_ms) == (PushStatus.RECEIVED, 1_000)
