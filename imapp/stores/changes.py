"""A command with effects: entry, channel and members in one transaction, so a crash leaves all or none."""

from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern

from imapp.domain.decisions import Accepted
from imapp.stores.channels import ChannelStore
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import DURABLE, Database, mapped_errors


class ChangeStore:
    """Stores accepted commands that change more than the log."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._log = MessageLog(database)
        self._channels = ChannelStore(database)
        self._members = MemberStore(database)
        self._requests = JoinRequestStore(database)

    def commit(self, accepted: Accepted) -> None:
        """Store entry and effects, majority-committed and journalled.

        Raises:
            LogConflict: a key is taken, so nothing was stored.
            StoreUnavailable: unknown whether it was stored.
        """

        def body(session: ClientSession) -> None:
            change, entry = accepted.change, accepted.entry
            assert change is not None
            if entry is not None:
                self._log.append([entry], session)
            self._channels.store(change.after, entry, created=change.created, session=session)
            self._members.store(accepted, session)
            self._requests.store(accepted, session)

        with mapped_errors(), self._client.start_session() as session:
            session.start_transaction(ReadConcern("snapshot"), DURABLE, max_commit_time_ms=5_000)
            try:
                body(session)
                session.commit_transaction()
            finally:
                if session.in_transaction:
                    session.abort_transaction()
