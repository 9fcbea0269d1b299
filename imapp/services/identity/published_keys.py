"""The keys that the company's issuer publishes (JWKS, RFC 7517): kept, renewed, and found by `kid`.

PyJWT's own client would do but for three things: it forgets what it knows when the issuer is down, everybody
waits while it fetches, and whoever invents key ids may make it fetch again after each success.
"""

import time
from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from imapp.logs import get_log

ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")
"""Of public keys alone: with HS256 among them, a token signed with the text of a public key would pass."""

_RENEWED_EVERY_S: Final = 120.0
_COOL_DOWN_S: Final = 5.0
_PATIENCE_S: Final = 5.0
_MIN_RSA_BITS: Final = 2_048

log = get_log("identity")

Fetch = Callable[[], Any]
"""Gives the set as it was published; ends in time, and raises whatever it likes when there is none."""


class PublishedKeys:
    """Keys by `kid`. Any thread or greenlet may ask.

    A known key is answered at once, however old it is: an issuer that is down keeps nobody out with a token.
    For an unknown one the set is fetched, by all who ask for one together, and then not again for a while.
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        cool_down_s: float = _COOL_DOWN_S,
        patience_s: float = _PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._cool_down_s = cool_down_s
        self._patience_s = patience_s
        self._clock = clock
        self._keys: Mapping[str, PyJWK] = {}
        self._next_fetch = -1.0
        self._under_way: Event | None = None
        self._deciding = Lock()

    def find(self, key_id: str) -> PyJWK | None:
        """The key with this id, None if the issuer does not publish it (any more)."""
        if key_id not in self._keys:
            self.renew()
        return self._keys.get(key_id)

    def renew(self) -> None:
        """Fetch the set, unless that was tried just now; returns when it is here, or in time."""
        fetching = self._begin()
        if fetching is not None:
            fetching.wait(self._patience_s)

    def keep_fresh(self) -> None:
        """Renew what is known for as long as this process lives, so that a withdrawn key is forgotten."""
        while True:
            time.sleep(_RENEWED_EVERY_S)
            if self._keys:
                self.renew()

    def _begin(self) -> Event | None:
        """The fetch under way, which may be a new one; None while none may begin."""
        with self._deciding:
            now = self._clock()
            if self._under_way is not None or now < self._next_fetch:
                return self._under_way
            # Counted from the beginning, and whatever comes of it: a failure cools down as well.
            self._next_fetch = now + self._cool_down_s
            self._under_way = done = Event()
            Thread(target=self._renew, args=(done,), daemon=True).start()
            return done

    def _renew(self, done: Event) -> None:
        try:
            self._keys = usable_keys(self._fetch())
        except Exception as error:  # noqa: BLE001  # whatever an issuer sends: what is known stays
            log.warning("keys_not_fetched", error=f"{type(error).__name__}: {error}"[:200])
        finally:
            self._under_way = None
            done.set()


def usable_keys(published: Any) -> dict[str, PyJWK]:
    """Those of a set that may sign tokens, by id; others are left out, not refused, as RFC 7517 says.

    Raises:
        ValueError: it is no set, or holds not one such key.
    """
    rows = published.get("keys") if isinstance(published, dict) else None
    if not isinstance(rows, list):
        raise ValueError("not a JWK set")  # noqa: TRY004  # wrong data, not a wrong call
    keys = {row["kid"]: key for row in rows if (key := _usable_key(row)) is not None}
    if not keys:
        raise ValueError("no key in it can be used")
    return keys


def _usable_key(row: Any) -> PyJWK | None:
    if not isinstance(row, dict) or not isinstance(row.get("kid"), str) or row.get("use", "sig") != "sig":
        return None
    try:
        key = PyJWK(row)
    except (PyJWTError, ValueError, TypeError):
        return None
    return key if key.algorithm_name in ALGORITHMS and _is_strong(key.key) else None


def _is_strong(key: Any) -> bool:
    """Whether it is a public key, and too long to be guessed."""
    if isinstance(key, RSAPublicKey):
        return key.key_size >= _MIN_RSA_BITS
    return isinstance(key, EllipticCurvePublicKey | Ed25519PublicKey)
