"""What the command line does to the indices."""

from dataclasses import dataclass

from imapp.config import Config
from imapp.services.archiving.reindexing import Reindexer, ReindexStores
from imapp.services.archiving.running import Throttle
from imapp.stores.archive.indices import Indices
from imapp.stores.channels import ChannelStore
from imapp.stores.generations import GenerationStore
from imapp.stores.leases import LeaseStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.messages import MessageLog
from imapp.stores.unindexed import UnindexedStore
from imapp.wiring.indexing import open_archive


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
    stores = ReindexStores(
        generations=GenerationStore(database),
        indices=archive.indices,
        entries=archive.entries,
        channels=ChannelStore(database),
        log=MessageLog(database),
        manifests=ManifestStore(database),
        unindexed=UnindexedStore(database),
        leases=LeaseStore(database),
    )
    return SearchTools(archive.indices, Reindexer(stores, throttle=Throttle(config.archive_per_s).passed))
