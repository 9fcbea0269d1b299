"""A command with effects: entry, channel and members in one transaction, so a crash leaves all or none."""

from pymongo.client_session import ClientSession

from imapp.domain.decisions import Accepted, Amendment
from imapp.domain.files import picture_of_channel
from imapp.failpoints import point
from imapp.stores.channels import ChannelStore
from imapp.stores.dispatches import DispatchStore
from imapp.stores.edits import EditStore
from imapp.stores.files import FileStore
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database, transaction


class ChangeStore:
    """Stores accepted commands that change more than the log."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._log = MessageLog(database)
        self._channels = ChannelStore(database)
        self._members = MemberStore(database)
        self._requests = JoinRequestStore(database)
        self._edits = EditStore(database)
        self._dispatches = DispatchStore(database)
        self._files = FileStore(database)
        self._manifests = ManifestStore(database)

    def commit(self, accepted: Accepted) -> None:
        """Store entry and effects, majority-committed and journalled.

        Raises:
            LogConflict: a key is taken, so nothing was stored.
            StoreUnavailable: unknown whether it was stored.
        """
        with transaction(self._client) as session:
            self._write(accepted, session)

    def _write(self, accepted: Accepted, session: ClientSession) -> None:
        change, entry = accepted.change, accepted.entry
        if entry is not None:
            self._log.append([entry], session)
            point("changes.appended", entry.client_message_id)
            if accepted.file_id is not None:
                self._files.claim(accepted.file_id, entry.message_id, session)
        if change is None:  # a plain send with a file: its head is moved as that of every other
            return
        amendment = change.amendment
        if amendment is not None:
            self._amend(amendment, session)
        shown = amendment.shown if amendment is not None else None
        self._channels.store(change.after, entry, shown=shown, created=change.created, session=session)
        if change.picture is not None:
            self._files.show(picture_of_channel(accepted.channel_id), change.picture or None, session)
        self._members.store(accepted, session)
        self._requests.store(accepted, session)

    def _amend(self, amendment: Amendment, session: ClientSession) -> None:
        """Change the earlier entry. A recall takes its text from wherever it is kept or waits (I7)."""
        self._log.amend(amendment, session)
        if not amendment.is_recall:
            self._edits.keep(amendment, session)
            point("changes.edited", amendment.after.message_id)
            return
        target = amendment.after
        edits = self._edits.purge(target.message_id, session)
        self._log.forget_bodies(target.channel_id, edits, target.rev, session)
        self._manifests.note_recall(target.channel_id, target.seq, session)
        self._dispatches.forget_text(target.channel_id, target.message_id, session)
        self._files.release(target.message_id, session)
