"""Requests as the company's API gateway signs them: from docs/identity.md, not with the product's code."""

import hashlib
import hmac
import secrets
import time
from typing import Final

GATEWAY_KEY: Final = "what the API gateway signs with, 32+ characters"
OLD_GATEWAY_KEY: Final = "what it signed with before that, 32+ characters"


def signed_headers(
    user: str,
    target: str,
    *,
    method: str = "GET",
    key: str = GATEWAY_KEY,
    at: float | None = None,
    nonce: str | None = None,
    roles: str | None = None,
) -> dict[str, str]:
    """The four headers of one request, and the fifth for somebody with roles."""
    timestamp = str(int(time.time() if at is None else at))
    nonce = nonce or secrets.token_urlsafe(16)
    text = f"imapp-v1\n{method}\n{target}\n{user}\n{timestamp}\n{nonce}"
    if roles is not None:
        text = text.replace("imapp-v1", "imapp-v2", 1) + f"\n{roles}"
    return {
        "X-Imapp-User": user,
        "X-Imapp-Timestamp": timestamp,
        "X-Imapp-Nonce": nonce,
        "X-Imapp-Signature": hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest(),
        **({} if roles is None else {"X-Imapp-Roles": roles}),
    }
