"""Who is refused for now has had his turn: his connection lets all others go first.

Else a crowd that comes again together keeps its gateway busy with refusing, and its writers' answers wait.
"""

from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from imapp.errors import RequestError
from imapp.ws import session as module
from imapp.ws.dialogue import State
from imapp.ws.session import Session
from schemas.errors import ErrorCode
from schemas.frames import Send

CHANNEL = "ge9v0j9d09sd6v3fi564o000"
SEND = f'{{"type": "send", "id": "1", "client_message_id": "1", "channel_id": "{CHANNEL}", "content": "x"}}'


class Connection:
    """Keeps what is said on it."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.reply = self.enqueue = self.said.append
        self.flush: Any = None


@pytest.fixture
def connection() -> Connection:
    return Connection()


@pytest.fixture
def session(connection: Any) -> Session:
    services: Any = SimpleNamespace(limits=SimpleNamespace(frames=SimpleNamespace(take=lambda _: 0.0)))
    session = Session(connection, services, session_pass=SimpleNamespace(), address="")
    session._dialogue.state = State.OPEN
    return session


@pytest.mark.parametrize("code", [ErrorCode.BUSY, ErrorCode.RATE_LIMITED])
def test_others_run_after_each_refusal(
    session: Session, connection: Connection, monkeypatch: pytest.MonkeyPatch, code: ErrorCode
) -> None:
    def refuse(*_: Any) -> None:
        raise RequestError(code, retry_after=1.0)

    monkeypatch.setattr(module, "VERBS", {Send: refuse})
    told_first: list[int] = []
    other = gevent.spawn(lambda: told_first.append(len(connection.said)))

    session.handle(SEND)
    session.handle(SEND)

    assert told_first == [1], "the second was refused before anybody else had a turn"
    other.kill()
