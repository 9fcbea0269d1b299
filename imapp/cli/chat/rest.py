"""The server's REST side, as far as a socket does not have it: files and lists."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import requests

TIMEOUT_S: Final = 60.0

_SCHEMES: Final = {"ws": "http", "wss": "https", "http": "http", "https": "https"}


class Rest:
    """Requests of one person, each with a timeout. Any thread may call."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._url = urlunsplit((_SCHEMES.get(parts.scheme, "http"), parts.netloc, "/api/v1", "", ""))
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, stream: bool = False
    ) -> requests.Response:
        """What is there.

        Raises:
            OSError: the server can't be reached.
        """
        return requests.get(
            self._url + path, params=params, headers=self._headers, timeout=TIMEOUT_S, stream=stream
        )

    def post(self, path: str, **request: Any) -> requests.Response:
        """What came of it.

        Raises:
            OSError: the server can't be reached.
        """
        return requests.post(self._url + path, headers=self._headers, timeout=TIMEOUT_S, **request)


def why(answer: requests.Response) -> str:
    """Why the server refused, in words."""
    try:
        body = answer.json()
        details = "; ".join(map(str, (body.get("errors") or {}).values()))
        return f"{body['message']} ({details})" if details else str(body["message"])
    except (ValueError, KeyError):
        return f"the server answered with {answer.status_code}"
