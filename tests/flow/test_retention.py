"""What is kept no longer is deleted for good, wherever it is; its numbers stay explained."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from imapp import failpoints
from imapp.domain.archive.tiling import Range
from imapp.domain.ids import message_id
from imapp.errors import ArchiveUnavailable
from imapp.services.archiving.restoring import Restored
from imapp.services.archiving.retention import Retention
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberStore
from imapp.stores.mongo import Database
from imapp.wiring.archiving import retention_stores
from tests.flow.test_archive_move import CHANNEL, NOW_MS, World
from tests.flow.test_archive_verify import restorer

STEPS = ("chosen", "hidden", "noted", "purged")


@pytest.fixture
def world(database: Database) -> World:
    """Entries 1 to 20, from 99 to 80 days old, of which 1 to 19 are archived in chunks of 4; three people."""
    world = World(database, 20)
    for user, spans in (("an", [[1, None]]), ("bo", [[1, 6]]), ("chen", [[15, None]])):
        database["members"].insert_one(
            {
                "_id": f"{CHANNEL}:{user}",
                "channel_id": CHANNEL,
                "user_id": user,
                "role": 0,
                "status": 0,
                "spans": spans,
                "joined_at": datetime(2026, 1, 1, tzinfo=UTC),
                "read_seq": 0,
                "read_countable": 0,
                "notify": "all",
                "pinned": False,
                "changed_at": datetime(2026, 1, 1, tzinfo=UTC),
            }
        )
    world.move()
    return world


@pytest.fixture(autouse=True)
def no_failpoints() -> Iterator[None]:
    yield
    failpoints.arm("")


def apply(world: World, *, days: int = 85) -> int:
    stores = retention_stores(world.database)
    retention = Retention(stores, world.archive, days=days, clock_ms=lambda: NOW_MS, chunk=3)
    return retention.apply(CHANNEL)


def verify(world: World) -> list[str]:
    return world.verify().problems


def kept(world: World) -> list[int]:
    """What anybody can still read."""
    return world.all()


def cleared(world: World) -> set[int]:
    """Up to where any member sees nothing."""
    return {row.cleared_seq for row in MemberStore(world.database).rows_in([CHANNEL])}


def at(monkeypatch: pytest.MonkeyPatch, step: str, act: Callable[[], object]) -> None:
    """Let something happen each time it comes to this step."""

    def acting(name: str, _matter: str = "") -> bool:
        if name == f"retention.{step}":
            act()
        return False

    monkeypatch.setattr("imapp.services.archiving.retention.point", acting)


def anywhere(world: World) -> set[int]:
    """What there is a copy of."""
    return {int(name.rpartition(".")[2]) for name in world.archive.texts} | set(world.hot())


def test_chunks_that_are_old_enough_go_from_both_stores_and_the_rest_stays(world: World) -> None:
    assert apply(world) == 12  # 1..12 are 99 to 88 days old, and 16 is not old enough

    assert anywhere(world) == set(range(13, 21))
    assert kept(world) == list(range(13, 21))
    assert verify(world) == []
    assert apply(world) == 0


def test_of_years_that_were_archived_at_once_what_is_a_month_too_old_is_gone(database: Database) -> None:
    world = World(database, 400, days_ago=500)  # 499 to 100 days old
    world.move(chunk=1_000)

    assert apply(world, days=365) > 0

    left = world.hot() + [int(name.rpartition(".")[2]) for name in world.archive.texts]
    assert 365 < 500 - min(left) <= 365 + 31
    assert verify(world) == []


def test_nothing_goes_without_a_setting_and_a_channel_has_the_last_word(world: World) -> None:
    channels = ChannelStore(world.database)

    assert apply(world, days=0) == 0

    channels.set_retention(CHANNEL, 0)
    assert apply(world, days=85) == 0

    channels.set_retention(CHANNEL, 90)
    assert apply(world, days=0) == 8

    channels.set_retention(CHANNEL, None)
    assert apply(world, days=85) == 4


def test_what_is_kept_for_less_than_a_month_goes_without_the_archive(database: Database) -> None:
    world = World(database, 20, days_ago=22)  # 21 to 2 days old: none is archived

    assert apply(world, days=7) == 14

    assert world.hot() == list(range(15, 21))
    assert kept(world) == list(range(15, 21))
    assert verify(world) == []
    marks = ChannelStore(database).archive_marks(CHANNEL)
    assert marks is not None
    assert (marks.kept_from_seq, marks.hot_from_seq) == (15, 15)


def test_the_newest_entry_stays_however_old_it_is(world: World) -> None:
    assert apply(world, days=1) == 19

    assert kept(world) == [20]
    assert verify(world) == []


def test_pages_over_what_was_removed_are_whole_and_hold_the_rest(world: World) -> None:
    apply(world)

    def seqs(low: int, high: int, *, limit: int, newest_first: bool) -> list[int]:
        page = world.whole.page(CHANNEL, low, high, limit=limit, newest_first=newest_first)
        return [entry.seq for entry in page]

    for limit in (1, 3, 50):
        for newest_first in (True, False):
            assert seqs(1, 12, limit=limit, newest_first=newest_first) == []
            expected = list(range(13, 16))
            expected = expected[-limit:] if newest_first else expected[:limit]
            assert seqs(5, 15, limit=limit, newest_first=newest_first) == expected


def test_everybody_is_left_with_what_is_kept_of_his_stay_and_has_read_what_went(world: World) -> None:
    apply(world)

    rows = {row.member.user_id: row for row in MemberStore(world.database).rows_in([CHANNEL])}

    assert rows["an"].member.spans == ((13, None),)
    assert (rows["an"].read_seq, rows["an"].read_countable) == (12, 12)
    assert rows["bo"].member.spans == ()
    assert rows["bo"].cleared_seq == 6  # not 12: he has left, and must not learn that it went on
    assert rows["chen"].member.spans == ((15, None),)


def test_unread_counts_and_recalls_of_what_was_removed_are_still_known(world: World) -> None:
    places, ranges = [(CHANNEL, seq) for seq in (1, 7, 12, 13)], [(CHANNEL, 1, 20)]
    before = world.log.countables(places), world.log.recalled_between(ranges)

    apply(world)

    assert (world.log.countables(places), world.log.recalled_between(ranges)) == before


def test_nothing_that_speaks_of_it_is_left(world: World) -> None:
    database = world.database
    for seq in (5, 14):
        name = message_id(CHANNEL, seq)
        database["files"].insert_one({"_id": f"file-{seq}", "state": "ready", "references": 1})
        database["file_references"].insert_one(
            {"_id": f"file-{seq}:{name}", "file_id": f"file-{seq}", "message_id": name, "channel_id": CHANNEL}
        )
        database["edits"].insert_one({"_id": f"{name}.{seq + 1:012d}", "content": "before"})
        database["reminders"].insert_one({"_id": name, "at": datetime.now(UTC)})
        database["unindexed"].insert_one({"_id": name, "reason": "x", "at": datetime.now(UTC)})
        for status in (0, 1, 2):
            database["pushes"].insert_one(
                {"channel_id": CHANNEL, "status": status, "min_seq": seq, "max_seq": seq, "rows": []}
            )

    apply(world)

    def left(collection: str, field: str = "_id") -> list[str]:
        return [str(row[field]) for row in database[collection].find().sort("_id", 1)]

    name = message_id(CHANNEL, 14)
    assert left("file_references", "message_id") == [name]
    assert left("edits") == [f"{name}.{15:012d}"]
    assert left("reminders") == [name]
    assert left("unindexed") == [name]
    assert set(left("pushes", "max_seq")) == {"14"}
    assert [row["_id"] for row in database["files"].find({"due": {"$exists": True}})] == ["file-5"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("part", [1, 2])
def test_one_that_dies_at_any_step_is_ended_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, part: int
) -> None:
    monkeypatch.setattr("imapp.services.archiving.retention._PARTS", 2)  # so there are two parts
    failpoints.arm(f"retention.{step}={part}:raise")
    with pytest.raises(RuntimeError):
        apply(world)
    rest = kept(world)
    assert rest == list(range(rest[0], 21))

    failpoints.arm("")
    apply(world)
    apply(world)

    assert anywhere(world) == set(range(13, 21))
    assert verify(world) == []


def test_what_comes_back_while_it_is_deleted_is_deleted_the_next_time(world: World) -> None:
    indexed = {name: world.archive.texts[name] for name in (message_id(CHANNEL, 2), message_id(CHANNEL, 12))}
    hot = world.archive.read([message_id(CHANNEL, 3)])[message_id(CHANNEL, 3)].document
    apply(world)
    world.archive.texts |= indexed
    world.log.put_back([hot])
    world.move()
    assert kept(world) == list(range(13, 21))

    apply(world)

    assert anywhere(world) == set(range(13, 21))
    assert verify(world) == []


def test_what_is_left_of_it_after_that_is_named(world: World) -> None:
    text = world.archive.texts[message_id(CHANNEL, 2)]
    apply(world)
    apply(world)
    world.archive.texts[message_id(CHANNEL, 2)] = text

    assert verify(world) == [f"{message_id(CHANNEL, 2)}: removed, but still there"]


def test_while_the_archive_is_away_it_is_hidden_and_the_next_run_deletes_it(world: World) -> None:
    world.archive.away = True
    with pytest.raises(ArchiveUnavailable):
        apply(world)
    world.archive.away = False
    assert kept(world) == list(range(13, 21))

    apply(world)

    assert anywhere(world) == set(range(13, 21))


def test_what_was_put_back_for_somebody_stays_for_as_long_and_what_was_removed_never_comes_back(
    world: World,
) -> None:
    restorer(world).restore(CHANNEL, Range(6, 7), 60)
    assert apply(world) == 4

    world.database["holds"].delete_many({})
    assert apply(world) == 8

    restored = restorer(world).restore(CHANNEL, Range(1, 14), 60)
    assert (restored.entries, restored.problems) == (2, {})
    assert world.hot() == [13, 14, 20]


def test_what_members_refer_to_is_removed_all_the_same_with_the_copy_that_was_brought_back(
    world: World,
) -> None:
    assert restorer(world).bring_back([(CHANNEL, 1), (CHANNEL, 14)]) == set()
    assert world.hot() == [1, 14, 20]

    assert apply(world) == 12

    assert anywhere(world) == set(range(13, 21))
    assert world.hot() == [14, 20]
    assert verify(world) == []


@pytest.mark.parametrize("step", STEPS)
def test_what_members_refer_to_while_it_is_removed_is_gone_after_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    at(monkeypatch, step, lambda: restorer(world).bring_back([(CHANNEL, 6)]))

    assert apply(world) == 12
    apply(world)

    assert anywhere(world) == set(range(13, 21))
    assert verify(world) == []


def test_what_an_operator_and_a_member_hold_stays_for_as_long_as_the_operator_said(world: World) -> None:
    restorer(world).restore(CHANNEL, Range(6, 6), 60)
    restorer(world).bring_back([(CHANNEL, 6)])
    assert apply(world) == 4

    world.database["holds"].update_many(
        {"for_command": {"$ne": True}}, {"$set": {"until": datetime.now(UTC)}}
    )
    assert restorer(world).bring_back([(CHANNEL, 6)]) == set()
    assert apply(world) == 8


def test_what_is_put_back_before_it_is_hidden_stays_and_is_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    restored: list[Restored] = []
    at(monkeypatch, "chosen", lambda: restored.append(restorer(world).restore(CHANNEL, Range(6, 7), 60)))

    assert apply(world) == 0
    assert restored == [Restored(entries=2)]
    assert world.hot() == [6, 7, 20]
    assert cleared(world) == {0}
    assert verify(world) == []


def test_what_is_hidden_is_not_put_back_any_more_and_goes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    restored: list[Restored] = []
    at(monkeypatch, "hidden", lambda: restored.append(restorer(world).restore(CHANNEL, Range(6, 13), 60)))

    assert apply(world) == 12
    assert restored == [Restored(entries=1)]
    assert world.hot() == [13, 20]
    assert verify(world) == []


def test_what_was_given_up_too_long_ago_is_not_noted_down_as_removed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = {"$set": {"until": datetime.now(UTC)}}
    at(monkeypatch, "hidden", lambda: world.database["holds"].update_many({}, past))

    assert apply(world) == 0
    assert anywhere(world) == set(range(1, 21))

    monkeypatch.undo()
    assert apply(world) == 12


def test_two_at_once_remove_each_part_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    others: list[int] = []

    def another(name: str, _matter: str = "") -> bool:
        if name == "retention.hidden" and not others:
            others.append(0)
            others[0] = apply(world)
        return False

    monkeypatch.setattr("imapp.services.archiving.retention.point", another)

    assert apply(world) == 0
    assert others == [12]
    assert kept(world) == list(range(13, 21))
