"""Where push records go once it is decided who must hear of something."""

from collections.abc import Sequence
from typing import Protocol

from imapp.logs import get_log
from schemas.notifications import PushRecord

log = get_log("notifier")


class NotDelivered(Exception):
    """The other side did not take it; it is worth another try."""


class Notifier(Protocol):
    """Takes push records out of the system."""

    def deliver(self, delivery_id: str, records: Sequence[PushRecord]) -> None:
        """Return once they are taken. The same id comes again with the same records if that is not sure.

        Raises:
            NotDelivered: they were not, or nobody knows.
        """


class LogNotifier:
    """Writes the records to the log, for development: they quote messages."""

    def deliver(self, delivery_id: str, records: Sequence[PushRecord]) -> None:
        """One line a record."""
        for record in records:
            log.info(
                "push",
                delivery=delivery_id,
                user=record.user_id,
                message=record.message_id,
                title=record.title,
                preview=record.preview,
                badge=record.badge,
            )
