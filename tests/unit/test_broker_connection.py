"""A broker that is away is known to be away at once: whoever looks again has pauses of his own."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from imapp.broker.connection import open_connection
from tests.support.processes import free_port

_PATIENCE_S = 10.0


def test_who_connects_to_a_broker_that_is_away_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", slept.append)
    with pytest.raises(ConnectionRefusedError):
        open_connection(_address(free_port()), confirm=True)
    assert sum(slept) == 0, "kombu sleeps between its attempts, and a writer or a gateway with it"


def test_the_second_host_of_a_url_is_tried_when_the_first_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as second, ThreadPoolExecutor(1) as aside:
        second.settimeout(_PATIENCE_S)
        greeting = aside.submit(_hang_up_on, second)
        with pytest.raises(OSError, match="closed"):
            open_connection(f"{_address(free_port())};{_address(second.getsockname()[1])}", confirm=True)
        assert greeting.result(_PATIENCE_S).startswith(b"AMQP")


def _address(port: int) -> str:
    return f"amqp://guest:guest@127.0.0.1:{port}//"


def _hang_up_on(server: socket.socket) -> bytes:
    """What somebody says first who connects."""
    peer, _ = server.accept()
    with peer:
        return peer.recv(8)
