"""Tokens of an issuer that publishes its keys: new ones, and an issuer that is slow or gone."""

import os
import threading
from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests

from devstack.services import Stack
from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.issuer import Issuer
from tests.support.issuing import IssuerServer
from tests.support.people import make_users
from tests.support.tokens import JWT_KEY, make_token
from tests.support.waiting import PATIENCE_S, eventually

COOL_DOWN_S: Final = 5.0
"""Between two fetches for unknown keys: how long a new key may take to be known."""

LONG_S: Final = 6 * COOL_DOWN_S


class Office:
    """A gateway, and the issuer whose tokens it takes."""

    def __init__(self, cluster: Cluster, server: IssuerServer) -> None:
        self.cluster = cluster
        self.server = server
        self.issuer = server.issuer

    def token(self, key_id: str = "k1", **claims: Any) -> str:
        return self.issuer.token("an", key_id=key_id, **claims)

    def status(self, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.cluster.gateway_urls[0]}/api/v1/me"
        return requests.get(url, headers=headers, timeout=PATIENCE_S).status_code


@pytest.fixture(scope="module")
def office(stack: Stack) -> Iterator[Office]:
    with IssuerServer(Issuer("k1")) as server:
        environment = {"IM_JWKS_URL": server.url, "IM_JWT_ISSUER": "https://login.example"}
        one_of_each: dict[str, Any] = {"gateways": 1, "writers": 1, "shards": 1}
        namespace = f"jwks{os.getpid()}"
        with Cluster(
            stack.mongo_url, stack.amqp_url, namespace, environment=environment, **one_of_each
        ) as cluster:
            make_users(cluster.database, "an")
            yield Office(cluster, server)


@pytest.fixture(autouse=True)
def issuer_is_well(office: Office) -> Iterator[None]:
    """Each test begins with an issuer that answers, and a gateway that knows its first key."""
    office.issuer.key_ids, office.issuer.down, office.server.drips = ["k1"], False, False
    eventually(lambda: office.status(good(office)) == 200, timeout=LONG_S)
    yield
    office.server.drips = False


def good(office: Office, key_id: str = "k1") -> str:
    return office.token(key_id, iss="https://login.example")


def test_a_token_of_the_issuer_opens_everything(office: Office) -> None:
    with Client.connect(office.cluster.gateway_urls[0], good(office)) as client:
        assert client.hello.user == "an"


def test_no_other_token_does(office: Office) -> None:
    other = Issuer("k1", algorithm="EdDSA")

    assert office.status(office.token()) == 401, "without the issuer's name"
    assert office.status(office.token(iss="https://evil.example")) == 401
    assert office.status(make_token("an", key=JWT_KEY, iss="https://login.example")) == 401
    assert office.status(other.token("an", key_id="k1", iss="https://login.example")) == 401


def test_a_new_key_is_known_after_a_while_and_the_old_one_goes_on(office: Office) -> None:
    office.issuer.key_ids = ["k1", "k2"]

    eventually(lambda: office.status(good(office, "k2")) == 200, timeout=LONG_S)

    assert office.status(good(office)) == 200


def test_strangers_cant_make_us_hammer_the_issuer(office: Office) -> None:
    before = office.issuer.fetched

    answers = [office.status(good(office, f"invented-{number}")) for number in range(200)]

    assert set(answers) == {401}
    assert office.issuer.fetched - before <= 5, "once in five seconds"


def test_an_issuer_that_is_gone_keeps_nobody_out_whose_key_is_known(office: Office) -> None:
    office.issuer.down, office.issuer.key_ids = True, ["k1", "k3"]

    assert office.status(good(office, "k3")) == 401
    assert office.status(good(office)) == 200

    office.issuer.down = False
    eventually(lambda: office.status(good(office, "k3")) == 200, timeout=LONG_S)


def test_while_the_issuer_drips_everybody_else_is_served(office: Office) -> None:
    office.server.drips, office.issuer.key_ids = True, ["k1", "k4"]
    answers: list[int] = []
    before = office.issuer.fetched

    def ask() -> bool:
        """Until the gateway fetches for it, which it may not do at once."""
        answers.append(office.status(good(office, "k4")))
        return office.issuer.fetched > before

    stranger = threading.Thread(target=eventually, args=(ask,), kwargs={"timeout": LONG_S})
    stranger.start()
    eventually(lambda: office.issuer.fetched > before, timeout=LONG_S)

    while_it_drips: list[int] = []
    while stranger.is_alive() and len(while_it_drips) < 20:
        while_it_drips.append(office.status(good(office)))
    stranger.join(LONG_S)

    assert set(answers) == {401}
    assert while_it_drips == [200] * 20, "each had an answer before the stranger's"
    before = office.issuer.fetched
    eventually(ask, timeout=LONG_S, what="the gateway gives up waiting and asks the issuer again")
    office.server.drips = False
    eventually(lambda: office.status(good(office, "k4")) == 200, timeout=LONG_S)
