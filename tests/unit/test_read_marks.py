"""How many read marks a gateway takes before it says that it is busy."""

import pytest

from imapp.gateway import marks
from imapp.gateway.marks import MarkCoalescer
from tests.unit.fakes.broker import FakeTasks

CHANNEL = "c" * 24


def taken(coalescer: MarkCoalescer, user_id: str, seq: int = 1) -> bool:
    """Whether a mark waits for the store now; one that is too much is answered at once."""
    answers: list[bool] = []
    coalescer.add(CHANNEL, user_id, seq, answers.append)
    assert answers in ([], [False])
    return not answers


@pytest.mark.limit("answers waiting for one read mark")
def test_so_many_answers_wait_for_one_mark_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_MAX_ANSWERS", 3)
    coalescer = MarkCoalescer(FakeTasks(), "queue")

    assert [taken(coalescer, "bo", seq) for seq in (1, 2, 2, 3)] == [True, True, True, False]
    assert taken(coalescer, "chen"), "a mark of his own"
    assert coalescer.highest(CHANNEL, "bo") == 2, "what was refused is not taken for read"


@pytest.mark.limit("read marks waiting in a gateway")
def test_so_many_marks_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_MAX_WAITING", 2)
    coalescer = MarkCoalescer(FakeTasks(), "queue")

    assert [taken(coalescer, name) for name in ("bo", "chen", "ding")] == [True, True, False]
