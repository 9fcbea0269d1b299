"""A gateway's lease and rows: few writes, none lost, and a lease that was lost is followed by another."""

import pytest

from imapp.errors import StoreUnavailable
from tests.unit.fakes.attendance import Office


@pytest.fixture
def office() -> Office:
    office = Office()
    office.attendance.hold()
    return office


def test_five_hundred_who_come_at_once_are_one_write(office: Office) -> None:
    for number in range(500):
        office.came(f"user{number}")

    office.attendance.write()

    assert len(office.connections.rows) == 500
    assert (office.connections.writes, office.last_seen.writes) == (1, 1)
    assert len(office.changed) == 500


def test_nothing_is_written_for_who_only_stays(office: Office) -> None:
    office.came("an")
    office.attendance.write()

    for _ in range(10):
        office.attendance.hold()
        office.attendance.write()

    assert office.connections.writes == 1


def test_who_goes_has_his_row_deleted_and_was_seen(office: Office) -> None:
    an, _ = office.came("an"), office.came("an")
    office.attendance.write()

    office.attendance.gone(an)
    office.attendance.write()

    assert office.connections.people() == ["an"]
    assert office.last_seen.told == ["an"]
    assert office.changed == ["an", "an"]


def test_who_comes_and_goes_between_two_writes_was_seen_and_has_no_row(office: Office) -> None:
    office.attendance.gone(office.came("an"))

    office.attendance.write()

    assert office.connections.people() == []
    assert office.last_seen.told == ["an"]


def test_an_end_without_a_hello_is_nobody_s(office: Office) -> None:
    an = office.came("an")
    office.attendance.gone(an)
    office.attendance.gone(an)
    office.attendance.write()

    assert office.last_seen.told == ["an"]


def test_no_row_is_written_before_there_is_a_lease() -> None:
    office = Office()
    office.came("an")

    office.attendance.write()
    assert office.connections.writes == 0

    office.attendance.hold()
    office.attendance.write()
    assert office.connections.people() == ["an"]


def test_a_write_that_failed_is_done_again_as_things_are_by_then(office: Office) -> None:
    office.came("an")
    bo = office.came("bo")
    office.connections.broken = True
    with pytest.raises(StoreUnavailable):
        office.attendance.write()
    assert office.changed == []

    office.attendance.gone(bo)
    office.connections.broken = False
    office.attendance.write()

    assert office.connections.people() == ["an"], "bo's row was written by the try that seemed to fail"
    assert office.changed == ["an", "bo"]


def test_a_lost_lease_is_followed_by_another_with_all_who_are_still_here(office: Office) -> None:
    office.came("an")
    bo = office.came("bo")
    office.attendance.write()
    office.gateways.delete("g1")
    office.connections.delete_of("g1")  # as who sweeps does

    office.attendance.gone(bo)
    office.attendance.hold()
    office.attendance.write()

    (lease,) = office.gateways.held
    assert lease != "g1"
    assert [(row.user_id, row.gateway) for row in office.connections.rows.values()] == [("an", lease)]
    assert office.changed[-2:] == ["an", "bo"]


def test_the_connection_s_id_stays_what_its_client_was_told_until_the_lease_is_lost(office: Office) -> None:
    office.came("an")
    office.attendance.write()

    assert list(office.connections.rows) == ["g1.1"]


def test_who_leaves_in_good_order_leaves_nothing_behind(office: Office) -> None:
    office.came("an")
    office.came("bo")
    office.attendance.write()

    office.attendance.leave()

    assert office.gateways.held == {}
    assert office.connections.rows == {}
    assert sorted(office.last_seen.told) == ["an", "bo"]
