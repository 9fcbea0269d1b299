"""The API gateway's signature: what it covers, how long it is good for, and what comes close to it."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from imapp.errors import RequestError, StoreUnavailable
from imapp.services.identity.identities import Credentials, credentials_of
from imapp.services.identity.signed_header import WINDOW_S, SignedHeaderAuthenticator
from schemas.errors import ErrorCode
from tests.unit.fakes.register import Register

KEY: Final = "the key that the API gateway signs with"
OLD_KEY: Final = "the key that it signed with before that"
NOW: Final = 1_764_000_000
SESSION_S: Final = 43_200.0
TARGET: Final = "/api/v1/conversations?limit=50"

Spoil = Callable[[dict[str, str]], dict[str, str]]


class Nonces:
    """Remembers them all, or can't be reached."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.down = False

    def take(self, nonce: str) -> bool:
        if self.down:
            raise StoreUnavailable("no answer")
        self.taken.append(nonce)
        return self.taken.count(nonce) == 1


def gatekeeper(
    nonces: Nonces | None = None, *, keys: tuple[str, ...] = (KEY, "")
) -> SignedHeaderAuthenticator:
    users: Any = Register("an", "bo", "system")
    store: Any = nonces or Nonces()
    return SignedHeaderAuthenticator(users, store, keys=keys, session_s=SESSION_S, clock=lambda: NOW)


def signed(
    user: str = "an",
    *,
    method: str = "GET",
    target: str = TARGET,
    at: int | str = NOW,
    nonce: str = "nonce-nonce-nonce-1",
    key: str = KEY,
    roles: str | None = None,
) -> dict[str, str]:
    """The headers as an API gateway makes them: written here anew, from the documentation."""
    lines = ["imapp-v1", method, target, user, str(at), nonce]
    if roles is not None:
        lines = ["imapp-v2", *lines[1:], roles]
    text = "\n".join(lines)
    signature = hmac.new(key.encode(), text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
    return {
        "X-Imapp-User": user,
        "X-Imapp-Timestamp": str(at),
        "X-Imapp-Nonce": nonce,
        "X-Imapp-Signature": signature,
        **({} if roles is None else {"X-Imapp-Roles": roles}),
    }


def shown(headers: Mapping[str, str], *, method: str = "GET", target: str = TARGET) -> Credentials:
    return Credentials(method, target, headers)


def assert_refused(gate: SignedHeaderAuthenticator, credentials: Credentials) -> None:
    with pytest.raises(RequestError) as refused:
        gate.authenticate(credentials)
    assert refused.value.code is ErrorCode.UNAUTHORIZED
    assert refused.value.errors is None, "a stranger learns nothing"


def test_a_signed_request_is_of_whom_it_names() -> None:
    identity = gatekeeper().authenticate(shown(signed()))

    assert (identity.user.user_id, identity.expires_at, identity.roles) == (
        "an",
        NOW + SESSION_S,
        frozenset(),
    )


def test_signed_roles_are_his_roles() -> None:
    identity = gatekeeper().authenticate(shown(signed(roles="auditor admin")))

    assert (identity.roles, identity.is_admin) == (frozenset({"auditor", "admin"}), True)
    assert not gatekeeper().authenticate(shown(signed(roles="auditor"))).is_admin


@pytest.mark.parametrize("name", ["X-Imapp-Roles", "X-Imapp-roles"])
@pytest.mark.parametrize("roles", [None, "auditor", "admi"])
def test_roles_that_somebody_adds_or_changes_do_not_fit_the_signature(name: str, roles: str | None) -> None:
    headers = signed(roles=roles)

    credentials = shown({**headers, name.title(): "admin"})

    assert_refused(gatekeeper(), credentials)


def test_roles_that_somebody_takes_away_do_not_fit_either() -> None:
    headers = signed(roles="admin")
    del headers["X-Imapp-Roles"]

    assert_refused(gatekeeper(), shown(headers))


@pytest.mark.parametrize(
    "roles",
    [
        "",
        " ",
        "admin ",
        " admin",
        "admin,auditor",
        "admin  auditor",
        "admin\n",
        "ädmin",
        "a" * 65,
        "a " * 32 + "a",
    ],
)
def test_roles_in_another_form_are_refused_although_they_are_signed(roles: str) -> None:
    assert_refused(gatekeeper(), shown(signed(roles=roles)))


def test_a_text_of_seven_lines_can_be_read_in_one_way_only() -> None:
    """Roles that follow the nonce with a line feed are no nonce."""
    assert_refused(gatekeeper(), shown(signed(nonce="nonce-nonce-nonce-1\nadmin")))


def test_while_the_key_is_changed_both_count() -> None:
    both = gatekeeper(keys=(KEY, OLD_KEY))

    assert both.authenticate(shown(signed(nonce="first-first-first"))).user.user_id == "an"
    assert both.authenticate(shown(signed(nonce="other-other-other", key=OLD_KEY))).user.user_id == "an"
    assert_refused(gatekeeper(), shown(signed(key=OLD_KEY)))
    assert_refused(gatekeeper(), shown(signed(key="")))


@pytest.mark.parametrize(
    "other",
    [
        {"method": "DELETE"},
        {"target": "/api/v1/conversations?limit=51"},
        {"target": "/api/v1/conversations"},
        {"target": "/api/v1/conversations?limit=50&"},
        {"target": "/api/v1/%63onversations?limit=50"},
        {"target": "http://imapp.example" + TARGET},
    ],
    ids=lambda other: next(iter(other.values())),
)
def test_a_signature_is_for_one_method_and_one_target(other: dict[str, str]) -> None:
    assert_refused(gatekeeper(), shown(signed(), **other))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("X-Imapp-User", "bo"),
        ("X-Imapp-Timestamp", str(NOW + 1)),
        ("X-Imapp-Nonce", "nonce-nonce-nonce-2"),
        ("X-Imapp-Signature", "0" * 64),
    ],
)
def test_a_signature_is_for_one_user_one_time_and_one_nonce(name: str, other: str) -> None:
    assert_refused(gatekeeper(), shown({**signed(), name: other}))


