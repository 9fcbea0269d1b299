"""What others change at the same moment is tried again, for a while."""

import pytest

from imapp.errors import LogConflict, RequestError
from imapp.services.conflicts import tried
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
def test_it_is_done_at_the_fifth_try_or_not_at_all() -> None:
    assert tried(Contended(4)) == "done"

    hopeless = Contended(5)
    with pytest.raises(RequestError) as refused:
        tried(hopeless)
    assert refused.value.code is ErrorCode.BUSY
    assert refused.value.retry_after
    assert hopeless.tries == 5
