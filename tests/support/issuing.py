"""A company's issuer as a web server: it publishes its keys, and can be slow, silent or gone."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

import msgspec

from tests.support.issuer import Issuer

_DRIP_S: Final = 0.2


class IssuerServer:
    """Serves what an issuer publishes; while that is down, 500; while it `drips`, a byte now and then."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.drips = False
        self._closing = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                with suppress(OSError):  # whoever asked has gone
                    owner.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where the keys are."""
        return f"http://127.0.0.1:{self._server.server_port}/keys"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        if self.drips:
            self.issuer.fetched += 1
            self._drip(handler)
            return
        try:
            body = msgspec.json.encode(self.issuer.fetch())
        except ConnectionError:
            handler.send_error(500)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while self.drips and not self._closing.is_set():
            handler.wfile.write(b" ")
            handler.wfile.flush()
            self._closing.wait(_DRIP_S)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
