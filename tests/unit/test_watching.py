"""Who watches whom and is told what: coalesced, newest read first, nothing missed while the store is read."""

import pytest

from imapp.domain.presence import OFFLINE, Presence
from imapp.gateway import watching
from imapp.gateway.watching import REREAD_S, WatchBoard
from tests.unit.fakes.listeners import FakeSubscriber

ONLINE = Presence(online=True)
FADING = Presence(online=True, fades_in_ms=4_000)
GONE = Presence(last_seen_ms=1_000)

pytestmark = pytest.mark.usefixtures("an")


@pytest.fixture
def board() -> WatchBoard:
    return WatchBoard()


@pytest.fixture
def an(board: WatchBoard) -> FakeSubscriber:
    """A connection that watches bo and chen, both offline at time 0."""
    an = FakeSubscriber("an")
    board.watch(an, ["bo", "chen"], 0.0)
    board.learn({"bo": OFFLINE, "chen": OFFLINE}, 0.0)
    return an


def news(board: WatchBoard) -> dict[str, list[tuple[str, Presence | None]]]:
    """Who is told what, by the watcher's user id."""
    return {
        subscriber.user_id: [(watched.user_id, watched.shown) for watched in people]
        for subscriber, people in board.take_news().items()
    }


def test_what_is_answered_is_not_told_once_more(board: WatchBoard) -> None:
    assert news(board) == {}


def test_a_change_is_told_once(board: WatchBoard) -> None:
    board.changed(["bo", "ding"])
    assert board.due(1.0, 100) == ["bo"]
    board.learn({"bo": ONLINE}, 1.0)

    assert news(board) == {"an": [("bo", ONLINE)]}
    assert news(board) == {}


def test_changes_between_two_rounds_are_one_news_with_what_is_so_at_last(board: WatchBoard) -> None:
    board.learn({"bo": ONLINE, "chen": ONLINE}, 1.0)
    board.learn({"bo": GONE}, 2.0)

    assert news(board) == {"an": [("bo", GONE), ("chen", ONLINE)]}


def test_a_reload_within_the_grace_period_is_no_news(board: WatchBoard) -> None:
    board.learn({"bo": ONLINE}, 1.0)
    news(board)

    board.learn({"bo": FADING}, 2.0)
    board.learn({"bo": ONLINE}, 3.0)

    assert news(board) == {}


def test_who_fades_is_read_again_when_his_grace_period_is_over(board: WatchBoard) -> None:
    board.learn({"bo": FADING, "chen": OFFLINE}, 2.0)

    assert board.due(5.9, 100) == []
    assert board.due(6.0, 100) == ["bo"]


def test_everybody_is_read_again_after_a_while_without_a_reason(board: WatchBoard) -> None:
    board.learn({"chen": OFFLINE}, 3.0)

    assert board.due(REREAD_S, 100) == ["bo"]
    assert board.due(3.0 + REREAD_S, 100) == ["bo", "chen"]


def test_of_too_many_some_wait_for_the_next_round(board: WatchBoard) -> None:
    board.changed(["bo", "chen"])

    assert board.due(1.0, 1) == ["bo"]
    assert board.due(1.0, 1) == ["chen"]


def test_an_older_read_that_comes_late_changes_nothing(board: WatchBoard) -> None:
    board.learn({"bo": ONLINE}, 2.0)
    board.learn({"bo": OFFLINE}, 1.0)

    assert board.shown(["bo"]) == {"bo": ONLINE}


def test_a_second_watcher_s_answer_is_news_to_the_first(board: WatchBoard) -> None:
    board.watch(FakeSubscriber("ding"), ["bo"], 1.0)
    board.learn({"bo": ONLINE}, 1.0)

    assert news(board)["an"] == [("bo", ONLINE)]


def test_who_is_not_watched_any_more_is_forgotten(board: WatchBoard, an: FakeSubscriber) -> None:
    board.learn({"bo": FADING}, 1.0)
    board.watch(an, ["chen", "ding"], 2.0)
    board.changed(["bo"])
    board.learn({"bo": OFFLINE}, 3.0)

    assert news(board) == {}
    assert board.size == 2

    board.forget(an)
    board.forget(an)

    assert (board.size, board.due(99.0, 100)) == (0, [])


def test_who_has_gone_while_it_was_read_is_answered_without_a_trace(
    board: WatchBoard, an: FakeSubscriber
) -> None:
    board.forget(an)

    assert board.shown(["bo", "chen"]) == {"bo": OFFLINE, "chen": OFFLINE}
    assert board.size == 0


def test_who_is_in_the_old_and_the_new_list_keeps_his_state(board: WatchBoard, an: FakeSubscriber) -> None:
    board.watch(an, ["bo"], 1.0)
    board.learn({"bo": ONLINE}, 2.0)

    assert news(board) == {"an": [("bo", ONLINE)]}


def test_more_news_than_a_round_may_tell_waits_for_the_next(
    board: WatchBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MAX_TOLD", 1)
    board.learn({"bo": ONLINE, "chen": ONLINE}, 1.0)

    assert news(board) == {"an": [("bo", ONLINE)]}
    assert news(board) == {"an": [("chen", ONLINE)]}
