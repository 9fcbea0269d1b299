"""Bearer tokens (JWT, RFC 7519): signature, audience, issuer and times."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import jwt
from jwt import PyJWK
from jwt.exceptions import InvalidSignatureError, PyJWTError

from imapp.services.identity.identities import Credentials, Identity, SessionPass, active_person, unauthorized
from imapp.services.identity.published_keys import ALGORITHMS, PublishedKeys
from imapp.services.identity.roles import USUAL_NAMES, RoleNames, roles_of
from imapp.stores.users import UserStore
from schemas.common import MAX_TOKEN_CHARS

LEEWAY_S: Final = 10
"""How far the issuer's clock and ours may be apart."""

_FOREVER: Final = 2**53  # beyond it there is no float for every whole number, and none at all for some
_SHARED_KEY_ALGORITHM: Final = "HS256"
_REQUIRED: Final = ("sub", "exp", "aud")

Key = str | PyJWK


class TrustedKeys(Protocol):
    """The keys whose signatures count."""

    @property
    def algorithms(self) -> Sequence[str]:
        """Those that they may be used with."""

    def candidates(self, token: str) -> Sequence[Key]:
        """Those that may have signed a token; raises PyJWTError if its header is none."""


class SharedKeys:
    """Keys that the issuer shares with us; while they are changed the old one counts beside the new one."""

    algorithms = (_SHARED_KEY_ALGORITHM,)

    def __init__(self, *keys: str) -> None:
        self._keys = tuple(filter(None, keys))

    def candidates(self, token: str) -> Sequence[Key]:  # noqa: ARG002  # it does not say which of them it was
        """All of them."""
        return self._keys


class IssuerKeys:
    """Keys that the issuer publishes; a token names the one it is signed with."""

    algorithms = ALGORITHMS

    def __init__(self, published: PublishedKeys) -> None:
        self._published = published

    def candidates(self, token: str) -> Sequence[Key]:
        """The one with the token's `kid`."""
        key_id = jwt.get_unverified_header(token).get("kid")
        key = self._published.find(key_id) if isinstance(key_id, str) else None
        return [key] if key is not None else []


@dataclass(frozen=True, slots=True)
class TokenAuthenticator:
    """Knows people by their tokens (`IM_AUTH=jwt`)."""

    users: UserStore
    keys: TrustedKeys
    audience: str
    issuer: str | None = None
    role_names: RoleNames = USUAL_NAMES

    def authenticate(self, shown: Credentials) -> Identity:
        """The person whose token the header holds; raises RequestError."""
        return self.identify(shown.bearer_token)

    def open_session(self, shown: Credentials) -> SessionPass:
        """Nothing yet: browsers can't set a header, so the token may come with the hello."""
        return _TokenPass(self, shown.bearer_token)

    def identify(self, token: str | None) -> Identity:
        """The person a token speaks for; raises RequestError."""
        if not token or len(token) > MAX_TOKEN_CHARS:
            raise unauthorized()
        claims = self._verify(token)
        expires_at = float(min(int(claims["exp"]), _FOREVER))
        if expires_at <= time.time():
            expires_at += (
                LEEWAY_S  # let in although it has expired by our clock: then for as long as that goes
            )
        roles = roles_of(claims.get(self.role_names.claim))
        return Identity(
            user=active_person(self.users, claims["sub"]),
            expires_at=expires_at,
            roles=roles,
            is_admin=self.role_names.grants_admin(roles),
        )

    def _verify(self, token: str) -> dict[str, Any]:
        with _refusing():
            for key in self.keys.candidates(token):
                try:
                    return self._decode(token, key)
                except InvalidSignatureError:
                    continue  # it may be the other one's
        raise unauthorized()

    def _decode(self, token: str, key: Key) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=self.keys.algorithms,
            audience=self.audience,
            issuer=self.issuer or None,
            leeway=LEEWAY_S,
            options={"require": list(_REQUIRED), "enforce_minimum_key_length": True},
        )
        return claims


@dataclass(frozen=True, slots=True)
class _TokenPass:
    authenticator: TokenAuthenticator
    header_token: str | None

    def identify(self, token: str | None) -> Identity:
        """The frame's token counts more than the header's."""
        return self.authenticator.identify(token or self.header_token)


def make_token(
    user_id: str,
    *,
    key: str,
    audience: str,
    issuer: str = "",
    lifetime_s: int,
    more: Mapping[str, Any] | None = None,
) -> str:
    """A token signed with the shared key: for development, tests and the command line."""
    now = int(time.time())
    claims = {"sub": user_id, "aud": audience, "iat": now, "exp": now + lifetime_s, **(more or {})}
    if issuer:
        claims["iss"] = issuer
    return jwt.encode(claims, key, algorithm=_SHARED_KEY_ALGORITHM)


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn whatever reading a stranger's token may raise into the one refusal."""
    try:
        yield
    except (PyJWTError, ValueError) as error:  # a lone surrogate is an error of encoding, not of PyJWT's
        raise unauthorized() from error
