"""Which indices there are: one a month and generation, behind one alias for whoever reads.

An entry belongs to the month of its own time, so writing it again finds the same index. A generation is one
building of all indices; the next one can be built beside the one that is read.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from imapp.errors import ArchiveUnavailable
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.documents import MAPPING
from imapp.stores.generations import Generations
from imapp.stores.mongo import Document

_SETTINGS: Final[dict[str, Any]] = {
    "number_of_shards": 1,
    # One copy more wherever there is a second node, and none that could never be placed where there is not.
    "auto_expand_replicas": "0-1",
    # Said, because an index that is not searched for a while would else stop refreshing.
    "refresh_interval": "1s",
    # A move reads every entry back, which the denser "best_compression" makes four times slower.
    "codec": "default",
}
_EXISTS: Final = "resource_already_exists_exception"
_SERVES_WITHIN: Final = "20s"  # else it is tried again
_KNOWN_S: Final = 5.0  # for so long the list of indices is taken as known


class Indices:
    """Names, creates and lists them. `generations` says which building is read, and which is under way."""

    def __init__(
        self,
        client: ArchiveClient,
        namespace: str,
        generations: Callable[[], Generations],
        clock: Callable[[], float] = time.monotonic,
        *,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._client = client
        self._generations = generations
        self._clock = clock
        self._today = today
        self._created: set[str] = set()
        self._listed: tuple[float, list[str]] = (-_KNOWN_S, [])
        self.alias = f"{namespace}-messages"
        """What readers search in: exactly the indices of the building that is read."""

    def prepare(self) -> None:
        """See that the template and the indices of this month and the next are there.

        The next month's is there before the month begins, so nobody has to wait for it then.

        Raises:
            ArchiveUnavailable: they may not be.
        """
        with self._client.writing() as client:
            client.indices.put_index_template(
                name=self.alias,
                index_patterns=[f"{self.alias}-*"],
                # An index that came into being by itself would be missing from the alias.
                allow_auto_create=False,
                template={"settings": _SETTINGS, "mappings": MAPPING},
            )
        current = self.current
        self.create(self._name(month, current) for month in _months(self._today()))

    def is_prepared(self) -> bool:
        """Whether the template is there.

        Raises:
            ArchiveUnavailable: Elasticsearch does not answer.
        """
        with self._client.reading() as client:
            return bool(client.indices.exists_index_template(name=self.alias))

    def of(self, document: Document) -> list[str]:
        """Where an entry is written: in every building."""
        return [self.place(document, number) for number in self._generations().written]

    @property
    def current(self) -> int:
        """The building that is read."""
        return self._generations().current

    def place(self, document: Document, generation: int) -> str:
        """Where an entry lies in a building."""
        return self._name(document["server_time"].strftime("%Y.%m"), generation)

    def is_written(self, name: str) -> bool:
        """Whether an index belongs to a building that gets every write."""
        return self.generation(name) in self._generations().written

    def create(self, names: Iterable[str]) -> None:
        """See that these are there, in the alias if their building is the one that is read.

        Raises:
            ArchiveUnavailable: they may not be.
        """
        current = self.current
        for name in sorted(set(names) - self._created):
            with self._client.writing() as client:
                _create(client, name)
                if self.generation(name) == current:
                    client.indices.update_aliases(actions=[{"add": {"index": name, "alias": self.alias}}])
            self._created.add(name)
            self._listed = (-_KNOWN_S, [])  # what is written to it now is looked for in a moment

    def forget(self) -> None:
        """Somebody may have deleted an index: look again."""
        self._created.clear()
        self._listed = (-_KNOWN_S, [])

    def read(self) -> list[str]:
        """Names of the indices that are read, as of some seconds ago."""
        at, names = self._listed
        if self._clock() - at > _KNOWN_S:
            names = self.behind_alias()
            self._listed = (self._clock(), names)
        return names

    def behind_alias(self) -> list[str]:
        """Names of the indices that are read now.

        Raises:
            ArchiveUnavailable: Elasticsearch does not answer.
        """
        with self._client.reading() as client:
            try:
                return sorted(client.indices.get_alias(name=self.alias).body)
            except NotFoundError:
                return []

    def all(self) -> list[str]:
        """Names of all our indices, of every building.

        Raises:
            ArchiveUnavailable: Elasticsearch does not answer.
        """
        with self._client.writing() as client:
            return sorted(client.indices.get(index=f"{self.alias}-*", allow_no_indices=True).body)

    def refresh(self, generation: int) -> None:
        """See that all that is in a building can be searched for.

        Raises:
            ArchiveUnavailable: unknown whether it can.
        """
        names = [name for name in self.all() if self.generation(name) == generation]
        if names:
            with self._client.writing() as client:
                client.indices.refresh(index=names)

    def switch(self, generation: int) -> None:
        """Let readers see the indices of this building instead of what they saw, in one step.

        Raises:
            ArchiveUnavailable: unknown whether they do.
        """
        seen = self.behind_alias()
        changes: list[dict[str, Any]] = [
            {"add" if self.generation(name) == generation else "remove": {"index": name, "alias": self.alias}}
            for name in self.all()
            if self.generation(name) == generation or name in seen
        ]
        if changes:
            with self._client.writing() as client:
                client.indices.update_aliases(actions=changes)
        self.forget()

    def highest(self) -> int:
        """The last building of which there is anything, 0 if there is none.

        Raises:
            ArchiveUnavailable: Elasticsearch does not answer.
        """
        return max(map(self.generation, self.all()), default=0)

    def drop_older(self, generation: int) -> None:
        """Delete the indices of all buildings before this one.

        A later one may have the only copies, if who says which is read was brought back from a backup.

        Raises:
            ArchiveUnavailable: unknown whether they are gone.
        """
        old = [name for name in self.all() if self.generation(name) < generation]
        with self._client.writing() as client:
            for name in old:
                client.indices.delete(index=name, ignore_unavailable=True)

    def generation(self, name: str) -> int:
        """The building that an index belongs to."""
        return int(name.rpartition("-")[2])

    def _name(self, month: str, generation: int) -> str:
        return f"{self.alias}-{month}-{generation}"


def _create(client: Elasticsearch, name: str) -> None:
    """Return when it can be searched: one that can't would make every search through the alias fail."""
    try:
        client.indices.create(index=name)
    except BadRequestError as error:
        if error.error != _EXISTS:
            raise
    health = client.cluster.health(index=name, wait_for_status="yellow", timeout=_SERVES_WITHIN)
    if health.body["timed_out"]:
        raise ArchiveUnavailable(f"{name} can't be used yet")


def _months(today: date) -> list[str]:
    """The month of a day and the next one, as indices name them."""
    following = today.replace(day=1) + timedelta(days=31)
    return [month.strftime("%Y.%m") for month in (today, following)]
