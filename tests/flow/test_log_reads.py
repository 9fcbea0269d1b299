"""What the log is asked costs the same however long it has grown."""

from collections.abc import Iterator
from typing import Any

import pytest

from imapp.domain.ids import message_id
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from tests.support.entries import log_entry

CHANNELS = ("a" * 24, "m" * 24, "z" * 24)
LENGTH = 300


@pytest.fixture(autouse=True)
def logs(database: Database) -> Iterator[None]:
    """Three logs, in a database that writes down what its queries cost."""
    MessageLog(database).append([log_entry(name, seq) for name in CHANNELS for seq in range(1, LENGTH + 1)])
    database.command("profile", 2)
    yield
    database.command("profile", 0)


def test_entries_by_id_are_looked_up_and_not_searched(database: Database) -> None:
    positions = [(name, seq) for name in CHANNELS for seq in (1, 150, LENGTH)]

    found = MessageLog(database).at([*positions, (CHANNELS[0], LENGTH + 1)])

    assert found.keys() == {message_id(*position) for position in positions}
    assert _examined(database) < 50


def test_senders_of_ranges_are_looked_up_and_not_searched(database: Database) -> None:
    log = MessageLog(database)
    log.append([log_entry(CHANNELS[0], LENGTH + 1, sender="bo")])

    found = log.senders(
        [(CHANNELS[0], LENGTH, LENGTH + 9), (CHANNELS[0], LENGTH, LENGTH), (CHANNELS[2], 7, 8)]
    )

    assert found == {
        (CHANNELS[0], LENGTH): "an",
        (CHANNELS[0], LENGTH + 1): "bo",
        (CHANNELS[2], 7): "an",
        (CHANNELS[2], 8): "an",
    }
    assert _examined(database) < 50


def test_whether_entries_exist_is_looked_up_and_not_searched(database: Database) -> None:
    asked = [(CHANNELS[0], LENGTH), (CHANNELS[1], LENGTH + 1), (CHANNELS[2], 1)]

    assert MessageLog(database).existing(asked) == {CHANNELS[0], CHANNELS[2]}
    assert _examined(database) < 50


def test_what_a_log_has_grown_by_is_summed_up_by_the_database(database: Database) -> None:
    log = MessageLog(database)
    log.append([log_entry(CHANNELS[0], LENGTH + seq, sender="bo") for seq in (1, 2)])

    grown = log.growth({CHANNELS[0]: LENGTH - 2, CHANNELS[1]: LENGTH, CHANNELS[2]: LENGTH - 9}, limit=5)

    ends = {name: {end.sender: end.seq for end in growth.ends} for name, growth in grown.items()}
    assert ends == {CHANNELS[0]: {"an": LENGTH, "bo": LENGTH + 2}, CHANNELS[2]: {"an": LENGTH - 4}}
    assert {name: growth.entries for name, growth in grown.items()} == {CHANNELS[0]: 4, CHANNELS[2]: 5}
    assert _examined(database) < 50


def _examined(database: Database) -> int:
    """How many documents of the log the server has looked at since the test began."""
    rows: list[dict[str, Any]] = list(database["system.profile"].find({"docsExamined": {"$exists": True}}))
    return sum(row["docsExamined"] for row in rows if row["ns"].endswith(".messages"))
