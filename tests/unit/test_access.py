"""Who could write to a channel now: whoever could not is not shown as writing either."""

from typing import Final

import pytest

from imapp.services.reading.access import AccessService
from schemas.commands import AnyCommand
from tests.unit.fakes.channels import FakeChannels, FakeMembers
from tests.unit.fakes.commands import create, leave, mute, remove, set_role, set_status, update
from tests.unit.fakes.writers import START_MS, Bench

UNTIL_MS: Final = START_MS + 60_000


@pytest.fixture
def bench() -> Bench:
    return Bench("an", "bo", "chen", "dao")


@pytest.fixture
def team(bench: Bench) -> str:
    """A group of An, who owns it, Bo and Chen."""
    return bench.run(create("an", "bo", "chen"))[0].channel_id


def speakers(bench: Bench, team: str, *happened: AnyCommand, at_ms: int = UNTIL_MS - 1) -> list[str]:
    """Who could write once this has happened."""
    assert [answer.code for answer in bench.run(*happened)] == [""] * len(happened)
    access = AccessService(FakeChannels(bench.store), FakeMembers(bench.store))
    return [name for name in ("an", "bo", "chen", "dao") if access.may_speak(name, team, at_ms)]


def test_members_may_speak(bench: Bench, team: str) -> None:
    assert speakers(bench, team) == ["an", "bo", "chen"]


def test_in_a_group_that_is_quiet_only_those_who_lead_it(bench: Bench, team: str) -> None:
    quiet = update("an", team, mute_all=True)
    assert speakers(bench, team, set_role("an", team, "bo", "admin"), quiet) == ["an", "bo"]


def test_who_is_muted_may_not_until_his_time_is_over(bench: Bench, team: str) -> None:
    assert speakers(bench, team, mute("an", team, "bo", UNTIL_MS)) == ["an", "chen"]
    assert speakers(bench, team, at_ms=UNTIL_MS) == ["an", "bo", "chen"]


def test_where_the_group_takes_nothing_nobody(bench: Bench, team: str) -> None:
    assert speakers(bench, team, set_status("an", team, "disabled")) == []


def test_nobody_who_has_left_or_was_removed(bench: Bench, team: str) -> None:
    assert speakers(bench, team, leave("bo", team), remove("an", team, "chen")) == ["an"]


def test_nobody_where_there_is_no_channel(bench: Bench) -> None:
    assert speakers(bench, "0" * 24) == []
