"""The connection to Elasticsearch, and the one place where its driver's errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from elasticsearch import ApiError, Elasticsearch, TransportError

from imapp import metrics
from imapp.errors import ArchiveBusy, ArchiveRefused, ArchiveUnavailable
from imapp.stores.archive.breaker import AT_ONCE, Breaker

WRITE_S: Final = 30.0
"""How long a bulk request may take; nobody waits for it."""
BACKGROUND_READ_S: Final = 30.0
"""How long a question may take that nobody waits for: of the move, the proof, an operator's command."""

# Other refusals speak of the server or of who asks: they pass, or an operator sees to them.
_KINDS: Final = {400: ArchiveRefused, 413: ArchiveRefused, 429: ArchiveBusy}
# A server that is told to stop must have the time to say so, before its silence counts as a failure.
_SEARCH_SHARE: Final = 0.75
_CONNECTIONS: Final = 2 * AT_ONCE + 10  # opened when needed: for readers, searches, and all else

Body = dict[str, Any]


class ArchiveClient:
    """One process's connections to Elasticsearch, opened lazily; any thread or greenlet may use it.

    `read_s` is how long somebody who waits for an answer is kept waiting.
    """

    def __init__(self, url: str, *, read_s: float) -> None:
        # The driver's own repeats would make a reader wait several times as long as he was promised.
        client = Elasticsearch(url, max_retries=0, retry_on_timeout=False, connections_per_node=_CONNECTIONS)
        self.search_within: Final = f"{round(read_s * _SEARCH_SHARE * 1000)}ms"
        """After how long Elasticsearch shall stop a search, as it takes times."""
        self._reading = client.options(request_timeout=read_s)
        self._writing = client.options(request_timeout=WRITE_S)
        self._reads = Breaker(f"reads-{id(self)}", turn_s=read_s)
        # Their own: searches that take too long say nothing of whether entries can be read.
        self._searches = Breaker(f"searches-{id(self)}", turn_s=read_s)

    @contextmanager
    def reading(self) -> Iterator[Elasticsearch]:
        """The driver, for one question of somebody who waits.

        After some failures in a row nobody is kept waiting any more: all are refused at once.

        Raises:
            ArchiveUnavailable: it does not answer, or did not lately.
        """
        with self._reads.watching(), mapped_errors():
            yield self._reading

    @contextmanager
    def searching(self) -> Iterator[Elasticsearch]:
        """The same for one search for words.

        Raises:
            ArchiveUnavailable: as above, of searches alone.
        """
        with self._searches.watching(), mapped_errors():
            yield self._reading

    def check_searches(self) -> None:
        """Nothing, if somebody who searches would be kept waiting for an answer.

        Raises:
            ArchiveUnavailable: he would be refused at once.
        """
        self._searches.check()

    @contextmanager
    def writing(self) -> Iterator[Elasticsearch]:
        """The driver, for work that nobody waits for.

        Raises:
            ArchiveUnavailable: unknown what it has done.
        """
        with mapped_errors():
            yield self._writing

    def ping(self) -> str | None:
        """What is wrong with the cluster, if anything; goes past the breaker.

        Raises:
            ArchiveUnavailable: it does not answer.
        """
        with mapped_errors():
            status = self._reading.cluster.health(filter_path="status").body["status"]
        return "an index can't be used" if status == "red" else None

    def close(self) -> None:
        """Close all connections."""
        self._reading.close()


class PatientClient(ArchiveClient):
    """The same for work that nobody waits for: its questions may take long, and none is refused unasked."""

    def __init__(self, url: str) -> None:
        super().__init__(url, read_s=BACKGROUND_READ_S)

    @contextmanager
    def reading(self) -> Iterator[Elasticsearch]:
        """The driver, for one question.

        Raises:
            ArchiveUnavailable: it does not answer.
        """
        with mapped_errors():
            yield self._reading


@contextmanager
def mapped_errors() -> Iterator[None]:
    """Turn the driver's errors into ours.

    Raises:
        ArchiveUnavailable: whatever it is; the outcome of a write is unknown, but for its subclasses.
    """
    try:
        yield
    except ApiError as error:
        metrics.archive_errors.value += 1
        # Its body may hold what somebody wrote; status and kind are enough to find it in the server's log.
        kind = _KINDS.get(error.status_code, ArchiveUnavailable)
        raise kind(f"{error.status_code} {error.error}") from None
    except TransportError as error:
        metrics.archive_errors.value += 1
        raise ArchiveUnavailable(f"{type(error).__name__}: {error.message}"[:300]) from error
