"""The issuer's keys: kept, changed, and never asked for more often than strangers may cause."""

import gzip
import io
import threading
from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests
from urllib3 import HTTPResponse

from imapp.gateway.issuer import keys_at
from imapp.services.identity.published_keys import PublishedKeys, usable_keys
from tests.support.issuer import Issuer
from tests.support.waiting import PATIENCE_S, eventually

COOL_DOWN_S: Final = 10.0


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer("k1")


@pytest.fixture
def keys(issuer: Issuer, clock: Clock) -> PublishedKeys:
    return PublishedKeys(issuer.fetch, cool_down_s=COOL_DOWN_S, clock=clock)


class SlowIssuer:
    """Answers when it is told to."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked = 0
        self.may_answer = threading.Event()

    def fetch(self) -> Any:
        self.asked += 1
        assert self.may_answer.wait(PATIENCE_S)
        return self.answer


@pytest.fixture
def slow(issuer: Issuer) -> Iterator[SlowIssuer]:
    slow = SlowIssuer(issuer.fetch())
    yield slow
    slow.may_answer.set()


def test_the_keys_are_fetched_once_and_kept(keys: PublishedKeys, issuer: Issuer, clock: Clock) -> None:
    for _ in range(5):
        assert keys.find("k1") is not None
        clock.now += 10 * COOL_DOWN_S

    assert issuer.fetched == 1


def test_a_new_key_is_found_by_its_id(keys: PublishedKeys, issuer: Issuer, clock: Clock) -> None:
    keys.find("k1")
    issuer.key_ids = ["k1", "k2"]
    clock.now += COOL_DOWN_S

    assert keys.find("k2") is not None
    assert issuer.fetched == 2


def test_whoever_invents_ids_makes_us_ask_once_in_a_while(
    keys: PublishedKeys, issuer: Issuer, clock: Clock
) -> None:
    for number in range(1_000):
        assert keys.find(f"invented-{number}") is None

    assert issuer.fetched == 1
    clock.now += COOL_DOWN_S
    assert [keys.find(f"again-{number}") for number in range(1_000)] == [None] * 1_000
    assert issuer.fetched == 2


def test_an_issuer_that_is_down_is_left_alone_for_a_while_too(
    keys: PublishedKeys, issuer: Issuer, clock: Clock
) -> None:
    issuer.down = True
    assert [keys.find("k1") for _ in range(100)] == [None] * 100
    assert issuer.fetched == 1

    issuer.down = False
    clock.now += COOL_DOWN_S

    assert keys.find("k1") is not None


def test_known_keys_count_while_the_issuer_is_down_and_new_ones_do_not(
    keys: PublishedKeys, issuer: Issuer, clock: Clock
) -> None:
    keys.find("k1")
    issuer.down, issuer.key_ids = True, ["k1", "k2"]
    clock.now += COOL_DOWN_S
    keys.renew()

    assert keys.find("k1") is not None
    assert keys.find("k2") is None


def test_a_key_that_is_no_longer_published_is_forgotten(
    keys: PublishedKeys, issuer: Issuer, clock: Clock
) -> None:
    keys.find("k1")
    issuer.key_ids = ["k2"]
    clock.now += COOL_DOWN_S

    keys.renew()

    assert keys.find("k1") is None


def test_an_answer_that_is_no_set_changes_nothing(issuer: Issuer, clock: Clock) -> None:
    answers: Iterator[Any] = iter([issuer.fetch(), "sorry", {"keys": []}, {"keys": "k1"}, None])
    keys = PublishedKeys(lambda: next(answers), cool_down_s=COOL_DOWN_S, clock=clock)
    keys.find("k1")

    for _ in range(4):
        clock.now += COOL_DOWN_S
        assert keys.find("unknown") is None
        assert keys.find("k1") is not None


def test_while_the_issuer_thinks_known_keys_are_found_at_once(slow: SlowIssuer, clock: Clock) -> None:
    slow.may_answer.set()
    keys = PublishedKeys(slow.fetch, cool_down_s=COOL_DOWN_S, clock=clock)
    keys.find("k1")
    slow.may_answer.clear()
    clock.now += COOL_DOWN_S
    stranger = threading.Thread(target=keys.find, args=("invented",))
    stranger.start()
    eventually(lambda: slow.asked == 2)

    found = [keys.find("k1") for _ in range(100)]  # would wait for the issuer, which waits for the test

    assert None not in found
    assert stranger.is_alive()
    slow.may_answer.set()
    stranger.join(PATIENCE_S)


def test_all_who_ask_for_a_new_key_wait_for_one_answer(slow: SlowIssuer) -> None:
    keys = PublishedKeys(slow.fetch, patience_s=PATIENCE_S)
    found: list[Any] = []
    askers = [threading.Thread(target=lambda: found.append(keys.find("k1"))) for _ in range(8)]
    for asker in askers:
        asker.start()
    eventually(lambda: slow.asked == 1)

    slow.may_answer.set()
    for asker in askers:
        asker.join(PATIENCE_S)

    assert (len(found), None in found, slow.asked) == (8, False, 1)


def test_who_waits_for_the_issuer_gives_up_in_time(slow: SlowIssuer) -> None:
    keys = PublishedKeys(slow.fetch, patience_s=0.01)

    assert keys.find("k1") is None


def test_only_public_signing_keys_that_are_long_enough_are_used() -> None:
    good = Issuer("good").published("good")
    rsa = Issuer(algorithm="RS256").published("rsa")
    rows = [
        good,
        rsa,
        {**good, "kid": "encrypts", "use": "enc"},
        {**good, "kid": 7},
        {name: value for name, value in good.items() if name != "kid"},
        {**rsa, "kid": "short", "n": rsa["n"][:80]},
        {**rsa, "kid": "other", "alg": "RS512"},
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0" * 8},
        {"kty": "EC", "crv": "P-999", "kid": "curve"},
        {"kty": "EC", "crv": "P-256", "x": "!", "y": "!", "kid": "garbage"},
        {"kid": "empty"},
        "no row",
        None,
    ]

    assert set(usable_keys({"keys": rows})) == {"good", "rsa"}


@pytest.mark.limit("published keys, bytes")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_an_answer_that_is_too_large_is_not_taken(monkeypatch: pytest.MonkeyPatch, *, packed: bool) -> None:
    """Packed it may be small: what it is unpacked counts."""

    def fetched(size: int) -> Any:
        body = b'"' + b"x" * (size - 2) + b'"'
        answer = requests.Response()
        answer.status_code = requests.codes.ok
        answer.raw = HTTPResponse(
            io.BytesIO(gzip.compress(body) if packed else body),
            headers={"Content-Encoding": "gzip"} if packed else {},
            preload_content=False,
        )
        monkeypatch.setattr(requests, "get", lambda *_, **__: answer)
        return keys_at("https://issuer.example/keys")()

    assert len(fetched(1_000_000)) == 1_000_000 - 2
    for size in (1_000_001, 20_000_000):
        with pytest.raises(ValueError, match="more than 1000000 bytes"):
            fetched(size)
