"""What others change at the same moment is tried again, for a while."""

import pytest

from imapp.errors import LogConflict, RequestError
from imapp.services.conflicts import tried
from imapp.stores.contention import TRIES, once_free
from schemas.errors import ErrorCode


class Contended:
    """A change that somebody else is faster with so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self.tries <= self.times:
            raise LogConflict("somebody was faster")
        return "done"


@pytest.mark.limit("tries of a nudge, a picture or an emoji while others change the same")
def test_it_is_done_at_the_last_try_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imapp.stores.contention._PAUSES_S", (0.0,) * 10)
    assert tried(Contended(10)) == "done"

    hopeless = Contended(11)
    with pytest.raises(RequestError) as refused:
        tried(hopeless)
    assert refused.value.code is ErrorCode.BUSY
    assert refused.value.retry_after
    assert hopeless.tries == TRIES == 11


def test_who_met_once_does_not_wait_as_long_as_the_other() -> None:
    pauses: list[float] = []
    bounds: list[tuple[float, float]] = []

    def jitter(low: float, high: float) -> float:
        bounds.append((low, high))
        return high / 2

    once_free(Contended(3), pause=pauses.append, jitter=jitter)

    assert bounds == [(0.0, 0.02), (0.0, 0.05), (0.0, 0.1)]
    assert pauses == [0.01, 0.025, 0.05]
