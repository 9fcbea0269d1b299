"""What stands in for the archive where there is no Elasticsearch, for whoever deletes from both stores."""

from collections.abc import Iterable, Mapping, Sequence

from imapp.errors import ArchiveUnavailable
from imapp.services.archiving.archive import Archive, Copy, Document


class AbsentArchive(Archive):
    """Holds nothing and takes nothing."""

    def write(self, documents: Sequence[Document]) -> Mapping[str, str]:  # noqa: ARG002  # none is taken
        """Never.

        Raises:
            ArchiveUnavailable: always.
        """
        raise ArchiveUnavailable("there is no Elasticsearch")

    def read(self, message_ids: Iterable[str]) -> dict[str, Copy]:  # noqa: ARG002  # none is there
        """Nothing is there."""
        return {}

    def copies(self, documents: Sequence[Document]) -> dict[str, Copy]:  # noqa: ARG002  # none is there
        """Nothing is there."""
        return {}

    def remove(self, message_ids: Iterable[str]) -> None:
        """They are not there."""
