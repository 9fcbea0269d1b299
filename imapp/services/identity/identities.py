"""Who is calling: what all ways of proving it have in common.

`imapp.wiring` chooses one (`IM_AUTH`): `tokens` for bearer tokens, `signed_header` for the identity that the
company's API gateway signs. Whatever is wrong with a proof, the answer is `unauthorized` and no more. Each
time the person is looked up anew, so that whoever is disabled is nobody at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from imapp.errors import RequestError
from imapp.stores.users import UserStore
from schemas.common import RESERVED_USER_IDS, UserId
from schemas.errors import ErrorCode
from schemas.users import User

SCHEME: Final = "Bearer"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows: its method, its target as it stands on the request line, its headers.

    A header that came twice has to be one value with a comma in between, so that it is never taken for one.
    """

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def bearer_token(self) -> str | None:
        """The token of the `Authorization` header."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() or None if scheme.lower() == SCHEME.lower() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A person who has proved who he is, until a time (seconds since 1970), and what his issuer calls him."""

    user: User
    expires_at: float
    roles: frozenset[str] = frozenset()
    is_admin: bool = False
    """Whether he administrates the whole system; nothing that a client says makes it true."""


class SessionPass(Protocol):
    """What the handshake of a WebSocket is worth."""

    def identify(self, token: str | None) -> Identity:
        """The person who says hello on it, with the token that his frame holds.

        Raises:
            RequestError: `unauthorized`.
        """


class Authenticator(Protocol):
    """Finds out who is calling."""

    def authenticate(self, shown: Credentials) -> Identity:
        """The person who sent a request.

        Raises:
            RequestError: `unauthorized`.
        """

    def open_session(self, shown: Credentials) -> SessionPass:
        """What the handshake of a WebSocket proves by itself; the rest is up to the hello.

        Raises:
            RequestError: `unauthorized`: there shall be no such socket.
        """


def credentials_of(environ: Mapping[str, Any]) -> Credentials:
    """What a WSGI request (PEP 3333) shows; its server joins what came twice by commas."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    # The target as it came: PATH_INFO is decoded already, and many targets decode to one path.
    return Credentials(environ["REQUEST_METHOD"], environ.get("RAW_URI", ""), headers)


def unauthorized() -> RequestError:
    """The one refusal of whoever proves nothing."""
    return RequestError(ErrorCode.UNAUTHORIZED)


def active_person(users: UserStore, user_id: Any) -> User:
    """The person behind an id that somebody else has vouched for.

    Raises:
        RequestError: `unauthorized`: it is no user id, nobody's, or that of somebody who is disabled.
    """
    try:
        known = msgspec.convert(user_id, UserId)
    except msgspec.ValidationError as error:
        raise unauthorized() from error
    user = users.find_active(known) if known not in RESERVED_USER_IDS else None
    if user is None:
        raise unauthorized()
    return user
