"""The audit log: nothing is done for an administrator before it is written down that he wants it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from imapp.domain.entries import wire_time
from imapp.errors import RequestError, StoreUnavailable
from imapp.logs import get_log
from imapp.stores.audit import AuditLog, Intent, Record, Wanted
from schemas.admin import AuditPage, AuditQuery, AuditRecord
from schemas.errors import ErrorCode

OK: Final = "ok"
_FIRST_YEAR: Final = 2000

log = get_log("audit")


class AuditService:
    """Writes down what is done, and shows it. It can't be switched off."""

    def __init__(self, audit: AuditLog, clock: Callable[[], float] = time.time) -> None:
        self._audit = audit
        self._clock = clock

    def now_ms(self) -> int:
        """The time that is written down."""
        return round(self._clock() * 1000)

    @contextmanager
    def writing(self, intent: Intent) -> Iterator[None]:
        """Write down before what is about to be done, and afterwards what became of it.

        Raises:
            StoreUnavailable: it could not be written down, and nothing was done.
        """
        audit_id = self._audit.begin(intent)
        outcome = ErrorCode.INTERNAL.value
        try:
            yield
            outcome = OK
        except RequestError as error:
            outcome = error.code.value
            raise
        except StoreUnavailable:
            outcome = ErrorCode.BUSY.value
            raise
        finally:
            self._end(audit_id, outcome)

    def page(self, query: AuditQuery) -> AuditPage:
        """Records, the latest first.

        Raises:
            RequestError: `invalid` for a time or a cursor that is none.
        """
        wanted = Wanted(
            actor=query.actor,
            action=query.action,
            target=query.target,
            since_ms=_ms_of("since", query.since),
            until_ms=_ms_of("until", query.until),
            before=query.cursor,
        )
        found = self._audit.page(wanted, query.limit + 1)
        shown = found[: query.limit]
        return AuditPage(
            records=[_wire(record) for record in shown],
            cursor=shown[-1].audit_id if len(found) > len(shown) else None,
        )

    def _end(self, audit_id: str, outcome: str) -> None:
        try:
            self._audit.end(audit_id, outcome, self.now_ms())
        except StoreUnavailable:
            # What was done is done; that somebody wanted it is stored, and its outcome stays open.
            log.exception("audit_outcome_lost", audit_id=audit_id, outcome=outcome)


def _ms_of(name: str, given: str | None) -> int | None:
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError as error:
        raise RequestError(ErrorCode.INVALID, time=f"{name}: not like 2026-11-23T08:00:00.000Z") from error
    if at.tzinfo is None or at.year < _FIRST_YEAR:
        raise RequestError(ErrorCode.INVALID, time=f"{name}: say the zone, as in 2026-11-23T08:00:00.000Z")
    return round(at.timestamp() * 1000)


def _wire(record: Record) -> AuditRecord:
    intent = record.intent
    return AuditRecord(
        audit_id=record.audit_id,
        actor=intent.actor,
        action=intent.action,
        targets=list(intent.targets),
        details=dict(intent.details),
        reason=intent.reason,
        request_id=intent.request_id,
        address=intent.address,
        time=wire_time(intent.at_ms),
        outcome=record.outcome,
        ended=wire_time(record.ended_ms) if record.ended_ms is not None else None,
    )
