"""A proxy in front of Elasticsearch that answers in its place when a test says so."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import requests

_OF_ELASTICSEARCH = {"X-Elastic-Product": "Elasticsearch"}


class Answer(NamedTuple):
    """A status and a body of JSON."""

    status: int
    body: str


class EsProxy:
    """Forwards requests unless `meddle` (path, body) answers; `change` sees answers, `seen` has the paths."""

    def __init__(self, url: str) -> None:
        self.target = url
        self.meddle: Callable[[str, str], Answer | None] = lambda path, body: None  # noqa: ARG005
        self.change: Callable[[str, str], str] = lambda path, answer: answer  # noqa: ARG005
        self.seen: list[str] = []
        self.url = ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has hung up, as those do that are killed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def es_proxy(url: str) -> Iterator[EsProxy]:
    """A proxy for the length of the block."""
    proxy = EsProxy(url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815  # likewise

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # likewise
            """Nothing."""

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            proxy.seen.append(self.path)
            answer = proxy.meddle(self.path, body) or self._forward(body)
            data = b"" if self.command == "HEAD" else answer.body.encode()
            self.send_response(answer.status)
            for name, value in {**_OF_ELASTICSEARCH, "Content-Type": "application/json"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _forward(self, body: str) -> Answer:
            kept = {"Content-Type", "Accept"}
            headers = {name: value for name, value in self.headers.items() if name.title() in kept}
            found = requests.request(
                self.command, proxy.target + self.path, data=body.encode(), headers=headers, timeout=60
            )
            return Answer(found.status_code, proxy.change(self.path, found.text))

    with _Server(("127.0.0.1", 0), Handler) as server:
        proxy.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield proxy
        server.shutdown()
        thread.join()
