"""To where each channel's log has been dispatched: collection `push_heads`, and those rows of `pushes`.

The dispatched ranges of a channel form a chain: each begins where the one before it ended, and the key names
the beginning. So two workers can't dispatch an entry twice, and none is left out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from imapp.domain.receipts import Receipt
from imapp.processes import this_process
from imapp.stores.mongo import Database, mapped_errors, to_datetime, transaction
from imapp.stores.outbox import Outbox, Parcel
from imapp.stores.pushes import Flush, PushLedger
from schemas.receipts import PUSH_STATUS_CODES, PushStatus

_NEVER: Final = {"$exists": False}
_UNRECEIVED: Final = PUSH_STATUS_CODES[PushStatus.UNRECEIVED]


@dataclass(frozen=True, slots=True)
class Dispatched:
    """Up to where a channel is dispatched (0: it never was), and how many of its messages were recalled."""

    seq: int
    recalls: int


_NOTHING: Final = Dispatched(0, 0)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A range of a channel's log: who sent what in it, and so has read, and who must be told outside.

    To whom it was dispatched is not stored: it follows from the members' stays. `recalls` is how many recalls
    were known when the log was read; with more, what was read may be gone.
    """

    channel_id: str
    from_seq: int
    up_to_seq: int
    at_ms: int
    reads: tuple[Receipt, ...]
    parcel: Parcel | None
    recalls: int = 0


class DispatchStore:
    """Notes down what was dispatched, together with what goes out for it."""

    def __init__(self, database: Database, noted: Callable[[Iterable[str]], None] = lambda _: None) -> None:
        """`noted` as of `PushLedger`."""
        self._client = database.client
        self._heads = database["push_heads"]
        self._pushes = database["pushes"]
        self._ledger = PushLedger(database, noted)
        self._outbox = Outbox(database)
        self._process = this_process()

    def dispatched(self, channel_ids: Iterable[str]) -> dict[str, Dispatched]:
        """How far each of these channels is dispatched."""
        wanted = list(channel_ids)
        with mapped_errors():
            found = {
                row["_id"]: Dispatched(row.get("seq", 0), row.get("recalls", 0))
                for row in self._heads.find({"_id": {"$in": wanted}})
            }
        return {channel_id: found.get(channel_id, _NOTHING) for channel_id in wanted}

    def forget_text(self, channel_id: str, message_id: str, session: ClientSession) -> None:
        """Blank what waits of a recalled message, as part of a transaction.

        Whoever has read its text to dispatch it, and has not committed yet, will have to read it again.
        """
        with mapped_errors():
            self._heads.update_one(
                {"_id": channel_id}, {"$inc": {"recalls": 1}}, upsert=True, session=session
            )
        self._outbox.blank(channel_id, message_id, session)

    def check_recalls(self, channel_id: str, recalls: int, session: ClientSession) -> None:
        """As part of a transaction, let nothing of a channel be recalled until it ends.

        Raises:
            LogConflict: more than so many were recalled already.
        """
        with mapped_errors():
            self._heads.update_one(
                {"_id": channel_id, "recalls": recalls or _NEVER},
                {"$inc": {"reminders": 1}},  # a write, so that a recall at the same time is in its way
                upsert=True,
                session=session,
            )

    def commit(self, dispatches: Sequence[Dispatch]) -> None:
        """Note all of them down, or none.

        Raises:
            LogConflict: another worker has dispatched one of them meanwhile.
            StoreUnavailable: unknown whether they are noted.
        """
        with transaction(self._client) as session:
            self._write(dispatches, session)

    def pass_over(self, channel_id: str, up_to_seq: int) -> None:
        """Take everything up to a seq for dispatched, though nobody was told of it."""
        with mapped_errors():
            self._heads.update_one({"_id": channel_id}, {"$max": {"seq": up_to_seq}}, upsert=True)

    def _write(self, dispatches: Sequence[Dispatch], session: ClientSession) -> None:
        self._pushes.insert_many(
            [
                {
                    "_id": f"{dispatch.channel_id}.{_UNRECEIVED}.{dispatch.from_seq}",
                    "channel_id": dispatch.channel_id,
                    "status": _UNRECEIVED,
                    "at": to_datetime(dispatch.at_ms),
                    "min_seq": dispatch.from_seq,
                    "max_seq": dispatch.up_to_seq,
                    "rows": [],
                    "process": self._process,
                }
                for dispatch in dispatches
            ],
            session=session,
        )
        self._ledger.append(_reads(dispatches), session)
        self._outbox.put([dispatch.parcel for dispatch in dispatches if dispatch.parcel], session)
        # If it was recalled in meanwhile, the upsert meets the key, as if another worker had been faster.
        moves = [
            UpdateOne(
                {"_id": dispatch.channel_id, "recalls": dispatch.recalls or _NEVER},
                {"$max": {"seq": dispatch.up_to_seq}},
                upsert=True,
            )
            for dispatch in dispatches
        ]
        self._heads.bulk_write(moves, ordered=False, session=session)


def _reads(dispatches: Iterable[Dispatch]) -> list[Flush]:
    return [
        Flush(str(dispatch.from_seq), dispatch.channel_id, status, found)
        for dispatch in dispatches
        for status in (PushStatus.RECEIVED, PushStatus.READ)
        if (found := tuple(receipt for receipt in dispatch.reads if receipt.status is status))
    ]
