"""Everything that is raised on purpose.

Exception
+-- RequestError        a client's request is refused; carries the code the client sees
+-- StoreUnavailable    MongoDB did not answer or did not confirm: the outcome may be unknown
+-- LogConflict         the log already holds an entry at this seq or with this client id
+-- ArchiveUnavailable  Elasticsearch did not answer: what it holds can't be read or written now
+-- BrokerUnavailable   RabbitMQ did not take or confirm a message
+-- ConfigError         the settings do not allow a start
"""

from typing import Any

from schemas.errors import MESSAGES, STATUS, ErrorCode


class RequestError(Exception):
    """A refusal with its code, its HTTP status and the data that explains it."""

    def __init__(self, code: ErrorCode, *, retry_after: float | None = None, **errors: Any) -> None:
        super().__init__(code.value)
        self.code = code
        self.retry_after = retry_after
        self.errors = errors or None

    @property
    def status(self) -> int:
        """The HTTP status of this refusal."""
        return STATUS[self.code]

    @property
    def message(self) -> str:
        """One sentence for the developer of the client."""
        return MESSAGES[self.code]


class StoreUnavailable(Exception):
    """MongoDB did not confirm in time. A write may or may not have happened."""


class ArchiveUnavailable(Exception):
    """Elasticsearch did not answer in time. A write may or may not have happened."""


class ArchiveBusy(ArchiveUnavailable):
    """Elasticsearch had too much to do and has done nothing of what was asked."""


class ArchiveRefused(ArchiveUnavailable):
    """Elasticsearch has done nothing of what was asked, and never will: for its form, or for its size."""


class LogConflict(Exception):
    """A key of the log is taken: by a repeat, or by another writer. Never a success."""


class BrokerUnavailable(Exception):
    """RabbitMQ did not confirm in time. The message may or may not have arrived."""


class ConfigError(Exception):
    """A setting is missing or wrong; the text says which and what to do."""
