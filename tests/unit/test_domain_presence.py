"""Who is shown online, and since when he is not: connections, leases and endings, put together."""

from imapp.domain.presence import OFFLINE, Lease, Presence, Seen, presence_of

LEASES = {
    "alive": Lease("alive", alive=True, renewed_ms=9_000),
    "dead": Lease("dead", alive=False, renewed_ms=4_000),
    "older": Lease("older", alive=False, renewed_ms=2_000),
}


def test_who_has_a_connection_on_a_gateway_that_lives_is_online() -> None:
    assert presence_of(["dead", "alive"], LEASES, Seen(1_000, 0)) == Presence(online=True)


def test_who_was_never_here_is_offline_without_a_time() -> None:
    assert presence_of([], LEASES, None) == OFFLINE


def test_who_has_just_gone_is_shown_online_for_the_grace_period() -> None:
    assert presence_of([], LEASES, Seen(9_000, 7_500)) == Presence(online=True, fades_in_ms=7_500)


def test_after_the_grace_period_he_was_seen_last_when_his_connection_ended() -> None:
    assert presence_of([], LEASES, Seen(9_000, 0)) == Presence(last_seen_ms=9_000)


def test_who_was_on_a_dead_gateway_was_seen_last_when_its_lease_was_renewed() -> None:
    assert presence_of(["older", "dead"], LEASES, Seen(3_000, 0)) == Presence(last_seen_ms=4_000)


def test_a_dead_gateway_does_not_move_an_ending_back() -> None:
    assert presence_of(["dead"], LEASES, Seen(5_000, 0)) == Presence(last_seen_ms=5_000)


def test_a_connection_whose_gateway_is_swept_does_not_count() -> None:
    assert presence_of(["swept"], LEASES, None) == OFFLINE
