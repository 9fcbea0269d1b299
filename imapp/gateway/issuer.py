"""The way to the company's issuer: one bounded request for the keys it publishes."""

from collections.abc import Callable
from typing import Any, Final

import gevent
import msgspec
import requests

_TOTAL_S: Final = 5.0
_MAX_BYTES: Final = 1_000_000


def keys_at(url: str) -> Callable[[], Any]:
    """Gives the JSON at an address: at most 1 MB, within 5 s in all, from there and nowhere else.

    The returned function raises whatever prevents it.
    """

    def fetch() -> Any:
        # The time-outs of requests are for one read each: an issuer that drips would never end.
        with (
            gevent.Timeout(_TOTAL_S, TimeoutError(f"more than {_TOTAL_S:g} s")),
            requests.get(url, timeout=_TOTAL_S, allow_redirects=False, stream=True) as response,
        ):
            if response.status_code != requests.codes.ok:
                raise ValueError(f"status {response.status_code}")
            body = response.raw.read(_MAX_BYTES + 1, decode_content=True)
            if len(body) > _MAX_BYTES:
                raise ValueError(f"more than {_MAX_BYTES} bytes")
            return msgspec.json.decode(body)

    return fetch
