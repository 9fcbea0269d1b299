"""What brings entries into Elasticsearch, and whoever asks it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from imapp.broker.publishing import TaskPublisher
from imapp.broker.topology import INDEX_TASK
from imapp.config import Config
from imapp.services.archiving.index_runner import IndexRunner
from imapp.services.archiving.indexing import Indexer, IndexSweep
from imapp.services.archiving.reindexing import Reindexer, ReindexStores
from imapp.stores.archive.client import ArchiveClient, PatientClient
from imapp.stores.archive.entries import ArchiveEntries
from imapp.stores.archive.indices import Indices
from imapp.stores.channels import ChannelStore
from imapp.stores.generations import GenerationStore
from imapp.stores.index_marks import IndexMarks
from imapp.stores.leases import LeaseStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database, connect
from imapp.stores.schema import create_schema
from imapp.stores.unindexed import UnindexedStore
from imapp.wiring.base import celery_app, topology
from schemas.tasks import PushBatch

SWEEP_EVERY_S: Final = 2.0
LOOK_AROUND: Final = msgspec.msgpack.encode(PushBatch(nudges=[]))
"""The task that names no channel."""


@dataclass(frozen=True, slots=True)
class ArchiveStores:
    """Elasticsearch, as everything here uses it."""

    client: ArchiveClient
    indices: Indices
    entries: ArchiveEntries


def open_archive(config: Config) -> tuple[Database, ArchiveStores] | None:
    """For a command: MongoDB, with all collections, and Elasticsearch; None where there is no Elasticsearch.

    Raises:
        StoreUnavailable: MongoDB does not answer.
    """
    database = connect(config.mongo_url, pool_size=2)
    stores = background_archive(config, database)
    if stores is None:
        return None
    create_schema(database)
    return database, stores


def archive_stores(config: Config, database: Database) -> ArchiveStores | None:
    """For whoever answers people. Connects to nothing yet; None where there is no Elasticsearch."""
    if not config.es_url:
        return None
    return _stores(config, database, ArchiveClient(config.es_url, read_s=config.search_timeout_s))


def background_archive(config: Config, database: Database) -> ArchiveStores | None:
    """The same for workers and commands, which nobody waits for: they give Elasticsearch time."""
    if not config.es_url:
        return None
    return _stores(config, database, PatientClient(config.es_url))


def _stores(config: Config, database: Database, client: ArchiveClient) -> ArchiveStores:
    indices = Indices(client, config.namespace, GenerationStore(database).recent)
    return ArchiveStores(client, indices, ArchiveEntries(client, indices))


def reindex_stores(database: Database, archive: ArchiveStores) -> ReindexStores:
    """What all indices are made anew from."""
    return ReindexStores(
        generations=GenerationStore(database),
        indices=archive.indices,
        entries=archive.entries,
        channels=ChannelStore(database),
        log=MessageLog(database),
        manifests=ManifestStore(database),
        unindexed=UnindexedStore(database),
        leases=LeaseStore(database),
    )


def index_publisher(config: Config) -> Callable[[bytes], None]:
    """Enqueues `archive.index`, over a connection of its own; belongs to one thread."""
    publisher = TaskPublisher(celery_app(config), config.amqp_url)
    queue = topology(config).archive_queue()
    return lambda payload: publisher.publish(INDEX_TASK, queue, payload)


def index_runner(database: Database, stores: ArchiveStores | None) -> IndexRunner:
    """Carries out `archive.index`."""
    if stores is None:
        return IndexRunner(None)
    marks = IndexMarks(database)
    unindexed = UnindexedStore(database)
    indexer = Indexer(log=MessageLog(database), marks=marks, archive=stores.entries, unindexed=unindexed)
    sweep = IndexSweep(LeaseStore(database), marks, unindexed, every_s=SWEEP_EVERY_S / 2)
    return IndexRunner((indexer, sweep, Reindexer(reindex_stores(database, stores))))
