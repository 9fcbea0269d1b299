"""Token buckets by key, what writes cost, who counts as which address, and who may come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.errors import RequestError
from imapp.gateway.addresses import client_address, networks
from imapp.gateway.door import Door
from imapp.gateway.limits import Limit, Limits, Rate, cost_of, weight_of
from schemas.commands import AddMembers, CreateGroup, Leave, SendMessage
from schemas.errors import ErrorCode

LOOPBACK = networks(["127.0.0.1", "::1"])


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def refused_with(code: ErrorCode) -> pytest.RaisesExc[RequestError]:
    return pytest.RaisesExc(RequestError, check=lambda error: error.code is code)


# ---- one limit


def test_so_many_are_taken_at_once_and_then_at_the_rate() -> None:
    clock = Clock()
    limit = Limit(Rate(2, 3), clock)

    assert [limit.take("an") for _ in range(3)] == [0, 0, 0]
    assert limit.take("an") == pytest.approx(0.5)
    clock.now += 0.5
    assert limit.take("an") == 0
    assert limit.take("an") == pytest.approx(0.5)


def test_nobody_pays_for_somebody_else() -> None:
    limit = Limit(Rate(1, 1), Clock())

    assert limit.take("an") == 0
    assert limit.take("an") > 0
    assert limit.take("bo") == 0


def test_who_is_refused_has_taken_nothing() -> None:
    clock = Clock()
    limit = Limit(Rate(1, 1), clock)
    limit.take("an")

    for _ in range(100):
        assert limit.take("an") == pytest.approx(1)
    clock.now += 1

    assert limit.take("an") == 0
    assert limit.refused == 100


def test_zero_stands_for_no_limit() -> None:
    limit = Limit(Rate.parse("0"), Clock())

    assert [limit.take("an") for _ in range(1_000)] == [0] * 1_000
    assert len(limit) == 0


def test_what_costs_more_than_a_bucket_holds_takes_all_of_it() -> None:
    clock = Clock()
    limit = Limit(Rate(1, 5), clock)

    assert limit.take("an", 100) == 0
    assert limit.take("an", 100) == pytest.approx(5)


def test_who_waits_as_long_as_told_is_let_through() -> None:
    clock = Clock()
    limit = Limit(Rate(7, 3), clock)
    for _ in range(50):
        while limit.take("an") == 0:
            pass
        with pytest.raises(RequestError) as refused:
            limit.check("an")
        assert refused.value.retry_after is not None
        clock.now += refused.value.retry_after
        limit.check("an")


def test_keys_that_are_full_again_are_forgotten() -> None:
    clock = Clock()
    limit = Limit(Rate(1, 1), clock)

    for number in range(10_000):
        limit.take(number)
        clock.now += 0.01

    assert len(limit) < 2_500


@given(steps=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 4)), max_size=60))
def test_in_no_time_more_is_taken_than_the_rate_allows(steps: list[tuple[float, int]]) -> None:
    clock = Clock()
    limit = Limit(Rate(2, 5), clock)
    taken: list[tuple[float, int]] = []

    for pause, cost in steps:
        clock.now += pause
        if limit.take("an", cost) == 0:
            taken.append((clock.now, cost))

    for number, (start, _) in enumerate(taken):
        for end, _ in taken[number:]:
            within = sum(cost for at, cost in taken if start <= at <= end)
            assert within <= 5 + 2 * (end - start) + 1e-6


# ---- what commands cost


def add(count: int) -> AddMembers:
    people = [f"u{number}" for number in range(count)]
    return AddMembers(actor="an", client_message_id="1", channel_id="c", user_ids=people)


def test_many_people_in_one_write_weigh_and_cost_more_than_one() -> None:
    group = CreateGroup(actor="an", client_message_id="1", channel_id="c", name="x", user_ids=["u"] * 500)

    assert (weight_of(add(1)), cost_of(add(1))) == (2, 1)
    assert (weight_of(add(500)), cost_of(add(500))) == (501, 11)
    assert (weight_of(group), cost_of(group)) == (501, 11)


@pytest.mark.limit("uploads")
def test_files_are_counted_by_person_and_apart_from_all_else() -> None:
    limits = Limits({"uploads": Rate(1, 2)}, Clock())

    for _ in range(2):
        limits.uploads.check("an")
    with refused_with(ErrorCode.RATE_LIMITED):
        limits.uploads.check("an")

    limits.uploads.check("bo")
    limits.requests.check("an")


def test_sends_and_other_writes_are_counted_apart() -> None:
    limits = Limits({"sends": Rate(1, 1), "writes": Rate(1, 1)}, Clock())
    send = SendMessage(actor="an", client_message_id="1", channel_id="c", content="x")
    leave = Leave(actor="an", client_message_id="1", channel_id="c")

    assert [limits.take_command(send), limits.take_command(leave)] == [0, 0]
    assert limits.take_command(send) > 0
    assert limits.take_command(leave) > 0


# ---- who may try


def test_after_too_many_failures_not_even_a_good_token_is_looked_at() -> None:
    limits = Limits({"failures": Rate(1, 2)}, Clock())

    for _ in range(2):
        with refused_with(ErrorCode.UNAUTHORIZED), limits.attempt("10.0.0.1"):
            raise RequestError(ErrorCode.UNAUTHORIZED)
    with refused_with(ErrorCode.RATE_LIMITED), limits.attempt("10.0.0.1"):
        raise AssertionError("it was looked at")
    with limits.attempt("10.0.0.2"):
        pass


def test_failures_that_are_not_the_callers_count_nothing() -> None:
    limits = Limits({"failures": Rate(1, 1)}, Clock())

    for _ in range(5):
        with refused_with(ErrorCode.BUSY), limits.attempt("10.0.0.1"):
            raise RequestError(ErrorCode.BUSY)


def test_an_address_has_so_many_connections() -> None:
    door = Door(Limits({}), max_of_address=2)
    for _ in range(2):
        door.knock("10.0.0.1")
        door.enter("10.0.0.1")

    with refused_with(ErrorCode.RATE_LIMITED):
        door.knock("10.0.0.1")
    door.knock("10.0.0.2")
    door.leave("10.0.0.1")
    door.knock("10.0.0.1")


# ---- addresses


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # nobody vouches for it
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "8.8.8.8, 198.51.100.1", "198.51.100.1"),  # the first is what the client said
        ("127.0.0.1", "8.8.8.8, 198.51.100.1, ::1", "198.51.100.1"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, ", "127.0.0.1"),
        ("127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::ffff:203.0.113.7", "", "203.0.113.7"),
        ("", "198.51.100.1", ""),  # a Unix socket
    ],
)
def test_the_address_is_the_last_one_that_a_trusted_proxy_has_seen(
    peer: str, forwarded: str, counted: str
) -> None:
    assert client_address(peer, forwarded, LOOPBACK) == counted


def test_networks_are_trusted_as_a_whole() -> None:
    assert (
        client_address("10.1.2.3", "10.9.9.9,198.51.100.1,10.4.5.6", networks(["10.0.0.0/8"]))
        == "198.51.100.1"
    )
