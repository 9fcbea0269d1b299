"""Each night one round over all channels: in slices, by whoever comes, once."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from devstack.services import Stack
from imapp import metrics
from imapp.cli import main
from imapp.config import Config
from imapp.domain.archive.prefixes import CHUNK
from imapp.domain.ids import message_id
from imapp.errors import ArchiveUnavailable
from imapp.services.archiving.moving import ChannelMover
from imapp.services.archiving.nightly import SLICE_S, NightlyMove
from imapp.services.archiving.retention import Retention
from imapp.services.archiving.running import ArchiveRun, Run
from imapp.stores.archive.client import BACKGROUND_READ_S
from imapp.stores.channels import ChannelStore
from imapp.stores.leases import LeaseStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from imapp.wiring.archiving import nightly_move, retention_stores
from tests.flow.test_archive_move import DAY_MS, NOW_MS
from tests.support.archive_in_memory import ArchiveInMemory
from tests.support.entries import log_entry
from tests.support.tokens import JWT_KEY

CHANNELS = tuple(letter * 24 for letter in "abcdef")


class Night:
    """Six channels of five old entries each, a clock that is moved by hand, and who moves."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.archive = ArchiveInMemory()
        self.log = MessageLog(database)
        self.leases = LeaseStore(database)
        self.at_s = 0.0
        self.chunk = CHUNK
        for channel in CHANNELS:
            self.log.append([log_entry(channel, seq, time_ms=NOW_MS - 90 * DAY_MS) for seq in range(1, 6)])
            database["channels"].insert_one(
                {"_id": channel, "hot_from_seq": 1, "indexed_seq": 5, "head": {"seq": 5}}
            )

    def run(self, *, after_each: Callable[[], None] = lambda: None) -> ArchiveRun:
        mover = ChannelMover(
            channels=ChannelStore(self.database),
            log=self.log,
            manifests=ManifestStore(self.database),
            archive=self.archive,
            after_days=30,
            throttle=lambda _: after_each(),
            clock_ms=lambda: NOW_MS,
            chunk=self.chunk,
        )
        retention = Retention(
            retention_stores(self.database),
            self.archive,
            days=0,
            clock_ms=lambda: NOW_MS,
            chunk=self.chunk,
        )
        return ArchiveRun(
            self.leases,
            ChannelStore(self.database),
            mover=mover,
            retention=retention,
            check=self.archive.check,
            clock=lambda: self.at_s,
        )

    def moved(self) -> list[str]:
        return [channel for channel in CHANNELS if len(self.log.page(channel, 1, 9, limit=9)) == 1]

    def pass_a_second(self) -> None:
        self.at_s += 1.0

    def pass_half_a_minute(self) -> None:
        self.at_s += BACKGROUND_READ_S

    def slices_until_its_end(self) -> list[Run]:
        """What each task of the night does that is given its usual time."""
        slices = [self.run().run("a", for_s=SLICE_S)]
        while not slices[-1].ended:
            assert len(slices) < 50, "the round never ends"
            slices.append(self.run().run("a", for_s=SLICE_S))
        return slices


@pytest.fixture
def night(database: Database) -> Night:
    return Night(database)


def test_a_slice_ends_in_time_and_the_next_goes_on_where_it_ended(night: Night) -> None:
    run = night.run(after_each=night.pass_a_second)

    assert not run.run("a", for_s=2.0).ended
    assert night.moved() == list(CHANNELS[:2])
    assert run.last_round() is None

    assert not run.run("b", for_s=2.0).ended
    assert night.moved() == list(CHANNELS[:4])

    last = run.run("a", for_s=60.0)
    assert (last.ended, last.channels) == (True, 2)
    assert night.moved() == list(CHANNELS)


def test_who_comes_while_another_is_at_it_leaves_all_to_him(night: Night) -> None:
    others: list[bool] = []
    second = night.run()

    night.run(after_each=lambda: others.append(second.run("b").ended)).run("a")

    assert others == [False] * 6
    assert night.moved() == list(CHANNELS)


def test_who_has_lost_his_lease_stops_and_leaves_the_position_to_the_other(night: Night) -> None:
    def is_late() -> None:
        night.at_s += 400.0
        night.database["leases"].update_one({}, {"$set": {"owner": "b", "position": "z"}})

    assert not night.run(after_each=is_late).run("a").ended

    assert night.moved() == [CHANNELS[0]]
    assert night.leases.position("archive.move") == "z"


