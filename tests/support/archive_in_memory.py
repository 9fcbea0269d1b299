"""An archive in memory that keeps the promises of the real one, breaks them on demand, and can be away."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from imapp.errors import ArchiveUnavailable
from imapp.services.archiving.archive import Archive, Copy
from imapp.stores.canonical import canonical, hash_of, restored


class ArchiveInMemory(Archive):
    """Holds entries as text, as Elasticsearch does; a lower revision never replaces a higher one."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.revs: dict[str, int] = {}
        self.refused: set[str] = set()
        """What it does not take, by message id."""
        self.away = False
        self.slow: set[str] = set()
        """Channels about which every question takes too long."""
        self.waits: Callable[[], None] = lambda: None
        """Called while such a question takes its time."""
        self.reads = 0

    def write(self, documents: Sequence[dict[str, Any]]) -> Mapping[str, str]:
        self._answer()
        for document in documents:
            name = document["_id"]
            if name not in self.refused and document["rev"] >= self.revs.get(name, 0):
                self.texts[name], self.revs[name] = canonical(document), document["rev"]
        return {
            document["_id"]: "refused by a test" for document in documents if document["_id"] in self.refused
        }

    def check(self) -> None:
        self._answer()

    def read(self, message_ids: Iterable[str]) -> dict[str, Copy]:
        self._answer()
        self.reads += 1
        wanted = list(message_ids)
        if any(name.partition(".")[0] in self.slow for name in wanted):
            self.waits()
            raise ArchiveUnavailable("a question took too long, for a test")
        texts = {name: self.texts[name] for name in wanted if name in self.texts}
        return {name: Copy(text, hash_of(text)) for name, text in texts.items()}

    def copies(self, documents: Sequence[dict[str, Any]]) -> dict[str, Copy]:
        return self.read(document["_id"] for document in documents)

    def remove(self, message_ids: Iterable[str]) -> None:
        self._answer()
        for name in message_ids:
            self.texts.pop(name, None)

    def spoil(self, message_id: str, text: str) -> None:
        """Let a copy say something else, as a broken disk or a hand would."""
        document = restored(self.texts[message_id]) | {"content": text}
        self.texts[message_id] = canonical(document)

    def _answer(self) -> None:
        if self.away:
            raise ArchiveUnavailable("away, for a test")
