"""The identity that the company's API gateway puts on each request and signs (`IM_AUTH=gateway-header`).

Four headers, each exactly once:

    X-Imapp-User        the user id
    X-Imapp-Timestamp   seconds since 1970, ten digits
    X-Imapp-Nonce       16 to 64 of A-Z a-z 0-9 _ -, never used before
    X-Imapp-Signature   HMAC-SHA256 of the text below with the shared key, 64 lower-case hexadecimal digits

The signed text is six lines, joined by a line feed and without one at the end:

    imapp-v1
    GET                                     the method
    /api/v1/conversations?limit=50          the target as it stands on the request line we get: path and query
    an                                      the user id
    1764000000                              the timestamp
    Zk3v0l2q-Yb8Jc_tWq5eRA                  the nonce

A fifth header may say which roles he has, with a blank between two:

    X-Imapp-Roles       admin auditor

With it the text begins with `imapp-v2` and has a seventh line, the roles as in the header. So a header that
somebody adds, changes or takes away on the way does not fit its signature.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from imapp.logs import get_log
from imapp.services.identity.identities import Credentials, Identity, SessionPass, active_person, unauthorized
from imapp.services.identity.roles import USUAL_NAMES, RoleNames
from imapp.stores.nonces import NonceStore
from imapp.stores.users import UserStore

WINDOW_S: Final = 60
"""How old a signature may be, and how far in the future."""

_VERSION: Final = "imapp-v1"
_VERSION_WITH_ROLES: Final = "imapp-v2"
# No comma, blank or line feed: a header that came twice is joined by commas, and the text by line feeds.
_USER: Final = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_TIMESTAMP: Final = re.compile(r"[0-9]{10}")
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_ROLES: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}( [A-Za-z0-9_.:-]{1,64}){0,31}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}")

log = get_log("identity")


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """The headers of a request, in a form that allows no second reading; `roles` may be missing."""

    user: str
    timestamp: str
    nonce: str
    signature: str
    roles: str | None


class SignedHeaderAuthenticator:
    """Knows people by what the API gateway says, if it was this gateway that said it, just now and once."""

    def __init__(
        self,
        users: UserStore,
        nonces: NonceStore,
        *,
        keys: tuple[str, ...],
        session_s: float,
        role_names: RoleNames = USUAL_NAMES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._users = users
        self._nonces = nonces
        self._keys = tuple(key.encode() for key in keys if key)
        self._session_s = session_s
        self._role_names = role_names
        self._clock = clock

    def authenticate(self, shown: Credentials) -> Identity:
        """The person whom the headers name.

        Raises:
            RequestError: `unauthorized`.
            StoreUnavailable: it can't be known whether this request came before, so it does not count.
        """
        headers = _read(shown)
        self._check_signature(shown, headers)
        now = self._clock()
        if abs(now - int(headers.timestamp)) > WINDOW_S:
            raise unauthorized()
        if not self._nonces.take(headers.nonce):  # last, so that strangers fill no store
            log.warning("signature_replayed", user=headers.user)
            raise unauthorized()
        roles = frozenset((headers.roles or "").split())
        return Identity(
            user=active_person(self._users, headers.user),
            expires_at=now + self._session_s,
            roles=roles,
            is_admin=self._role_names.grants_admin(roles),
        )

    def open_session(self, shown: Credentials) -> SessionPass:
        """A session of the person whom the handshake names, for as long as sessions last."""
        return _HandshakePass(self._users, self.authenticate(shown))

    def _check_signature(self, shown: Credentials, headers: SignedHeaders) -> None:
        text = signed_text(
            shown.method,
            shown.target,
            user=headers.user,
            timestamp=headers.timestamp,
            nonce=headers.nonce,
            roles=headers.roles,
        )
        # Each key is tried, whether or not one before it fits: how long it takes tells nothing.
        fits = [hmac.compare_digest(sign(text, key), headers.signature) for key in self._keys]
        if not any(fits):
            raise unauthorized()


@dataclass(frozen=True, slots=True)
class _HandshakePass:
    users: UserStore
    identity: Identity

    def identify(self, token: str | None) -> Identity:  # noqa: ARG002  # in this mode a token proves nothing
        """The person of the handshake, whatever the hello holds; his time goes on, it does not begin anew."""
        active_person(self.users, self.identity.user.user_id)
        return self.identity


def signed_text(
    method: str, target: str, *, user: str, timestamp: str, nonce: str, roles: str | None = None
) -> bytes:
    """What the API gateway signs."""
    lines = [_VERSION, method, target, user, timestamp, nonce]
    if roles is not None:
        lines = [_VERSION_WITH_ROLES, *lines[1:], roles]
    return "\n".join(lines).encode()


def sign(text: bytes, key: bytes) -> str:
    """The signature of a text, as it stands in the header."""
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def _read(shown: Credentials) -> SignedHeaders:
    """The headers, each in its form: whatever deviates is refused, nothing is mended.

    Raises:
        RequestError: `unauthorized`.
    """
    return SignedHeaders(
        user=_exactly(_USER, shown, "X-Imapp-User"),
        timestamp=_exactly(_TIMESTAMP, shown, "X-Imapp-Timestamp"),
        nonce=_exactly(_NONCE, shown, "X-Imapp-Nonce"),
        signature=_exactly(_SIGNATURE, shown, "X-Imapp-Signature"),
        roles=_exactly(_ROLES, shown, "X-Imapp-Roles") if "X-Imapp-Roles" in shown.headers else None,
    )


def _exactly(form: re.Pattern[str], shown: Credentials, name: str) -> str:
    value = shown.headers.get(name, "")
    if not form.fullmatch(value):
        raise unauthorized()
    return value
