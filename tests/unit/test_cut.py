"""A request that waited for its turn while its connection was cut is not carried out."""

from types import SimpleNamespace
from typing import Any

import pytest
from gevent.lock import Semaphore

from imapp.services.archiving.returns import nothing_to_prepare
from imapp.ws.verbs import VERBS
from schemas import frames

SEND = frames.Send(id="1", client_message_id="1", to="bo", content="late")


class Wire:
    """A gateway that only notes what is submitted, and a connection that is open or being closed."""

    def __init__(self, *, closing: bool) -> None:
        self.submitted: list[Any] = []
        self.under_way = Semaphore(1)
        gateway = SimpleNamespace(submit=lambda command, _: self.submitted.append(command))
        self.client: Any = SimpleNamespace(
            user_id="an",
            under_way=self.under_way,
            connection=SimpleNamespace(closing=closing),
            services=SimpleNamespace(gateway=gateway, prepare=nothing_to_prepare),
        )


@pytest.mark.parametrize("closing", [False, True])
def test_only_on_a_connection_that_is_open_is_anything_sent(closing: bool) -> None:
    wire = Wire(closing=closing)

    VERBS[frames.Send](wire.client, SEND)

    assert len(wire.submitted) == (0 if closing else 1)
    assert wire.under_way.locked() is not closing, "what is not carried out takes nobody's place"
