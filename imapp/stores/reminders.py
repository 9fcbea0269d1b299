"""Which messages people were reminded of: collection `reminders`. Kept for as long as a repeat may come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession

from imapp.domain.ids import message_id, split_message_id
from imapp.domain.reminding import Reminder
from imapp.stores.dispatches import DispatchStore
from imapp.stores.mongo import Database, Document, mapped_errors, to_datetime, to_ms, transaction
from imapp.stores.outbox import Outbox, Parcel

_KEPT_S: Final = 30 * 24 * 3600

INDEXES: Final = [IndexModel([("at", ASCENDING)], expireAfterSeconds=_KEPT_S, name="age")]


@dataclass(frozen=True, slots=True)
class Made:
    """The reminders of a message, oldest first, and by whom they are: it is his alone."""

    sender: str
    reminders: Sequence[Reminder]


class ReminderStore:
    """Notes down reminders, each together with what goes out for it."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._reminders = database["reminders"]
        self._dispatches = DispatchStore(database)
        self._outbox = Outbox(database)

    def made(self, message_id: str) -> Made:
        """The reminders of a message so far."""
        with mapped_errors():
            row = self._reminders.find_one({"_id": message_id})
        if row is None:
            return Made("", ())
        found = [Reminder(one["client_message_id"], to_ms(one["at"]), one["people"]) for one in row["made"]]
        return Made(row["sender"], found)

    def forget(self, channel_id: str, first: int, last: int) -> None:
        """Forget those of all messages of a channel with first <= seq <= last."""
        bounds = {"$gte": message_id(channel_id, first), "$lte": message_id(channel_id, last)}
        with mapped_errors():
            self._reminders.delete_many({"_id": bounds})

    def add(
        self, message_id: str, before: Made, reminder: Reminder, *, parcel: Parcel | None, recalls: int
    ) -> None:
        """Note one more, and put its parcel into the outbox; both or neither, durably.

        `recalls` is how many recalls of the channel were known when the message was read.

        Raises:
            LogConflict: there was another one meanwhile, or something was recalled; nothing was noted.
            StoreUnavailable: unknown whether it was noted.
        """
        channel_id, _ = split_message_id(message_id)
        with transaction(self._client) as session:
            self._note(message_id, before, reminder, session)
            self._dispatches.check_recalls(channel_id, recalls, session)
            self._outbox.put([parcel] if parcel else [], session)

    def _note(self, message_id: str, before: Made, reminder: Reminder, session: ClientSession) -> None:
        at = to_datetime(reminder.at_ms)
        row: Document = {
            "client_message_id": reminder.client_message_id,
            "at": at,
            "people": reminder.people,
        }
        change = {"$set": {"sender": before.sender, "at": at}, "$inc": {"count": 1}, "$push": {"made": row}}
        # With another number the row that is there is none of these, and the upsert meets its key.
        wanted = {"_id": message_id, "count": len(before.reminders)}
        self._reminders.update_one(wanted, change, upsert=True, session=session)
