"""Reading HTTP bodies without letting one peer hold up the others; with gunicorn it is in `tests/flow`."""

import io
import socket
from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from workers.http import PatientSocket, begin_request, end_request, limit_stalls, patience_for

ENOUGH_S = 30.0


class Tap:
    """A socket that always has data."""

    def recv(self, size: int) -> bytes:
        return b"x" * size


class Silence:
    """A socket that never has any."""

    def recv(self, _: int) -> bytes:
        gevent.sleep(60)
        return b""


def request(body: Any, sock: Any = None) -> Any:
    """As gunicorn's, as far as it is looked at."""
    made = SimpleNamespace(unreader=SimpleNamespace(sock=sock or Tap()), body=body, closed=False)
    made.force_close = lambda: setattr(made, "closed", True)
    return made


def test_others_run_while_a_socket_always_has_data() -> None:
    served: list[str] = []
    other = gevent.spawn(served.append, "other")
    patient = PatientSocket(Tap(), ENOUGH_S)

    for _ in range(3):
        patient.recv(10)

    assert served == ["other"]
    other.kill()


def test_others_run_between_requests_that_come_in_a_row() -> None:
    served: list[str] = []
    other = gevent.spawn(served.append, "other")

    begin_request(request(io.BytesIO()), ENOUGH_S)

    assert served == ["other"]
    other.kill()


@pytest.mark.parametrize("sock", [Silence(), Tap()], ids=["that waits", "that drips"])
def test_a_body_that_takes_too_long_is_given_up(sock: Any) -> None:
    patient = PatientSocket(sock, 0.01)

    with pytest.raises(TimeoutError):
        all(iter(lambda: patient.recv(1), b""))


@pytest.mark.parametrize(
    ("method", "path", "patience_s"),
    [("POST", "/api/v1/files", 300.0), ("GET", "/api/v1/files", 30.0), ("POST", "/api/v1/channels", 30.0)],
)
def test_an_upload_alone_may_take_longer(method: str, path: str, patience_s: float) -> None:
    assert patience_for(SimpleNamespace(method=method, path=path), 30.0, 300.0) == patience_s


def test_a_body_that_was_not_wanted_is_read_off_and_the_connection_goes_on() -> None:
    sock = Tap()
    refused = request(io.BytesIO(b"x" * 70_000), sock)
    begin_request(refused, ENOUGH_S)

    end_request(refused)

    assert refused.body.read() == b""
    assert not refused.closed
    assert refused.unreader.sock is sock


class Endless:
    """A body without an end."""

    def read(self, size: int) -> bytes:
        return b"x" * size


class Broken:
    """A body whose chunks are none."""

    def read(self, size: int) -> bytes:
        raise ValueError(size)


@pytest.mark.parametrize("body", [Endless(), Broken()])
def test_if_the_next_request_can_not_be_found_the_connection_is_closed(body: Any) -> None:
    refused = request(body)
    begin_request(refused, ENOUGH_S)

    end_request(refused)

    assert refused.closed


def test_a_connection_inherits_the_limit_of_its_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        limit_stalls([SimpleNamespace(FAMILY=socket.AF_INET, sock=server)])
        with socket.create_connection(server.getsockname()), server.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


def test_a_listener_without_tcp_is_left_alone() -> None:
    with socket.socket(socket.AF_UNIX) as server:
        limit_stalls([SimpleNamespace(FAMILY=socket.AF_UNIX, sock=server)])
