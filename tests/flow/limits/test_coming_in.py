"""How often an address connects and guesses tokens, and how many connections it and a person have."""

import pytest
from websockets.exceptions import InvalidStatus

from schemas.frames import CloseCode
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.strict import CONNECTS, FAILURES, OF_ADDRESS, OF_USER, at, connect, new_address, outcomes


@pytest.mark.limit("connects")
def test_an_address_that_connects_too_often_is_refused_before_the_handshake(strict_scene: Scene) -> None:
    (an,) = strict_scene.people("an")
    home = new_address()
    for _ in range(CONNECTS):
        strict_scene.connect(an, **at(home)).close()

    with pytest.raises(InvalidStatus) as refused:
        strict_scene.connect(an, **at(home))

    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["Retry-After"]) >= 1
    strict_scene.connect(an, **at(new_address()))


@pytest.mark.limit("connections of an address")
def test_an_address_has_so_many_connections_and_no_more(strict_scene: Scene) -> None:
    people = strict_scene.people(*(f"u{number}" for number in range(OF_ADDRESS)))
    home = new_address()
    for user in people:
        strict_scene.connect(user, **at(home))

    with pytest.raises(InvalidStatus) as refused:
        strict_scene.connect(people[0], **at(home))

    assert refused.value.response.status_code == 429


@pytest.mark.limit("connections of a person")
def test_one_more_connection_closes_the_oldest(strict_scene: Scene) -> None:
    (an,) = strict_scene.people("an")
    devices = [connect(strict_scene, an) for _ in range(OF_USER + 1)]

    assert devices[0].wait_closed() == CloseCode.KICKED
    assert all(device.is_open for device in devices[1:])
    assert outcomes([device.post("ping") for device in devices[1:]]) == ["ok"] * OF_USER


@pytest.mark.limit("failures")
def test_who_guesses_tokens_is_not_listened_to_for_a_while(strict_scene: Scene) -> None:
    (an,) = strict_scene.people("an")
    home = new_address()
    url = strict_scene.cluster.gateway_urls[0]
    for number in range(FAILURES):
        with pytest.raises(RefusedError, match="unauthorized"):
            Client.connect(url, f"guess {number}", **at(home))

    with pytest.raises(InvalidStatus) as refused:
        strict_scene.connect(an, **at(home))

    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["Retry-After"]) >= 1
    strict_scene.connect(an, **at(new_address()))


def test_guesses_over_rest_count_too(strict_scene: Scene) -> None:
    headers = {"X-Forwarded-For": new_address()}
    rest = RestClient(strict_scene.cluster.gateway_urls[0], "a guess", user="nobody")

    codes = [rest.call("GET", "/me", headers=headers).status_code for _ in range(FAILURES + 1)]

    assert codes == [401] * FAILURES + [429]
