"""Appending to the log: in order, durable, and stopped by a key that is taken."""

import pytest

from imapp.domain.ids import message_id
from imapp.errors import LogConflict, StoreUnavailable
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from tests.support.entries import log_entry

CHANNEL = "a" * 24


@pytest.mark.parametrize(
    "taken",
    [
        pytest.param(log_entry(CHANNEL, 2, client_message_id="another"), id="a seq"),
        pytest.param(log_entry(CHANNEL, 9, client_message_id="two"), id="a client id"),
    ],
)
def test_what_comes_before_a_key_that_is_taken_is_stored_and_the_rest_is_not(
    database: Database, taken: object
) -> None:
    log = MessageLog(database)
    log.append([taken])  # type: ignore[list-item]

    with pytest.raises(LogConflict):
        log.append(
            [
                log_entry(CHANNEL, seq, client_message_id=name)
                for seq, name in enumerate(("one", "two", "three"), 1)
            ]
        )

    assert message_id(CHANNEL, 1) in log.at([(CHANNEL, 1)])
    assert not log.at([(CHANNEL, 3)])


def test_an_entry_that_the_database_refuses_leaves_the_outcome_unknown(database: Database) -> None:
    database.command("collMod", "messages", validator={"content": {"$ne": "refused"}})

    with pytest.raises(StoreUnavailable, match="1 failed"):
        MessageLog(database).append([log_entry(CHANNEL, 1, content="refused")])
