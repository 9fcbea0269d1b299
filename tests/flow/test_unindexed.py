"""What Elasticsearch refused is seen, and tried again when an operator says so."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from imapp.domain.entries import RECALLED
from imapp.domain.ids import message_id
from imapp.errors import ArchiveUnavailable
from imapp.services.archiving.parking import Parking
from imapp.services.doctor.store import store_findings
from imapp.stores.inspection import StoreInspection
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database, Document
from imapp.stores.unindexed import UnindexedStore
from tests.support.archive_in_memory import ArchiveInMemory
from tests.support.entries import log_entry
from tests.support.operator import Operator
from tests.support.scene import Scene
from tests.support.waiting import eventually

CHANNEL = "c" * 24
NAMES = [message_id(CHANNEL, seq) for seq in range(1, 6)]


class Shelf:
    """Five entries that were refused."""

    def __init__(self, database: Database) -> None:
        self.archive = ArchiveInMemory()
        self.unindexed = UnindexedStore(database)
        self.log = MessageLog(database)
        self.log.append([log_entry(CHANNEL, seq) for seq in range(1, 6)])
        self.unindexed.park(dict.fromkeys(NAMES, "no room"))
        self.parking = Parking(self.unindexed, self.log, self.archive)

    def waiting(self) -> dict[str, str]:
        return {row.message_id: row.reason for row in self.unindexed.page("", 100)}


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


def test_what_is_taken_now_waits_no_more_and_the_rest_says_why(shelf: Shelf) -> None:
    shelf.archive.refused.add(NAMES[2])

    done = shelf.parking.retry("", 10)

    assert (done.indexed, [row.message_id for row in done.left], done.cursor) == (4, [NAMES[2]], None)
    assert shelf.waiting() == {NAMES[2]: "refused by a test"}
    assert shelf.archive.texts.keys() == {*NAMES} - {NAMES[2]}


def test_it_goes_on_behind_what_is_still_refused(shelf: Shelf) -> None:
    shelf.archive.refused |= {NAMES[0], NAMES[1]}

    first = shelf.parking.retry("", 2)
    second = shelf.parking.retry(first.cursor or "", 2)
    last = shelf.parking.retry(second.cursor or "", 2)

    assert (first.indexed, second.indexed, last.indexed, last.cursor) == (0, 2, 1, None)
    assert shelf.waiting().keys() == {NAMES[0], NAMES[1]}


def test_what_has_moved_since_is_there_and_what_is_nowhere_stays_named(shelf: Shelf) -> None:
    shelf.archive.write(shelf.log.documents(CHANNEL, 1, 1, 1))
    shelf.log.forget(CHANNEL, 1, 2)

    done = shelf.parking.retry("", 10)

    assert done.indexed == 4
    assert shelf.waiting() == {NAMES[1]: "it is not in MongoDB any more"}


def test_nothing_is_forgotten_while_elasticsearch_is_away(shelf: Shelf) -> None:
    shelf.archive.away = True

    with pytest.raises(ArchiveUnavailable):
        shelf.parking.retry("", 10)

    assert shelf.waiting().keys() == {*NAMES}


def test_what_is_refused_again_after_a_recall_is_known_as_recalled(shelf: Shelf, database: Database) -> None:
    database["messages"].update_one({"_id": NAMES[0]}, {"$set": {"content": "", "status": RECALLED}})
    shelf.archive.refused |= {NAMES[0], NAMES[1]}

    shelf.parking.retry("", 10)

    assert shelf.unindexed.recalled() == [NAMES[0]]


def test_a_form_that_was_refused_is_not_let_go_by_an_earlier_one_that_is_taken(shelf: Shelf) -> None:
    name = message_id(CHANNEL, 9)
    first, later = ({"_id": name, "rev": rev} for rev in (9, 12))
    shelf.unindexed.park({name: "no room"}, [later])
    shelf.unindexed.park({name: "no room"}, [first])

    shelf.unindexed.release_taken([first])
    assert name in shelf.waiting()

    shelf.unindexed.release_taken([later])
    assert name not in shelf.waiting()


def test_what_is_set_aside_again_while_it_is_tried_stays(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    write = shelf.archive.write
    [seen] = shelf.unindexed.page("", 1)

    def be_overtaken(documents: Sequence[Document]) -> Mapping[str, str]:
        # As the indexer does it some time later.
        later = {"$set": {"at": seen.at + timedelta(seconds=1)}}
        database["unindexed"].update_one({"_id": NAMES[0]}, later)
        return write(documents)

    monkeypatch.setattr(shelf.archive, "write", be_overtaken)

    shelf.parking.retry("", 10)

    assert shelf.waiting().keys() == {NAMES[0]}


def test_the_doctor_says_so(scene: Scene) -> None:
    rows = scene.cluster.database["unindexed"]
    rows.insert_one({"_id": NAMES[0], "reason": "x", "at": datetime.now(UTC)})

    found = [finding.what for finding in store_findings(StoreInspection(scene.cluster.mongo_url))]

    rows.delete_one({"_id": NAMES[0]})
    assert "1 entries are not in the index, so they are not found and don't move" in found


@pytest.mark.indexed
def test_an_administrator_sees_them_and_has_them_tried_again(scene: Scene) -> None:
    an, bo, olga = scene.people("an", "bo", "olga")
    operator, rows = Operator(scene.cluster, olga), scene.cluster.database["unindexed"]
    sent = [scene.rest(an).send_to(bo, f"text {number}").message_id for number in range(3)]
    # The index has them first, or else the indexer would take them off the list as well.
    channels = scene.cluster.database["channels"]
    channel = sent[0].partition(".")[0]
    eventually(lambda: (channels.find_one({"_id": channel}) or {}).get("indexed_seq") == 3)
    for name in sent:
        rows.insert_one({"_id": name, "reason": "no room", "at": datetime.now(UTC)})

    page = operator.get("/archive/unindexed", limit=2)
    rest = operator.get("/archive/unindexed", limit=2, cursor=page["cursor"])
    assert page["total"] == 3
    assert [row["message_id"] for row in (*page["entries"], *rest["entries"])] == sent
    assert page["entries"][0]["reason"] == "no room"

    done = operator.post("/archive/unindexed/retry", limit=2)
    assert (done["indexed"], done["left"]) == (2, [])
    assert f"{sent[2]}  " in scene.cluster.tool("archive", "unindexed")
    assert scene.cluster.tool("archive", "retry") == "1 are in the index now, 0 are not\n"
    assert operator.get("/archive/unindexed")["total"] == 0
    by_hand, by_route = operator.get("/audit", action="archive.retry", limit=2)["records"]
    assert by_hand["actor"].startswith("cli:")
    assert (by_route["actor"], by_hand["outcome"]) == (olga, "ok")


def test_without_elasticsearch_nothing_can_be_tried(scene: Scene) -> None:
    operator, rows = Operator(scene.cluster, scene.people("olga")[0]), scene.cluster.database["unindexed"]
    assert operator.post("/archive/unindexed/retry") == {"indexed": 0, "left": [], "cursor": None}
    rows.insert_one({"_id": NAMES[0], "reason": "x", "at": datetime.now(UTC)})

    answer = operator.call("POST", "/archive/unindexed/retry", json={})

    rows.delete_one({"_id": NAMES[0]})
    assert (answer.status_code, answer.json()["code"]) == (503, "search_unavailable")
