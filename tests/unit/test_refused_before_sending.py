"""What cannot be prepared is refused before it is sent; only what will come again holds up what follows."""

from types import SimpleNamespace
from typing import Any

import pytest

from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.ws.verbs import VERBS
from schemas import frames
from schemas.commands import AnyCommand

REPLY = frames.Send(id="1", client_message_id="1", channel_id="c" * 24, content="yes", reply_to="x.1")


class Wire:
    """A gateway that notes what is submitted and what is held back; nothing can be prepared."""

    def __init__(self, reason: Exception) -> None:
        self.held_back: list[str] = []
        self.submitted: list[AnyCommand] = []

        def prepare(_command: AnyCommand) -> None:
            raise reason

        gateway = SimpleNamespace(
            hold_back=lambda command, _: self.held_back.append(command.client_message_id),
            submit=lambda command, _: self.submitted.append(command),
        )
        services = SimpleNamespace(gateway=gateway, prepare=prepare)
        self.client: Any = SimpleNamespace(user_id="an", services=services)


@pytest.mark.parametrize(
    ("reason", "held_back"), [(ArchiveUnavailable("away"), []), (StoreUnavailable("away"), ["1"])]
)
def test_what_is_refused_for_good_holds_up_nothing(reason: Exception, held_back: list[str]) -> None:
    wire = Wire(reason)

    with pytest.raises(type(reason)):
        VERBS[frames.Send](wire.client, REPLY)

    assert (wire.held_back, wire.submitted) == (held_back, [])
