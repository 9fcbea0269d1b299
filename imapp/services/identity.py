"""Who is calling: a bearer token's signature, audience and time, and whether the person may still come in."""

import time
from dataclasses import dataclass
from typing import Any, Final

import jwt
from jwt import PyJWKClient
from jwt.exceptions import PyJWKClientError, PyJWTError

from imapp.errors import RequestError
from imapp.stores.users import UserStore
from schemas.errors import ErrorCode
from schemas.users import User

_SHARED_KEY_ALGORITHMS: Final = ["HS256"]
_PUBLIC_KEY_ALGORITHMS: Final = ["RS256", "ES256", "EdDSA"]
_LEEWAY_S: Final = 10
_KEYS_KEPT_S: Final = 300


@dataclass(frozen=True, slots=True)
class Identity:
    """A person who has proved who he is, until a time (seconds since 1970)."""

    user: User
    expires_at: float


class IdentityService:
    """Verifies tokens against a shared key (HS256) or the published keys of the company's issuer."""

    def __init__(self, users: UserStore, *, key: str, jwks_url: str, audience: str) -> None:
        self._users = users
        self._key = key
        self._audience = audience
        self._published = PyJWKClient(jwks_url, lifespan=_KEYS_KEPT_S, timeout=5) if jwks_url else None

    def identify(self, token: str | None) -> Identity:
        """The person a token speaks for.

        Raises:
            RequestError: `unauthorized`, whatever is wrong with it.
        """
        claims = self._verify(token or "")
        user = self._users.find_active(str(claims["sub"]))
        if user is None:
            raise RequestError(ErrorCode.UNAUTHORIZED)
        return Identity(user=user, expires_at=float(claims["exp"]))

    def _verify(self, token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._signing_key(token),
                algorithms=_PUBLIC_KEY_ALGORITHMS if self._published else _SHARED_KEY_ALGORITHMS,
                audience=self._audience,
                leeway=_LEEWAY_S,
                options={"require": ["sub", "exp", "aud"]},
            )
        except (PyJWTError, PyJWKClientError) as error:
            raise RequestError(ErrorCode.UNAUTHORIZED) from error
        return claims

    def _signing_key(self, token: str) -> Any:
        if self._published is None:
            return self._key
        return self._published.get_signing_key_from_jwt(token).key


def make_token(user_id: str, *, key: str, audience: str, lifetime_s: int) -> str:
    """A token signed with the shared key: for development, tests and the command line."""
    now = int(time.time())
    claims = {"sub": user_id, "aud": audience, "iat": now, "exp": now + lifetime_s}
    return jwt.encode(claims, key, algorithm="HS256")
