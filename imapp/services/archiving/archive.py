"""What the archive has to offer to whoever moves, proves, restores and reads."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from imapp.stores.archive.entries import Copy
from imapp.stores.mongo import Document

__all__ = ["Archive", "Copy", "Document", "Removing"]


class Removing(Protocol):
    """Where entries may be that are to be gone."""

    def check(self) -> None:
        """See that it answers at all, when a question about one channel was not answered.

        Raises:
            ArchiveUnavailable: it is away.
        """

    def remove(self, message_ids: Iterable[str]) -> None:
        """See that these are not there.

        Raises:
            ArchiveUnavailable: unknown whether they still are.
        """


class Archive(Removing, Protocol):
    """Entries by message id. A later revision replaces an earlier one, never the other way round."""

    def write(self, documents: Sequence[Document]) -> Mapping[str, str]:
        """Store entries as MongoDB has them; why those that were not taken were not, by message id.

        Raises:
            ArchiveUnavailable: unknown which of them are stored.
        """

    def read(self, message_ids: Iterable[str]) -> dict[str, Copy]:
        """The entries that are there, by message id, as they are now.

        Raises:
            ArchiveUnavailable: they can't be read.
        """

    def copies(self, documents: Sequence[Document]) -> dict[str, Copy]:
        """What is there of these entries, by message id, as it is now.

        Raises:
            ArchiveUnavailable: they can't be read.
        """
