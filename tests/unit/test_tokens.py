"""Which tokens speak for whom: every claim, every key, and everything that strangers make up."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any, Final

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from imapp.errors import RequestError
from imapp.services.identity.identities import Credentials
from imapp.services.identity.published_keys import PublishedKeys
from imapp.services.identity.roles import USUAL_NAMES, RoleNames
from imapp.services.identity.tokens import (
    LEEWAY_S,
    IssuerKeys,
    SharedKeys,
    TokenAuthenticator,
    TrustedKeys,
    make_token,
)
from schemas.errors import ErrorCode
from tests.support.issuer import AUDIENCE, Issuer, private_key
from tests.unit.fakes.register import Register

KEY: Final = "the key that tokens are signed with today"
OLD_KEY: Final = "the key that they were signed with before"
FOREIGN_KEY: Final = "a key of 32 characters that is not ours"
OURS: Final = "https://login.example"


def gatekeeper(
    keys: TrustedKeys | None = None, *, issuer: str | None = None, role_names: RoleNames = USUAL_NAMES
) -> TokenAuthenticator:
    # The register knows whatever no id may be, so that it is not what refuses it.
    users: Any = Register("an", "system", "me", "", "an\n", "a" * 65)
    keys = keys or SharedKeys(KEY)
    return TokenAuthenticator(users, keys, audience=AUDIENCE, issuer=issuer, role_names=role_names)


def with_issuer(issuer: Issuer) -> TokenAuthenticator:
    return gatekeeper(IssuerKeys(PublishedKeys(issuer.fetch)))


def shared(**claims: Any) -> str:
    now = int(time.time())
    given = {"sub": "an", "aud": AUDIENCE, "iat": now, "exp": now + 600, **claims}
    return jwt.encode({k: v for k, v in given.items() if v is not None}, KEY, algorithm="HS256")


def raw_token(header: str | bytes, payload: str | bytes = b"{}", signature: bytes = b"") -> str:
    """Three parts of anything."""
    parts = (part.encode() if isinstance(part, str) else part for part in (header, payload, signature))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def assert_refused(authenticator: TokenAuthenticator, token: str | None) -> None:
    with pytest.raises(RequestError) as refused:
        authenticator.identify(token)
    assert refused.value.code is ErrorCode.UNAUTHORIZED
    assert refused.value.errors is None, "a stranger learns nothing"


# ---- claims


def test_a_token_speaks_for_its_subject_until_it_expires() -> None:
    expires_at = int(time.time()) + 90

    identity = gatekeeper().identify(shared(exp=expires_at, roles=["admin", 7, "auditor"]))

    assert (identity.user.user_id, identity.expires_at) == ("an", expires_at)
    assert identity.roles == {"admin", "auditor"}
    assert identity.is_admin


@pytest.mark.parametrize(
    "roles",
    [
        None,
        "admin",
        "admin,admin",
        {"admin": True},
        {"roles": ["admin"]},
        1,
        True,
        [],
        [["admin"]],
        [{"name": "admin"}],
        ["Admin"],
        ["admin "],
        ["admin,auditor"],
        ["administrator"],
        ["*"],
        [None, True, 1],
    ],
)
def test_roles_in_another_form_make_nobody_an_administrator(roles: Any) -> None:
    assert not gatekeeper().identify(shared(roles=roles)).is_admin


@pytest.mark.parametrize(
    "claims",
    [
        {"role": ["admin"]},
        {"Roles": ["admin"]},
        {"is_admin": True},
        {"admin": True},
        {"realm_access": {"roles": ["admin"]}},
        {"roles": ["auditor"], "ROLES": ["admin"]},
    ],
)
def test_a_claim_by_another_name_makes_nobody_an_administrator(claims: dict[str, Any]) -> None:
    assert not gatekeeper().identify(shared(**claims)).is_admin


def test_claim_and_role_are_called_as_the_issuer_calls_them() -> None:
    theirs = RoleNames("https://login.example/groups", "im:admins")

    named = gatekeeper(role_names=theirs).identify(shared(**{theirs.claim: ["im:admins"]}))
    other = gatekeeper(role_names=theirs).identify(shared(roles=["admin"], **{theirs.claim: ["admin"]}))

    assert (named.is_admin, other.is_admin) == (True, False)


def test_without_a_name_for_it_nobody_is_an_administrator() -> None:
    nobody = RoleNames(admin="")

    assert not gatekeeper(role_names=nobody).identify(shared(roles=["", "admin"])).is_admin


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": None},
        {"sub": ""},
        {"sub": "nobody"},
        {"sub": "system"},
        {"sub": "me"},
        {"sub": "an\n"},
        {"sub": "a" * 65},
        {"aud": None},
        {"aud": "another-product"},
        {"aud": []},
        {"exp": None},
        {"exp": int(time.time()) - 3_600},
        {"nbf": int(time.time()) + 3_600},
        {"iat": int(time.time()) + 3_600},
        {"iat": "yesterday"},
        {"exp": "tomorrow"},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"nbf": float("inf")},
    ],
    ids=str,
)
def test_a_claim_that_is_missing_or_wrong_is_refused(claims: dict[str, Any]) -> None:
    given = {"sub": "an", "aud": AUDIENCE, "iat": int(time.time()), "exp": int(time.time()) + 600, **claims}
    payload = json.dumps({name: value for name, value in given.items() if value is not None}).encode()

    assert_refused(gatekeeper(), jwt.api_jws.encode(payload, KEY, algorithm="HS256"))


@pytest.mark.parametrize("subject", [{"$ne": None}, ["an"], 7, True])
def test_a_subject_that_is_no_text_is_refused(subject: Any) -> None:
    payload = json.dumps({"sub": subject, "aud": AUDIENCE, "exp": int(time.time()) + 600}).encode()

    assert_refused(gatekeeper(), jwt.api_jws.encode(payload, KEY, algorithm="HS256"))


def test_an_audience_may_be_one_of_several() -> None:
    assert gatekeeper().identify(shared(aud=["mail", AUDIENCE])).user.user_id == "an"


def test_the_issuer_counts_if_it_is_set() -> None:
    strict = gatekeeper(issuer=OURS)

    assert strict.identify(shared(iss=OURS)).user.user_id == "an"
    assert gatekeeper().identify(shared(iss="https://evil.example")).user.user_id == "an"
    assert_refused(strict, shared(iss="https://evil.example"))
    assert_refused(strict, shared())


def test_clocks_may_be_apart_a_little_and_the_session_ends_when_that_is_used_up() -> None:
    now = int(time.time())
    early, late = shared(nbf=now + 5, iat=now + 5), shared(exp=now - 5)

    assert gatekeeper().identify(early).user.user_id == "an"
    assert gatekeeper().identify(late).expires_at == now - 5 + LEEWAY_S


def test_whoever_is_disabled_is_nobody_at_once() -> None:
    gate = gatekeeper()
    users: Any = gate.users
    assert gate.identify(shared()).user.user_id == "an"

    users.active.discard("an")

    assert_refused(gate, shared())


def test_a_token_for_ever_is_good_for_very_long() -> None:
    payload = json.dumps({"sub": "an", "aud": AUDIENCE, "exp": 10**400}).encode()

    identity = gatekeeper().identify(jwt.api_jws.encode(payload, KEY, algorithm="HS256"))

    assert identity.expires_at == 2**53


# ---- keys


def test_while_the_shared_key_is_changed_both_count() -> None:
    both = gatekeeper(SharedKeys(KEY, OLD_KEY))
    tokens = [make_token("an", key=key, audience=AUDIENCE, lifetime_s=60) for key in (KEY, OLD_KEY)]

    assert [both.identify(token).user.user_id for token in tokens] == ["an", "an"]
    assert_refused(gatekeeper(SharedKeys(KEY, "")), tokens[1])
    assert_refused(both, make_token("an", key=FOREIGN_KEY, audience=AUDIENCE, lifetime_s=60))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_token_counts_that_is_signed_with_a_published_key(algorithm: str) -> None:
    issuer = Issuer("k1", "k2", algorithm=algorithm)
    gate = with_issuer(issuer)

    assert gate.identify(issuer.token("an", key_id="k1")).user.user_id == "an"
    assert gate.identify(issuer.token("an", key_id="k2")).user.user_id == "an"
    assert_refused(gate, issuer.token("an", key_id="k2", headers={"kid": "k1"}))
    assert_refused(gate, issuer.token("an", key_id="unpublished"))


def test_a_key_that_is_not_set_signs_nothing() -> None:
    payload = json.dumps({"sub": "an", "aud": AUDIENCE, "exp": 2**33})

    assert_refused(gatekeeper(SharedKeys(KEY, "")), hmac_token({"alg": "HS256"}, payload, b""))


def test_a_token_without_a_key_id_is_refused() -> None:
    issuer = Issuer("k1")
    token = jwt.encode({"sub": "an", "aud": AUDIENCE, "exp": 2**33}, private_key("k1", "ES256"), "ES256")

    assert_refused(with_issuer(issuer), token)


def test_a_token_without_a_signature_is_refused_by_all_keys() -> None:
    payload = json.dumps({"sub": "an", "aud": AUDIENCE, "exp": 2**33})
    for name in ("none", "None", "NONE", ""):
        header = json.dumps({"alg": name, "typ": "JWT", "kid": "k1"})
        for gate in (gatekeeper(), with_issuer(Issuer("k1"))):
            assert_refused(gate, raw_token(header, payload))
            assert_refused(gate, raw_token(header, payload).rstrip("."))


def test_the_text_of_a_public_key_is_no_shared_key() -> None:
    issuer = Issuer("k1", algorithm="RS256")
    public = private_key("k1", "RS256").public_key()
    texts = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        json.dumps(issuer.published("k1")).encode(),
    ]
    payload = json.dumps({"sub": "an", "aud": AUDIENCE, "exp": 2**33})

    for text in texts:
        assert_refused(with_issuer(issuer), hmac_token({"alg": "HS256", "kid": "k1"}, payload, text))


def test_a_shared_key_that_the_issuer_publishes_by_mistake_signs_nothing() -> None:
    secret = base64.urlsafe_b64encode(KEY.encode()).rstrip(b"=").decode()
    published = {"keys": [{"kty": "oct", "kid": "k1", "k": secret}, Issuer("k2").published("k2")]}
    gate = gatekeeper(IssuerKeys(PublishedKeys(lambda: published)))

    payload = json.dumps({"sub": "an", "aud": AUDIENCE, "exp": 2**33})

    assert_refused(gate, hmac_token({"alg": "HS256", "kid": "k1"}, payload, KEY.encode()))


@pytest.mark.parametrize("trick", [{"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example"}])
def test_a_token_does_not_bring_its_own_keys(trick: dict[str, str]) -> None:
    issuer, evil = Issuer("k1"), Issuer("evil")
    jwk = evil.published("evil")
    for headers in (trick, {"jwk": jwk}, {**trick, "kid": "evil"}):
        assert_refused(with_issuer(issuer), evil.token("an", key_id="evil", headers=headers))


def hmac_token(header: dict[str, str], payload: str, key: bytes) -> str:
    """Signed by hand: PyJWT refuses to sign with the text of a public key."""
    unsigned = raw_token(json.dumps(header), payload).rpartition(".")[0]
    signature = hmac.new(key, unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


# ---- what strangers make up

DEEP: Final = "[" * 4_000


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "not.a.token",
        "....",
        raw_token(DEEP),
        raw_token('{"alg":' + DEEP),
        raw_token('{"alg":"HS256","kid":{"$ne":null}}'),
        raw_token('{"alg":["HS256"]}'),
        raw_token('{"alg":1e999}'),
        raw_token('{"alg":"HS256","crit":["b64"],"b64":false}'),
        raw_token("[]"),
        raw_token("null"),
        raw_token(b"\xff\xfe"),
        raw_token('{"alg":"HS256"}' + " " * 9_000),
        "\ud800.\ud800.\ud800",
        "ünïcode.ünïcode.ünïcode",
        "\0.\0.\0",
    ],
    ids=lambda token: str(token)[:20].encode("ascii", "replace").decode(),
)
def test_what_is_no_token_is_refused_and_nothing_breaks(token: str | None) -> None:
    for gate in (gatekeeper(), with_issuer(Issuer("k1"))):
        assert_refused(gate, token)


@given(st.text(max_size=60) | st.builds(raw_token, st.binary(max_size=60), st.binary(max_size=60)))
def test_nothing_that_strangers_send_breaks_it(token: str) -> None:
    for gate in (gatekeeper(), with_issuer(Issuer("k1"))):
        assert_refused(gate, token)


# ---- where the token stands


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("BEARER  abc ", "abc"),
        ("Bearer", None),
        ("Bearer ", None),
        ("Basic abc", None),
        ("abc", None),
        ("", None),
        ("Bearer abc,Bearer def", "abc,Bearer def"),
    ],
)
def test_the_header_holds_one_token_of_one_kind(header: str, token: str | None) -> None:
    assert Credentials("GET", "/", {"Authorization": header}).bearer_token == token


def test_the_token_of_the_hello_counts_more_than_that_of_the_header() -> None:
    header = {"Authorization": f"Bearer {shared()}"}
    session = gatekeeper().open_session(Credentials("GET", "/ws", header))

    assert session.identify(None).user.user_id == "an"
    with pytest.raises(RequestError, match="unauthorized"):
        session.identify("something else")
