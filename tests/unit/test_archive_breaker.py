"""While Elasticsearch does not answer nobody waits for it but one at a time, who tries for all."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import circuitbreaker
import gevent
import pytest
from gevent.event import Event

from imapp.errors import ArchiveUnavailable
from imapp.stores.archive.breaker import AT_ONCE, OPEN_S, OPENS_AFTER, Breaker

READERS = 10


class Server:
    """Elasticsearch behind a breaker: it hangs until a test lets those who wait for it go."""

    def __init__(self) -> None:
        self.breaker = Breaker("test", turn_s=5)
        self.now = 1_000.0
        self.waiting = 0
        self.refused = 0
        self.answers = False
        self._over = Event()

    def ask(self) -> None:
        """One reader's question."""
        try:
            with self.breaker.watching():
                self._answer()
        except ArchiveUnavailable as error:
            self.refused += str(error).startswith("not asked")

    def _answer(self) -> None:
        self.waiting += 1
        self._over.wait()
        self.waiting -= 1
        if not self.answers:
            raise ArchiveUnavailable("timed out")

    def all_ask(self, readers: int = READERS) -> list[gevent.Greenlet]:
        asking = [gevent.spawn(self.ask) for _ in range(readers)]
        gevent.sleep(0)
        return asking

    def let_go(self, asking: list[gevent.Greenlet]) -> None:
        """Whoever waits has his time-out, or his answer."""
        self._over.set()
        gevent.joinall(asking, timeout=5, raise_error=True)
        self._over.clear()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """One that was asked in vain as often as opens the breaker."""
    server = Server()
    monkeypatch.setattr(circuitbreaker, "monotonic", lambda: server.now)
    server.let_go(server.all_ask(OPENS_AFTER))
    assert not server.refused, "it was asked each time"
    return server


def test_after_failures_in_a_row_all_are_refused_at_once(server: Server) -> None:
    server.all_ask()

    assert (server.waiting, server.refused) == (0, READERS)


def test_one_at_a_time_waits_for_a_server_that_goes_on_hanging(server: Server) -> None:
    for _ in range(3):
        server.now += OPEN_S
        server.refused = 0

        asking = server.all_ask() + server.all_ask()
        assert (server.waiting, server.refused) == (1, 2 * READERS - 1)

        server.let_go(asking)
        server.all_ask()
        assert (server.waiting, server.refused) == (0, 3 * READERS - 1), "he has failed: nobody for a while"


def test_all_pass_once_one_was_answered(server: Server) -> None:
    server.now += OPEN_S
    server.answers = True
    server.let_go(server.all_ask())

    server.refused = 0
    asking = server.all_ask()

    assert (server.waiting, server.refused) == (READERS, 0)
    server.let_go(asking)


def test_one_who_is_stopped_while_he_tries_lets_the_next_one_try(server: Server) -> None:
    server.now += OPEN_S
    (first,) = server.all_ask(1)
    first.kill()
    server.waiting = 0

    server.all_ask()
    assert server.waiting == 0, "he had no answer"

    server.now += OPEN_S
    asking = server.all_ask()
    assert server.waiting == 1
    server.let_go(asking)


def begun(breaker: Breaker) -> AbstractContextManager[None]:
    """A question that has no answer yet."""
    asked = breaker.watching()
    asked.__enter__()
    return asked


def under_way(breaker: Breaker) -> Sequence[AbstractContextManager[None]]:
    """As many as there may be at once."""
    return [begun(breaker) for _ in range(AT_ONCE)]


def fail(asked: AbstractContextManager[None]) -> None:
    error = ArchiveUnavailable("timed out")
    asked.__exit__(ArchiveUnavailable, error, None)


def ask(breaker: Breaker) -> str:
    """Why a question was refused, if it was."""
    try:
        with breaker.watching():
            return ""
    except ArchiveUnavailable as error:
        return str(error)


def test_who_waits_for_his_turn_is_refused_once_those_before_him_have_failed() -> None:
    breaker = Breaker("test", turn_s=60)
    for _ in range(OPENS_AFTER - 1):
        fail(begun(breaker))
    *earlier, last = under_way(breaker)
    with ThreadPoolExecutor(1) as others:
        waits = others.submit(ask, breaker)
        assert not waits.done()

        fail(last)

        assert waits.result(30) == "not asked: timed out"
    for one in earlier:
        fail(one)


def test_nobody_waits_for_his_turn_for_longer_than_for_an_answer() -> None:
    breaker = Breaker("test", turn_s=0.01)
    asked = under_way(breaker)

    assert ask(breaker) == "not asked: too many are asking"

    asked[0].__exit__(None, None, None)
    assert ask(breaker) == ""


def test_it_is_told_beforehand_that_everybody_is_refused(server: Server) -> None:
    with pytest.raises(ArchiveUnavailable, match="not asked: timed out"):
        server.breaker.check()

    server.now += OPEN_S
    server.breaker.check()