def test_who_loses_his_lease_at_the_last_channel_does_not_end_the_round_of_the_other(night: Night) -> None:
    def is_late() -> None:
        if night.moved() == list(CHANNELS):
            night.at_s += 400.0
            night.database["leases"].update_one({}, {"$set": {"owner": "b", "position": "c"}})
            night.leases.hold("archive.move", "b", 60.0)

    assert not night.run(after_each=is_late).run("a").ended

    assert night.leases.position("archive.move") == "c"
    assert night.leases.last_round("archive.move") is None


def test_a_channel_that_can_not_be_moved_keeps_no_other_from_it(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str, matter: str = "") -> bool:
        if name == "archive.read" and matter == CHANNELS[1]:
            raise ValueError(matter)
        return False

    monkeypatch.setattr("imapp.services.archiving.moving.point", broken)

    done = night.run().run("a")

    assert (done.ended, done.failed) == (True, 1)
    assert night.moved() == [CHANNELS[0], *CHANNELS[2:]]


def test_a_channel_about_which_the_archive_never_answers_keeps_no_other_from_moving(night: Night) -> None:
    night.archive.slow = {CHANNELS[1]}
    failed = metrics.archive_failed.value

    done = night.run().run("a")

    assert (done.ended, done.channels, done.failed) == (True, 6, 1)
    assert metrics.archive_failed.value == failed + 1
    assert night.moved() == [CHANNELS[0], *CHANNELS[2:]]

    night.archive.slow = set()
    assert night.run().run("a").failed == 0
    assert night.moved() == list(CHANNELS)


def test_the_round_comes_back_to_it_in_whichever_slice_it_ends(night: Night) -> None:
    night.archive.slow = {CHANNELS[0]}
    assert not night.run(after_each=night.pass_a_second).run("a", for_s=2.0).ended
    assert night.moved() == list(CHANNELS[1:3])
    night.archive.slow = set()

    done = night.run().run("b")

    assert (done.ended, done.failed) == (True, 0)
    assert night.moved() == list(CHANNELS)


def test_a_question_that_takes_longer_than_a_slice_does_not_stop_the_round(night: Night) -> None:
    night.archive.slow, night.archive.waits = {CHANNELS[0], CHANNELS[3]}, night.pass_half_a_minute

    slices = night.slices_until_its_end()

    assert sum(done.failed for done in slices) == 2
    assert night.moved() == [CHANNELS[1], CHANNELS[2], CHANNELS[4], CHANNELS[5]]


