"""All indices made anew while everything goes on: nothing is missing, whoever interrupts it and whenever."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from msgspec.structs import replace

from devstack.services import Stack
from imapp import failpoints
from imapp.cli import main
from imapp.domain.entries import RECALL, RECALLED
from imapp.domain.ids import message_id
from imapp.errors import ArchiveUnavailable
from imapp.services.archiving.indexing import Indexer
from imapp.services.archiving.moving import ChannelMover
from imapp.services.archiving.reindexing import Reindexed, Reindexer, ReindexStores
from imapp.services.archiving.verifying import ArchiveVerifier
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.entries import ArchiveEntries
from imapp.stores.archive.indices import Indices
from imapp.stores.canonical import content_hash
from imapp.stores.channels import ChannelStore
from imapp.stores.generations import GenerationStore
from imapp.stores.index_marks import IndexMarks
from imapp.stores.leases import LeaseStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from imapp.stores.unindexed import UnindexedStore
from imapp.wiring import SearchTools
from tests.flow.test_archive_move import DAY_MS, NOW_MS
from tests.support.archive import drop_indices, index_names, indexed
from tests.support.entries import log_entry
from tests.support.es_proxy import Answer, EsProxy, es_proxy
from tests.support.tokens import JWT_KEY

CHANNELS = tuple(letter * 24 for letter in "abc")
LATELY_MS = NOW_MS - 16 * DAY_MS
STEPS = ("begun", "channel", "built", "switched", "finished")


class Library:
    """Three channels of six entries of which 1 to 3 are archived and the others hot."""

    def __init__(self, database: Database, proxy: EsProxy, namespace: str, url: str) -> None:
        self.database, self.proxy, self.namespace, self.url = database, proxy, namespace, url
        client = ArchiveClient(proxy.url, read_s=30)
        self.generations = GenerationStore(database)
        self.indices = Indices(client, namespace, self.generations.load)
        self.entries = ArchiveEntries(client, self.indices, lambda _: None)
        self.log, self.manifests = MessageLog(database), ManifestStore(database)
        self.channels, self.leases = ChannelStore(database), LeaseStore(database)
        self.unindexed = UnindexedStore(database)
        self.indices.prepare()
        for channel in CHANNELS:
            ages = (45, 44, 43, 20, 18, 16)  # of one month: to make an index takes its time
            self.add(
                channel,
                *(log_entry(channel, seq, time_ms=NOW_MS - ages[seq - 1] * DAY_MS) for seq in range(1, 7)),
            )
            self.move(channel)

    def add(self, channel: str, *entries: Any) -> None:
        """Store entries, and index them as the worker does."""
        self.log.append(entries)
        change = {
            "$max": {"head.seq": entries[-1].seq},
            "$setOnInsert": {"indexed_seq": 0, "hot_from_seq": 1},
        }
        self.database["channels"].update_one({"_id": channel}, change, upsert=True)
        marks = IndexMarks(self.database)
        Indexer(log=self.log, marks=marks, archive=self.entries, unindexed=self.unindexed).index([channel])

    def recall(self, channel: str, seq: int, by: int) -> None:
        """Take a hot message back, as a writer does."""
        change = {"$set": {"content": "", "status": RECALLED, "rev": by, "body_hash": None}}
        self.database["messages"].update_one({"_id": message_id(channel, seq)}, change)
        self.add(channel, log_entry(channel, by, type=RECALL, time_ms=LATELY_MS, extra={"target_seq": seq}))

    def move(self, channel: str, days: int = 30) -> None:
        ChannelMover(
            channels=self.channels,
            log=self.log,
            manifests=self.manifests,
            archive=self.entries,
            after_days=days,
            clock_ms=lambda: NOW_MS,
        ).move(channel)

    def reindexer(self) -> Reindexer:
        stores = ReindexStores(
            generations=self.generations,
            indices=self.indices,
            entries=self.entries,
            channels=self.channels,
            log=self.log,
            manifests=self.manifests,
            unindexed=self.unindexed,
            leases=self.leases,
        )
        return Reindexer(stores, sleep=lambda _: None)

    def reindex(self, *, anew: bool = False) -> Reindexed:
        return self.reindexer().run(secrets.token_hex(4), anew=anew)

    def buildings(self) -> set[str]:
        return {name.rpartition("-")[2] for name in index_names(self.url, self.namespace)}

    def searchable(self) -> dict[str, str]:
        """What is found once it can be, with the hash of its content."""
        requests.post(f"{self.url}/{self.namespace}-messages/_refresh", timeout=30).raise_for_status()
        return {name: source["hash"] for name, source in indexed(self.url, self.namespace).items()}

    def problems(self, channel: str) -> list[str]:
        """What the proof names."""
        verifier = ArchiveVerifier(
            channels=self.channels,
            log=self.log,
            manifests=self.manifests,
            unindexed=self.unindexed,
            archive=self.entries,
        )
        return verifier.verify(channel).problems

    def check_whole(self) -> None:
        """All is archived as noted down or hot, and what is hot is in the index as it is."""
        for channel in CHANNELS:
            assert self.problems(channel) == []
            hot = self.log.documents(channel, 1, 99, 99)
            assert {one["_id"]: content_hash(one) for one in hot}.items() <= self.searchable().items()


@pytest.fixture
def library(database: Database, stack: Stack) -> Iterator[Library]:
    with the_library(database, stack) as library:
        yield library


@contextmanager
def the_library(database: Database, stack: Stack) -> Iterator[Library]:
    """With Elasticsearch behind a proxy; gone afterwards."""
    namespace = f"t{secrets.token_hex(4)}"
    with es_proxy(stack.es_url) as proxy:
        yield Library(database, proxy, namespace, stack.es_url)
        failpoints.arm("")
        drop_indices(stack.es_url, namespace)


def meanwhile(monkeypatch: pytest.MonkeyPatch, step: str, act: Callable[[str], None]) -> None:
    """Have something happen when the reindexing comes to this step, with the channel at hand."""

    def pass_by(name: str, matter: str = "") -> bool:
        if name == f"reindex.{step}":
            act(matter)
        return False

    monkeypatch.setattr("imapp.services.archiving.reindexing.point", pass_by)


def test_all_that_was_found_is_found_in_new_indices_and_the_old_ones_are_gone(library: Library) -> None:
    done = library.reindex()

    assert (done.ended, done.channels, done.entries, done.refused, done.lost) == (True, 3, 18, {}, {})
    assert library.buildings() == {"2"}
    assert len(library.searchable()) == 18
    library.check_whole()
    library.add(CHANNELS[0], log_entry(CHANNELS[0], 7, time_ms=LATELY_MS))
    assert library.reindex().ended
    assert library.buildings() == {"3"}
    assert len(library.searchable()) == 19


@pytest.mark.parametrize("step", STEPS)
def test_one_that_dies_at_any_step_has_lost_nothing_and_the_next_goes_on(library: Library, step: str) -> None:
    failpoints.arm(f"reindex.{step}=raise")
    with pytest.raises(RuntimeError):
        library.reindex()
    failpoints.arm("")
    library.check_whole()
    library.add(CHANNELS[0], log_entry(CHANNELS[0], 7, time_ms=LATELY_MS))
    library.check_whole()

    done = library.reindex()

    assert done.ended
    assert done.channels == {"channel": 2, "built": 0, "switched": 0}.get(step, 3)
    assert not library.generations.load().replaced
    assert library.buildings() == {"3" if step == "finished" else "2"}
    assert len(library.searchable()) == 19
    library.check_whole()


def test_what_is_sent_recalled_and_moved_meanwhile_is_in_the_new_ones(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = CHANNELS

    def go_on(channel: str) -> None:
        if channel == second:  # the first two are copied, the third is not
            for each in CHANNELS:
                library.recall(each, 5, by=7)
                library.add(each, log_entry(each, 8, time_ms=LATELY_MS))
                library.move(each, days=15)
            library.add("d" * 24, log_entry("d" * 24, 1, time_ms=LATELY_MS))
            library.add("0" * 24, log_entry("0" * 24, 1, time_ms=LATELY_MS))

    meanwhile(monkeypatch, "channel", go_on)
    assert library.reindex().ended

    assert library.buildings() == {"2"}
    library.check_whole()
    for channel in (first, third):
        assert library.log.page(channel, 1, 4, limit=9) == []
        recalled = library.entries.page(channel, 5, 5)[0]
        assert (recalled["content"], recalled["rev"]) == ("", 7)
    assert len(library.searchable()) == 3 * 8 + 2


def test_what_is_written_to_the_old_ones_alone_when_it_begins_is_copied(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, late = CHANNELS[0], replace(log_entry(CHANNELS[0], 7), time_ms=LATELY_MS)

    def late_writer(_: str) -> None:
        # One that took it as known that there are no new ones yet.
        library.log.append([late])
        library.database["channels"].update_one({"_id": channel}, {"$set": {"head.seq": 7, "indexed_seq": 7}})
        library.entries.copy(library.log.documents(channel, 7, 7, 1), 1)

    meanwhile(monkeypatch, "begun", late_writer)

    assert library.reindex().ended
    assert late.message_id in library.searchable()


def test_nothing_is_switched_while_the_new_ones_do_not_take_what_is_archived(library: Library) -> None:
    name = message_id(CHANNELS[1], 2)

    def refuse(path: str, answer: str) -> str:
        if not path.startswith("/_bulk"):
            return answer
        body = json.loads(answer)
        for item in body["items"]:
            for part in item.values():
                if part["_id"] == name and part["_index"].endswith("-2"):
                    part |= {"status": 400, "error": {"type": "mapper_parsing_exception"}}
        return json.dumps(body)

    library.proxy.change = refuse
    done = library.reindex()
    assert (done.ended, done.refused) == (False, {name: "mapper_parsing_exception"})
    assert library.buildings() == {"1", "2"}
    library.check_whole()

    library.proxy.change = lambda _path, answer: answer
    assert library.reindex().ended
    library.check_whole()


def test_what_the_index_does_not_really_have_is_noticed_before_the_old_ones_go(library: Library) -> None:
    name = message_id(CHANNELS[1], 2)

    def swallow(path: str, body: str) -> Answer | None:
        if not path.startswith("/_bulk") or "-2" not in body:
            return None
        items = [json.loads(line)["index"] for line in body.splitlines()[::2]]
        if all(item["_id"] != name for item in items):
            return None
        done = [{"index": {"_index": item["_index"], "_id": item["_id"], "status": 201}} for item in items]
        return Answer(200, json.dumps({"items": done}))

    library.proxy.meddle = swallow
    done = library.reindex()

    assert not done.ended
    assert done.refused[name] == "it could not be read back"
    assert "1" in library.buildings()


def test_while_elasticsearch_is_away_it_stops_and_goes_on_later(library: Library) -> None:
    library.proxy.meddle = lambda *_: Answer(503, '{"error": {"type": "away"}, "status": 503}')
    with pytest.raises(ArchiveUnavailable):
        library.reindex()

    library.proxy.meddle = lambda *_: None
    assert library.reindex().ended
    library.check_whole()


def test_an_entry_that_is_nowhere_is_named_and_holds_up_nothing(library: Library) -> None:
    name = message_id(CHANNELS[1], 2)
    library.entries.remove([name])

    done = library.reindex()

    assert (done.ended, list(done.lost)) == (True, [name])


def test_two_at_once_are_one(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    others: list[bool] = []
    meanwhile(monkeypatch, "begun", lambda _: others.append(library.reindex().ended) if not others else None)

    assert library.reindex().ended
    assert others == [False]


def test_what_was_begun_can_be_thrown_away(library: Library) -> None:
    failpoints.arm("reindex.built=raise")
    with pytest.raises(RuntimeError):
        library.reindex()
    failpoints.arm("")

    done = library.reindex(anew=True)

    assert (done.ended, done.channels) == (True, 3)
    assert library.buildings() == {"3"}
    library.check_whole()


def test_the_command_says_what_it_did_and_what_is_in_the_way(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = SearchTools(library.indices, library.reindexer())
    monkeypatch.setattr("imapp.cli.search.search_tools", lambda _: tools)
    monkeypatch.setenv("IM_JWT_KEY", JWT_KEY)

    def call(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["search", *arguments])
        return done.exit_code, done.output

    status, told = call("init")
    assert (status, told.split(",")[0]) == (0, f"{library.indices.alias}: ready")
    status, told = call("reindex")
    assert status == 0
    assert "3 channels, 18 messages copied\n" in told
    library.proxy.meddle = lambda *_: Answer(503, '{"error": {"type": "away"}, "status": 503}')
    status, told = call("reindex")
    assert status == 1
    assert "Elasticsearch does not answer" in told
