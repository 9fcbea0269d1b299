"""The signature of the Standard Webhooks scheme."""

import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from imapp.errors import ConfigError
from imapp.services.pushes.notifiers import NotDelivered
from imapp.services.pushes.webhook import WebhookNotifier, signature, signing_key

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLwSw"


def test_a_signature_is_what_the_scheme_s_own_library_makes() -> None:
    body = b'{"test": 2432232314}'

    signed = signature(signing_key(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert signed == "v1,pZN3CVESPCUuihODVQNgWONmlcH9xCz9b1ykcK53XqY="


@pytest.mark.parametrize(
    "secret", ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLwSw", "whsec_short", "whsec_no base64!"]
)
def test_a_secret_that_is_none_ends_the_start(secret: str) -> None:
    with pytest.raises(ConfigError):
        signing_key(secret)


def test_a_failure_does_not_quote_the_address_whose_path_is_a_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    notifier = WebhookNotifier(f"http://127.0.0.1:{port}/hooks/T024BE7LD?key=B0GUS5", b"k" * 24, timeout_s=5)

    with pytest.raises(NotDelivered) as failure:
        notifier.deliver("p.0", [])

    assert "refused" in str(failure.value)
    shown = "".join(traceback.format_exception(failure.value))
    assert "T024BE7LD" not in shown + caplog.text
    assert "B0GUS5" not in shown + caplog.text


_DRIPPING_S = 10.0  # without a deadline its client takes it for an answer then, and the test has failed


@pytest.fixture
def dripping() -> Iterator[str]:
    """An endpoint that says 200 at once, and then a header that does not end, ten letters a second."""
    ended = threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
            until = time.monotonic() + _DRIPPING_S
            while time.monotonic() < until and not ended.wait(0.1):
                connection.sendall(b"z")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, name="dripping", daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        ended.set()


def test_an_endpoint_that_drips_its_answer_holds_nobody_longer_than_the_time_out(dripping: str) -> None:
    notifier = WebhookNotifier(dripping, b"k" * 24, timeout_s=0.5)
    begun = time.monotonic()

    with pytest.raises(NotDelivered) as failure:
        notifier.deliver("p.0", [])

    assert time.monotonic() - begun < 5, "the time-out counts from byte to byte"
    assert "Timeout" in str(failure.value)


LookUp = Callable[[str], list[str]]


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[LookUp], None]:
    """Lets a function give the addresses of the one name that these tests use."""
    real = socket.getaddrinfo

    def put(found: LookUp) -> None:
        def getaddrinfo(host: str, port: Any, *args: Any, **options: Any) -> Any:
            if host != "webhook.test":
                return real(host, port, *args, **options)
            return [row for address in found(host) for row in real(address, port, *args, **options)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return put


def test_a_name_server_that_says_nothing_holds_nobody_and_costs_one_thread(
    looked_up: Callable[[LookUp], None],
) -> None:
    answered = threading.Event()
    begun = time.monotonic()

    def hang(_: str) -> list[str]:
        answered.wait(60)
        return ["127.0.0.1"]

    looked_up(hang)
    notifier = WebhookNotifier("http://webhook.test:1/", b"k" * 24, timeout_s=0.2)
    for _ in range(3):
        with pytest.raises(NotDelivered, match="Timeout"):
            notifier.deliver("p.0", [])

    assert time.monotonic() - begun < 10
    waiting = [thread for thread in threading.enumerate() if thread.name == "look-up webhook.test"]
    assert len(waiting) == 1
    answered.set()
    waiting[0].join(10)


def test_the_next_address_of_a_name_is_tried_if_one_takes_nothing(
    looked_up: Callable[[LookUp], None],
) -> None:
    looked_up(lambda _: ["127.0.0.2", "127.0.0.1"])

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, name="answering", daemon=True)
        thread.start()
        WebhookNotifier(f"http://webhook.test:{server.getsockname()[1]}/", b"k" * 24, timeout_s=5).deliver(
            "p.0", []
        )
        thread.join(5)


def test_a_name_that_nobody_knows_is_a_failure_like_any_other(looked_up: Callable[[LookUp], None]) -> None:
    def unknown(_: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    looked_up(unknown)

    with pytest.raises(NotDelivered, match="not known"):
        WebhookNotifier("http://webhook.test:1/", b"k" * 24, timeout_s=5).deliver("p.0", [])