NAMES: Final = ("X-Imapp-User", "X-Imapp-Timestamp", "X-Imapp-Nonce", "X-Imapp-Signature")
SPOILS: Final[dict[str, Callable[[str], str]]] = {
    "empty": lambda _: "",
    "doubled": lambda value: f"{value},{value}",
    "joined with a blank": lambda value: f"{value}, {value}",
    "joined with nothing": lambda value: f"{value},",
    "padded": lambda value: f" {value}",
    "with a line feed": lambda value: f"{value}\n",
    "with a second line": lambda value: f"{value}\nX-Imapp-User: bo",
    "with a zero byte": lambda value: f"{value}\0",
    "non-ASCII": lambda value: f"{value}é",
    "full-width": lambda value: "".join(chr(ord(char) + 0xFEE0) for char in value),
    "quoted": lambda value: f'"{value}"',
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_a_header_in_another_form_is_refused(name: str, spoil: Callable[[str], str]) -> None:
    headers = signed()

    assert_refused(gatekeeper(), shown({**headers, name: spoil(headers[name])}))


@pytest.mark.parametrize("name", NAMES)
def test_a_header_that_is_missing_or_spelt_otherwise_is_refused(name: str) -> None:
    headers = signed()
    value = headers.pop(name)

    assert_refused(gatekeeper(), shown(headers))
    assert_refused(gatekeeper(), shown({**headers, name.replace("-", "_"): value}))


@pytest.mark.parametrize("user", ["an,bo", "an\nbo", "", "bob*", "ünal", "system", "me", "nobody", "a" * 65])
def test_who_can_be_nobody_is_refused_although_it_is_signed(user: str) -> None:
    assert_refused(gatekeeper(), shown(signed(user)))


@pytest.mark.parametrize(
    "at", ["+176400000", "1764000000.0", "01764000000", "1.764e9", "-764000000", "١٧٦٤٠٠٠٠٠٠", "", "now"]
)
def test_a_time_in_another_form_is_refused_although_it_is_signed(at: str) -> None:
    assert_refused(gatekeeper(), shown(signed(at=at)))


@pytest.mark.parametrize(
    "nonce", ["", "short", "n" * 65, "nonce nonce nonce", "nonce,nonce,nonce", "nonce" * 4 + "\n"]
)
def test_a_nonce_in_another_form_is_refused_although_it_is_signed(nonce: str) -> None:
    assert_refused(gatekeeper(), shown(signed(nonce=nonce)))


def test_a_signature_in_capitals_or_of_another_length_is_none() -> None:
    headers = signed()
    signature = headers["X-Imapp-Signature"]

    for other in (signature.upper(), signature[:-1], signature + "0", signature[:32]):
        assert_refused(gatekeeper(), shown({**headers, "X-Imapp-Signature": other}))


@pytest.mark.parametrize("off", [-WINDOW_S, 0, WINDOW_S])
def test_a_signature_is_good_for_a_minute_before_and_after(off: int) -> None:
    assert gatekeeper().authenticate(shown(signed(at=NOW + off))).user.user_id == "an"


@pytest.mark.parametrize("off", [-3_600, -WINDOW_S - 1, WINDOW_S + 1, 3_600])
def test_then_it_is_stale(off: int) -> None:
    assert_refused(gatekeeper(), shown(signed(at=NOW + off)))


def test_what_came_before_does_not_come_again() -> None:
    nonces = Nonces()
    gate, other_gateway = gatekeeper(nonces), gatekeeper(nonces)
    gate.authenticate(shown(signed()))

    for again in (gate, other_gateway):
        assert_refused(again, shown(signed()))
        assert_refused(again, shown(signed("bo")))  # a nonce is used up for everything


def test_strangers_use_up_no_nonces() -> None:
    nonces = Nonces()
    for headers in (signed(key="another"), signed(at=NOW - 3_600), {}):
        assert_refused(gatekeeper(nonces), shown(headers))

    assert nonces.taken == []


def test_while_nonces_cant_be_kept_nobody_gets_in() -> None:
    nonces = Nonces()
    nonces.down = True

    with pytest.raises(StoreUnavailable):
        gatekeeper(nonces).authenticate(shown(signed()))


def test_in_this_mode_a_token_proves_nothing() -> None:
    assert_refused(gatekeeper(), shown({"Authorization": "Bearer something"}))


def test_a_session_is_the_handshakes_and_its_time_does_not_begin_anew() -> None:
    gate = gatekeeper()
    session = gate.open_session(shown(signed(target="/ws"), target="/ws"))

    assert session.identify(None) == session.identify("some token")
    assert session.identify(None).user.user_id == "an"
    assert session.identify(None).expires_at == NOW + SESSION_S


def test_a_session_of_somebody_who_was_disabled_is_nobodys() -> None:
    users: Any = Register("an")
    store: Any = Nonces()
    gate = SignedHeaderAuthenticator(users, store, keys=(KEY,), session_s=SESSION_S, clock=lambda: NOW)
    session = gate.open_session(shown(signed()))

    users.active.clear()

    with pytest.raises(RequestError, match="unauthorized"):
        session.identify(None)


def test_no_socket_is_opened_for_a_handshake_that_proves_nothing() -> None:
    with pytest.raises(RequestError, match="unauthorized"):
        gatekeeper().open_session(shown({}, target="/ws"))


def test_the_target_is_what_stood_on_the_request_line() -> None:
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/api/v1/conversations",
        "QUERY_STRING": "limit=50",
        "RAW_URI": "/api/v1/%63onversations?limit=50",
        "HTTP_X_IMAPP_USER": "an",
    }

    credentials = credentials_of(environ)

    assert (credentials.target, credentials.headers) == (environ["RAW_URI"], {"X-Imapp-User": "an"})
