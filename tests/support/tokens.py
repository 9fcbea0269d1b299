"""Tokens as the company's gateway would issue them."""

import time
from typing import Any, Final

import jwt

JWT_KEY: Final = "a key for tests and benchmarks only, 32+ characters"
AUDIENCE: Final = "imapp"
_LIFETIME_S: Final = 3600


def make_token(user: str, *, expires_in_s: float = _LIFETIME_S, key: str = JWT_KEY, **claims: Any) -> str:
    """A token for a user; further claims replace its own (`aud="other"`)."""
    now = time.time()
    return jwt.encode(
        {"sub": user, "aud": AUDIENCE, "iat": int(now), "exp": int(now + expires_in_s), **claims},
        key,
        algorithm="HS256",
    )
