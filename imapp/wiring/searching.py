"""What the command line does to the indices."""

from dataclasses import dataclass

from imapp.config import Config
from imapp.services.archiving.reindexing import Reindexer
from imapp.services.archiving.running import Throttle
from imapp.stores.archive.indices import Indices
from imapp.wiring.indexing import open_archive, reindex_stores


@dataclass(frozen=True, slots=True)
class SearchTools:
    """What makes the indices ready, and what makes them anew."""

    indices: Indices
    reindexer: Reindexer


def search_tools(config: Config) -> SearchTools | None:
    """The services of a command, None where there is no Elasticsearch.

    Raises:
        StoreUnavailable: MongoDB does not answer.
    """
    opened = open_archive(config)
    if opened is None:
        return None
    database, archive = opened
    throttle = Throttle(config.archive_per_s)
    return SearchTools(
        archive.indices, Reindexer(reindex_stores(database, archive), throttle=throttle.passed)
    )
