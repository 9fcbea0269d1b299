"""What stands in for the archive where there is no Elasticsearch, for whoever deletes from both stores."""

from collections.abc import Iterable


class AbsentArchive:
    """Holds nothing."""

    def check(self) -> None:
        """It never fails to answer."""

    def remove(self, message_ids: Iterable[str]) -> None:
        """They are not there."""
