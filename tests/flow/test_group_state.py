"""The order of a group survives its writer: what one stores, the next one loads."""

import pytest

from imapp.domain.channel import Channel
from imapp.domain.decide import apply
from imapp.services.writing.channel_cache import ChannelCache
from imapp.stores.changes import ChangeStore
from imapp.stores.channels import ChannelStore
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from schemas.commands import AnyCommand
from tests.unit.fakes.commands import (
    add,
    announce,
    answer,
    create,
    mute,
    nickname,
    request_join,
    set_role,
    set_status,
    transfer,
    update,
)
from tests.unit.fakes.rooms import NOW_MS, accept

CREATED = create("an", "bo", "chen", client_id="made")
GROUP = CREATED.channel_id


class Writer:
    """Decides and stores, and can start anew with an empty memory."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.state: Channel | None = None

    def write(self, *commands: AnyCommand) -> None:
        """Carry these out, one transaction each."""
        for command in commands:
            accepted = accept(self.state, command)
            ChangeStore(self.database).commit(accepted)
            self.state = apply(self.state, accepted)

    def loaded(self) -> Channel:
        """The state as another writer finds it."""
        stores = ChannelStore(self.database), MemberStore(self.database), MessageLog(self.database)
        found = ChannelCache(*stores, JoinRequestStore(self.database)).load([GROUP])[GROUP]
        assert found is not None
        return found


@pytest.fixture
def writer(database: Database) -> Writer:
    writer = Writer(database)
    writer.write(CREATED)
    return writer


def test_all_of_it_is_loaded_as_it_was_stored(writer: Writer) -> None:
    writer.write(
        set_role("an", GROUP, "bo"),
        nickname("chen", GROUP, "chen", "Ace"),
        mute("bo", GROUP, "chen", NOW_MS + 60_000),
        announce("bo", GROUP, "Lunch\nat twelve"),
        update("an", GROUP, join="approval", mute_all=True, edit="members", max_members=9),
        request_join("eve", GROUP, "I am new"),
        request_join("fay", GROUP),
        answer("bo", GROUP, "fay", accept=False),
        transfer("an", GROUP, "bo"),
        set_status("dao", GROUP, "disabled", by_admin=True),
    )

    assert writer.loaded() == writer.state


def test_what_is_over_is_gone(writer: Writer) -> None:
    writer.write(
        update("an", GROUP, join="approval"),
        request_join("eve", GROUP),
        request_join("fay", GROUP),
        add("an", GROUP, "eve"),
        mute("an", GROUP, "eve", NOW_MS + 60_000),
        mute("an", GROUP, "eve", 0),
        announce("an", GROUP, "Lunch"),
        announce("an", GROUP, ""),
        set_status("an", GROUP, "dissolved"),
    )

    assert writer.loaded() == writer.state
    assert writer.database["join_requests"].count_documents({"channel_id": GROUP}) == 0


def test_rows_from_before_there_was_any_order_are_read(writer: Writer, database: Database) -> None:
    new = {"settings": "", "announcement": "", "locked": "", "has_requests": ""}
    database["channels"].update_one({"_id": GROUP}, {"$unset": new})
    database["members"].update_many({"channel_id": GROUP}, {"$unset": {"nickname": "", "muted_until": ""}})

    assert writer.loaded() == writer.state