def test_a_look_that_takes_longer_than_a_slice_and_moves_nothing_does_not_stop_the_round(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.archive.refused = {message_id(CHANNELS[0], 1)}

    def slow(name: str, matter: str = "") -> bool:
        if name == "archive.proved" and matter == CHANNELS[0]:
            night.pass_half_a_minute()
        return False

    monkeypatch.setattr("imapp.services.archiving.moving.point", slow)

    slices = night.slices_until_its_end()

    assert sum(done.unproved for done in slices) == 1
    assert night.moved() == list(CHANNELS[1:])


def test_a_long_channel_goes_on_slice_by_slice_however_slow_it_is(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.chunk = 1

    def slow(name: str, _matter: str = "") -> bool:
        if name == "archive.read":
            night.pass_half_a_minute()
        return False

    monkeypatch.setattr("imapp.services.archiving.moving.point", slow)

    slices = night.slices_until_its_end()

    assert [done.entries for done in slices[:5]] == [1, 1, 1, 1, 1]
    assert night.moved() == list(CHANNELS)


def test_what_is_kept_no_longer_goes_slice_by_slice_too(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.chunk = 1
    ChannelStore(night.database).set_retention(CHANNELS[0], 7)

    def slow(name: str, _matter: str = "") -> bool:
        if name == "retention.hidden":
            night.pass_half_a_minute()
        return False

    monkeypatch.setattr("imapp.services.archiving.retention.point", slow)

    slices = night.slices_until_its_end()

    assert [done.removed for done in slices[:4]] == [1, 1, 1, 1]
    assert night.moved() == list(CHANNELS)


def test_a_long_channel_that_was_put_aside_is_moved_to_its_end_the_same_night(night: Night) -> None:
    night.chunk = 1
    night.archive.slow = {CHANNELS[0]}
    run = night.run(after_each=night.pass_a_second)
    assert not run.run("a", for_s=20.0).ended
    assert night.moved() == list(CHANNELS[1:])
    night.archive.slow = set()

    rounds = [run.run("a", for_s=1.0).ended for _ in range(5)]

    assert rounds == [False, False, False, False, True]
    assert night.moved() == list(CHANNELS)


def test_a_round_that_the_archive_interrupts_goes_on_at_the_channel_at_hand(night: Night) -> None:
    def goes_away() -> None:
        night.archive.away = len(night.moved()) == 3

    with pytest.raises(ArchiveUnavailable):
        night.run(after_each=goes_away).run("a")
    night.archive.away = False

    done = night.run().run("a")

    assert (done.ended, done.channels) == (True, 3)
    assert night.moved() == list(CHANNELS)


def test_a_night_has_one_round_and_a_missed_one_is_made_up_for(night: Night) -> None:
    now = datetime.now(UTC)
    due = f"{now.hour:02}:{now.minute:02}"
    rounds: list[str] = []

    def at(day: int) -> NightlyMove:
        moment = now.timestamp() + day * 86_400
        return NightlyMove(night.run(after_each=lambda: rounds.append("moved")), due, clock=lambda: moment)

    at(0).go_on()
    assert len(rounds) == 6
    assert metrics.archive_round.value >= int(now.timestamp())

    night.log.append([log_entry(CHANNELS[0], seq, time_ms=NOW_MS - 90 * DAY_MS) for seq in (6, 7)])
    night.database["channels"].update_one({"_id": CHANNELS[0]}, {"$set": {"indexed_seq": 7}})
    at(0).go_on()
    assert len(rounds) == 6

    at(3).go_on()
    assert len(rounds) == 7


def test_what_is_away_leaves_the_round_to_the_next_task(night: Night) -> None:
    night.archive.away = True
    NightlyMove(night.run(), "02:30").go_on()
    assert night.run().last_round() is None

    night.archive.away = False
    NightlyMove(night.run(), "02:30").go_on()

    assert night.moved() == list(CHANNELS)


def test_without_an_archive_nothing_moves_and_what_is_kept_no_longer_goes(
    database: Database, night: Night
) -> None:
    ChannelStore(database).set_retention(CHANNELS[0], 7)

    nightly_move(Config(environment="test"), database, None).go_on()

    assert night.moved() == [CHANNELS[0]]
    assert night.archive.texts == {}
    assert LeaseStore(database).last_round("archive.move") is not None


def test_without_the_archive_that_holds_something_nothing_is_deleted(
    database: Database, night: Night
) -> None:
    night.run().run("a")
    database["leases"].delete_many({})  # the next night
    night.log.append([log_entry(CHANNELS[0], seq, time_ms=NOW_MS - 90 * DAY_MS) for seq in (6, 7)])
    ChannelStore(database).set_retention(CHANNELS[0], 7)

    nightly_move(Config(environment="test"), database, None).go_on()

    assert [entry.seq for entry in night.log.page(CHANNELS[0], 1, 9, limit=9)] == [5, 6, 7]


def test_a_run_by_hand_looks_at_every_channel_wherever_the_nightly_round_was(night: Night) -> None:
    night.run(after_each=night.pass_a_second).run("nightly", for_s=3.0)
    assert night.moved() == list(CHANNELS[:3])
    night.log.append([log_entry(CHANNELS[0], seq, time_ms=NOW_MS - 90 * DAY_MS) for seq in (6, 7)])
    night.database["channels"].update_one({"_id": CHANNELS[0]}, {"$set": {"indexed_seq": 7}})

    done = night.run().run("by hand", anew=True)

    assert (done.ended, done.channels) == (True, len(CHANNELS))
    assert [entry.seq for entry in night.log.page(CHANNELS[0], 1, 9, limit=9)] == [7]
    assert night.moved() == list(CHANNELS)


def test_a_run_by_hand_deletes_what_is_kept_no_longer_without_elasticsearch(
    stack: Stack, database: Database, night: Night
) -> None:
    ChannelStore(database).set_retention(CHANNELS[0], 7)

    told = by_hand(stack, database, "archive", "run")

    assert "6 channels looked at, 0 messages moved, 4 deleted for good\n" in told.output
    assert night.moved() == [CHANNELS[0]]


def test_a_run_by_hand_says_so_if_the_archive_that_holds_something_is_missing(
    stack: Stack, database: Database, night: Night
) -> None:
    night.run().run("a")

    told = by_hand(stack, database, "archive", "run")

    assert told.exit_code == 1
    assert "IM_ES_URL is missing" in told.output


def by_hand(stack: Stack, database: Database, *arguments: str) -> Result:
    """What an operator is told by a command that knows no Elasticsearch."""
    url = urlsplit(stack.mongo_url)._replace(path=f"/{database.name}").geturl()
    env = {"IM_ENV": "test", "IM_MONGO_URL": url, "IM_ES_URL": "", "IM_JWT_KEY": JWT_KEY}
    return CliRunner().invoke(main, arguments, env=env)
