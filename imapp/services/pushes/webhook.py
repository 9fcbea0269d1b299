"""The webhook: push records to the operator's own endpoint, signed by the Standard Webhooks scheme."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import requests

from imapp.domain.entries import wire_time
from imapp.errors import ConfigError
from imapp.services.pushes.deadline import impatient_session
from imapp.services.pushes.notifiers import NotDelivered
from schemas.notifications import PushNotification, PushRecord

SECRET_PREFIX: Final = "whsec_"  # noqa: S105  # what a secret begins with
_MIN_KEY_BYTES: Final = 24

_ENCODER: Final = msgspec.json.Encoder()


def signing_key(secret: str) -> bytes:
    """The key in a secret: `whsec_` and at least 24 bytes in base64.

    Raises:
        ConfigError: it is none.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or len(key) < _MIN_KEY_BYTES:
        raise ConfigError("IM_PUSH_WEBHOOK_SECRET must be whsec_ and at least 24 random bytes in base64.")
    return key


def signature(key: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: HMAC-SHA256 over id, timestamp and body."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class WebhookNotifier:
    """Posts records. Owned by one thread.

    Only the operator chooses where to, and redirects are not followed, so nobody else can point it anywhere.
    """

    def __init__(
        self, url: str, key: bytes, *, timeout_s: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._url = url
        self._key = key
        self._timeout_s = timeout_s
        self._clock = clock
        self._session = impatient_session()

    def deliver(self, delivery_id: str, records: Sequence[PushRecord]) -> None:
        """Return once the endpoint has answered with 2xx.

        Raises:
            NotDelivered: it did not, in time; it may have taken them all the same.
        """
        now = self._clock()
        notification = PushNotification(
            type="messages.pushed", timestamp=wire_time(int(now * 1000)), data=list(records)
        )
        body = _ENCODER.encode(notification)
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery_id,
            "webhook-timestamp": str(int(now)),
            "webhook-signature": signature(self._key, delivery_id, int(now), body),
        }
        try:
            # The answer's body is of no interest and may be endless: it is not read.
            with self._session.post(
                self._url,
                data=body,
                headers=headers,
                timeout=self._timeout_s,
                allow_redirects=False,
                stream=True,
            ) as response:
                status = response.status_code
        except requests.RequestException as error:
            # Unchained as well: what a log shows of it would quote the address.
            raise NotDelivered(_reason(error)) from None
        if not 200 <= status < 300:
            raise NotDelivered(f"HTTP status {status}")


def _reason(error: requests.RequestException) -> str:
    """What went wrong, without the address: its path may be all that keeps others from the endpoint."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    return f"{type(error).__name__}: {cause}"[:300] if isinstance(cause, Exception) else type(error).__name__
