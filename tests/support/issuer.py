"""A company's issuer: keys of its own, the set that it publishes, and tokens signed with them."""

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE: Final = "imapp"

_KINDS: Final[dict[str, tuple[Callable[[], Any], Any]]] = {
    "RS256": (lambda: generate_rsa(65_537, 2_048), RSAAlgorithm),
    "ES256": (lambda: generate_private_key(SECP256R1()), ECAlgorithm),
    "EdDSA": (Ed25519PrivateKey.generate, OKPAlgorithm),
}


@cache  # a key of RSA takes a while
def private_key(key_id: str, algorithm: str) -> Any:
    """The private key with this id, the same in the whole run."""
    assert key_id
    return _KINDS[algorithm][0]()


class Issuer:
    """Publishes the keys with these ids, all of one algorithm unless `rotate` adds others."""

    def __init__(self, *key_ids: str, algorithm: str = "ES256") -> None:
        self.algorithm = algorithm
        self.key_ids = list(key_ids)
        self.fetched = 0
        self.down = False

    def fetch(self) -> Any:
        """The set, as somebody who asks for it gets it."""
        self.fetched += 1
        if self.down:
            raise ConnectionError("the issuer is down")
        return {"keys": [self.published(key_id) for key_id in self.key_ids]}

    def published(self, key_id: str) -> dict[str, Any]:
        """One row of the set."""
        public = private_key(key_id, self.algorithm).public_key()
        row = json.loads(_KINDS[self.algorithm][1].to_jwk(public))
        return {**row, "kid": key_id, "use": "sig", "alg": self.algorithm}

    def token(self, user: Any, *, key_id: str, headers: Any = None, **claims: Any) -> str:
        """A token signed with one of its keys; further claims replace its own, None takes one away."""
        now = int(time.time())
        given = {"sub": user, "aud": AUDIENCE, "iat": now, "exp": now + 600, **claims}
        return jwt.encode(
            {name: value for name, value in given.items() if value is not None},
            private_key(key_id, self.algorithm),
            algorithm=self.algorithm,
            headers={"kid": key_id, **(headers or {})},
        )
