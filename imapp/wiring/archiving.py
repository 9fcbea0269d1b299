"""The archive of old entries: who moves, proves and restores them, and what readers see of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from imapp.config import Config
from imapp.domain.archive.prefixes import CHUNK
from imapp.logs import get_log
from imapp.services.archiving.absent import AbsentArchive
from imapp.services.archiving.archive import Archive, Removing
from imapp.services.archiving.moving import ChannelMover
from imapp.services.archiving.nightly import NightlyMove
from imapp.services.archiving.parking import Parking
from imapp.services.archiving.restoring import Restorer
from imapp.services.archiving.retention import Retention, RetentionStores
from imapp.services.archiving.returns import Prepare, Returns, nothing_to_prepare
from imapp.services.archiving.running import ArchiveRun, Throttle
from imapp.services.archiving.verifying import ArchiveVerifier
from imapp.services.archiving.whole_log import WholeLog
from imapp.services.reading.access import AccessService
from imapp.services.writing.stored import StoredCommands
from imapp.stores.channels import ChannelStore
from imapp.stores.edits import EditStore
from imapp.stores.files import FileStore
from imapp.stores.generations import GenerationStore
from imapp.stores.leases import LeaseStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database, connect
from imapp.stores.pushes import PushLedger
from imapp.stores.reminders import ReminderStore
from imapp.stores.schema import create_schema
from imapp.stores.unindexed import UnindexedStore
from imapp.wiring.indexing import ArchiveStores, background_archive, open_archive

_LONGEST_WAIT_S: Final = 5  # between two chunks, so that no task takes much longer than it shall

log = get_log("archive")


@dataclass(frozen=True, slots=True)
class RoundServices:
    """What works with and without an archive. `run` is None where it is missing, and holds something."""

    run: ArchiveRun | None
    channels: ChannelStore


@dataclass(frozen=True, slots=True)
class ArchiveServices:
    """What operators and the nightly task call."""

    run: ArchiveRun
    mover: ChannelMover
    verifier: ArchiveVerifier
    restorer: Restorer
    parking: Parking
    unindexed: UnindexedStore
    generations: GenerationStore
    channels: ChannelStore
    manifests: ManifestStore


def reading_log(database: Database, archive: ArchiveStores | None) -> MessageLog:
    """The log as people read it."""
    return MessageLog(database) if archive is None else WholeLog(database, archive.entries)


def preparing(
    database: Database, archive: ArchiveStores | None, access: AccessService, stored: StoredCommands
) -> Prepare:
    """What is done with commands before they go to their writers."""
    if archive is None:
        return nothing_to_prepare
    return Returns(_restorer(database, archive.entries), access, stored).prepare


def archive_tools(config: Config) -> ArchiveServices | None:
    """The services of a command, None where there is no archive.

    Raises:
        StoreUnavailable: MongoDB does not answer.
    """
    opened = open_archive(config)
    if opened is None:
        return None
    database, stores = opened
    return archive_services(config, database, stores.entries)


@contextmanager
def round_tools(config: Config) -> Iterator[RoundServices]:
    """The services of a command, with or without Elasticsearch, for the length of the block.

    Raises:
        StoreUnavailable: MongoDB does not answer.
    """
    database = connect(config.mongo_url, pool_size=2)
    try:
        create_schema(database)
        stores = background_archive(config, database)
        yield RoundServices(_any_run(config, database, stores), ChannelStore(database))
    finally:
        database.client.close()


def nightly_move(config: Config, database: Database, stores: ArchiveStores | None) -> NightlyMove:
    """Carries out `archive.move`: without an archive, what is kept no longer is deleted all the same."""
    return NightlyMove(_any_run(config, database, stores), config.archive_at)


def _any_run(config: Config, database: Database, stores: ArchiveStores | None) -> ArchiveRun | None:
    if stores is not None:
        return archive_services(config, database, stores.entries).run
    if ManifestStore(database).any_archived():
        log.error("archive_missing")  # what it holds could neither be read nor deleted
        return None
    return _run(config, database, None, AbsentArchive())


def archive_services(config: Config, database: Database, archive: Archive) -> ArchiveServices:
    """The services of who keeps the archive."""
    channels, log, manifests = ChannelStore(database), MessageLog(database), ManifestStore(database)
    mover = ChannelMover(
        channels=channels,
        log=log,
        manifests=manifests,
        archive=archive,
        after_days=config.archive_after_days,
        throttle=Throttle(config.archive_per_s).passed,
        chunk=_chunk(config.archive_per_s),
    )
    return ArchiveServices(
        run=_run(config, database, mover, archive),
        mover=mover,
        verifier=ArchiveVerifier(
            channels=channels,
            log=log,
            manifests=manifests,
            unindexed=UnindexedStore(database),
            archive=archive,
        ),
        restorer=_restorer(database, archive),
        parking=parking(database, archive),
        unindexed=UnindexedStore(database),
        generations=GenerationStore(database),
        channels=channels,
        manifests=manifests,
    )


def _run(config: Config, database: Database, mover: ChannelMover | None, archive: Removing) -> ArchiveRun:
    retention = Retention(
        retention_stores(database),
        archive,
        days=config.retention_days,
        throttle=Throttle(config.archive_per_s).passed,
        chunk=_chunk(config.archive_per_s),
    )
    return ArchiveRun(
        LeaseStore(database), ChannelStore(database), mover=mover, retention=retention, check=archive.check
    )


def _chunk(per_s: int) -> int:
    """So few entries that to wait for their time takes some seconds only, however slow it shall be."""
    return min(CHUNK, per_s * _LONGEST_WAIT_S) or CHUNK


def retention_stores(database: Database) -> RetentionStores:
    """Where something of an entry may be."""
    return RetentionStores(
        channels=ChannelStore(database),
        members=MemberStore(database),
        log=MessageLog(database),
        manifests=ManifestStore(database),
        edits=EditStore(database),
        files=FileStore(database),
        ledger=PushLedger(database),
        reminders=ReminderStore(database),
        unindexed=UnindexedStore(database),
    )


def parking(database: Database, archive: Archive) -> Parking:
    """Tries entries again that were set aside."""
    return Parking(UnindexedStore(database), MessageLog(database), archive)


def _restorer(database: Database, archive: Archive) -> Restorer:
    return Restorer(MessageLog(database), ManifestStore(database), archive, EditStore(database))
