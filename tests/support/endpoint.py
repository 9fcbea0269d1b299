"""Somebody's push service, as the webhook sees it: takes requests, or fails as it is told to."""

import base64
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import msgspec

from schemas.notifications import PushNotification, PushRecord


def webhook_settings(url: str, key: bytes = bytes(32)) -> dict[str, str]:
    """The variables with which a system tells such an address, and signs with this key."""
    secret = "whsec_" + base64.b64encode(key).decode()
    return {"IM_PUSH_WEBHOOK": url, "IM_PUSH_WEBHOOK_SECRET": secret}


@dataclass(frozen=True)
class Delivery:
    """A request that was answered with 200."""

    webhook_id: str
    headers: dict[str, str]
    body: bytes

    @property
    def records(self) -> list[PushRecord]:
        """What it told."""
        return msgspec.json.decode(self.body, type=PushNotification).data


class Endpoint:
    """An HTTP server on loopback. `fail_with` statuses are answered first, in order; -1 does not answer."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.fail_with: list[int] = []
        self.failing = False
        self.refused: list[str] = []
        self._woken = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/push"

    def told(self, user_id: str) -> list[PushRecord]:
        """What it was told of somebody, each delivery once, in order of arrival."""
        once = {delivery.webhook_id: delivery for delivery in tuple(self.deliveries)}
        return [
            record for delivery in once.values() for record in delivery.records if record.user_id == user_id
        ]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="endpoint", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._woken.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self._answer(endpoint._take(Delivery(headers["webhook-id"], headers, body)))

            def _answer(self, status: int) -> None:
                if status < 0:
                    endpoint._woken.wait(30)
                    return
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", endpoint.url)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def _take(self, delivery: Delivery) -> int:
        if self.fail_with or self.failing:
            self.refused.append(delivery.webhook_id)
            return self.fail_with.pop(0) if self.fail_with else 500
        self.deliveries.append(delivery)
        return 200
