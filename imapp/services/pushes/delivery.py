"""Out of the outbox to the notifier: in portions, again after a failure, given up at last.

What waited is looked at again before it goes: who has read meanwhile, was disabled or has muted it is left
alone; what was recalled goes out without its text, what was edited with the new one; and the number on the
icon is the one of now.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from msgspec import structs

from imapp import metrics
from imapp.domain.entries import NORMAL
from imapp.domain.ids import split_message_id
from imapp.domain.pushes import may_disturb
from imapp.errors import StoreUnavailable
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.pushes.badges import Badges
from imapp.services.pushes.notifiers import NotDelivered, Notifier
from imapp.services.pushes.previews import Signs
from imapp.services.pushes.records import shown
from imapp.services.reading.watermarks import Standing, Watermarks
from imapp.stores.messages import MessageLog
from imapp.stores.outbox import Outbox, Parcel
from schemas.notifications import PushRecord

_PORTION: Final = 100  # records in one request
_LONGEST_PAUSE_S: Final = 600.0
_MARGIN_S: Final = 30.0

log = get_log("push_delivery")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one request may take, when it is tried again, and after how many tries it is given up."""

    timeout_s: float
    first_pause_s: float
    tries: int


class People(Protocol):
    """Who may use the system."""

    def active(self, user_ids: Iterable[str]) -> set[str]:
        """Those of these people who may."""


class PushDelivery:
    """Sends what is due. Owned by one thread; several processes may do the same."""

    def __init__(  # noqa: PLR0913  # what it reads, whom it tells, and chance for tests to set
        self,
        outbox: Outbox,
        entries: MessageLog,
        watermarks: Watermarks,
        notifier: Notifier,
        *,
        people: People,
        signs: Signs,
        badges: Badges,
        patience: Patience,
        noted: Callable[[str, Sequence[PushRecord], int], None] = lambda *_: None,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """`noted` hears of each portion that is out: its id, its records, the time in milliseconds."""
        self._outbox = outbox
        self._entries = entries
        self._watermarks = watermarks
        self._people = people
        self._signs = signs
        self._badges = badges
        self._notifier = notifier
        self._patience = patience
        self._noted = noted
        self._jitter = jitter

    def send_due(self) -> None:
        """Send until nothing is due.

        Raises:
            StoreUnavailable: what was taken is due again after a while.
        """
        held_s = self._patience.timeout_s * 2 + _MARGIN_S
        while (parcel := self._outbox.take(held_s)) is not None:
            self._send(parcel, held_s)

    def _send(self, parcel: Parcel, held_s: float) -> None:
        for start in range(parcel.sent, len(parcel.records), _PORTION):
            try:
                portion = self._as_of_now(parcel.records[start : start + _PORTION])
                if portion:
                    self._notifier.deliver(f"{parcel.parcel_id}.{start}", portion)
            except StoreUnavailable:
                raise
            except NotDelivered as error:
                self._failed(parcel, str(error))
                return
            except Exception as error:  # what can't be worked out must not come back for ever
                log.exception("push_failed", parcel=parcel.parcel_id)
                self._failed(parcel, f"{type(error).__name__}: {error}")
                return
            metrics.pushes_delivered.value += len(portion)
            point("pushes.delivered")
            self._noted(f"{parcel.parcel_id}.{start}", portion, time.time_ns() // 1_000_000)
            if start + _PORTION < len(parcel.records):
                self._outbox.keep(parcel.parcel_id, sent=start + _PORTION, for_s=held_s)
                parcel = replace(parcel, failures=0)  # what got further has all its tries again
        self._outbox.remove(parcel.parcel_id)

    def _failed(self, parcel: Parcel, error: str) -> None:
        failures = parcel.failures + 1
        if failures >= self._patience.tries:
            self._outbox.bury(parcel.parcel_id, error=error)
            metrics.pushes_dead.value += 1
            log.error("push_dead", parcel=parcel.parcel_id, error=error, dead=self._outbox.count_dead())
            return
        # Half of it is chance, so that what failed together does not come back together.
        pause = min(self._patience.first_pause_s * 2 ** (failures - 1), _LONGEST_PAUSE_S)
        pause = self._jitter(pause / 2, pause)
        metrics.pushes_postponed.value += 1
        self._outbox.postpone(parcel.parcel_id, by_s=pause, error=error)
        log.warning("push_postponed", parcel=parcel.parcel_id, error=error, pause_s=round(pause, 2))

    def _as_of_now(self, records: Sequence[PushRecord]) -> list[PushRecord]:
        """What of these records is still worth telling, with what is right now."""
        standings = self._watermarks.standings({_place(record) for record in records})
        left = self._to_disturb([record for record in records if _concerns(record, standings)])
        badges = self._badges.of({record.user_id for record in left}) if left else {}
        badged = [structs.replace(record, badge=badges.get(record.user_id, 0)) for record in left]
        # Last, since badges take a while to count: nothing that is recalled meanwhile goes out.
        return self._as_said_now(badged, standings) if badged else []

    def _to_disturb(self, records: Sequence[PushRecord]) -> list[PushRecord]:
        """Who was disabled while it waited sees nothing any more, on no path."""
        active = self._people.active({record.user_id for record in records}) if records else set()
        return [record for record in records if record.user_id in active]

    def _as_said_now(
        self, records: Sequence[PushRecord], standings: Mapping[tuple[str, str], Standing]
    ) -> list[PushRecord]:
        """A text that was recalled while it waited does not go out any more (I7), nor does a nudge of it.

        Nor does one that was edited since: the new one does, unless its text was taken out before.
        """
        found = self._entries.at({split_message_id(record.message_id) for record in records})
        kept = {key: entry for key, entry in found.items() if entry.status == NORMAL}
        signs = self._signs.of(entry for entry in kept.values() if entry.edited_ms is not None)
        told = []
        for record in records:
            entry = kept.get(record.message_id)
            if entry is None and not record.nudge:
                told.append(structs.replace(record, preview=""))
            elif entry is not None and entry.edited_ms is not None and record.preview:
                preview = shown(entry, signs, direct=standings[_place(record)].direct)
                told.append(structs.replace(record, preview=preview))
            elif entry is not None:
                told.append(record)
        return told


def _place(record: PushRecord) -> tuple[str, str]:
    return record.channel_id, record.user_id


def _concerns(record: PushRecord, standings: Mapping[tuple[str, str], Standing]) -> bool:
    """Nobody is disturbed for what he has read or answered, or by a chat that he has muted, meanwhile."""
    standing = standings.get(_place(record))
    if standing is None or standing.read_seq >= split_message_id(record.message_id)[1]:
        return False
    return record.nudge or may_disturb(standing.notify, mentioned=record.mentioned)
