"""What every process needs: the database, the names in RabbitMQ, Celery, presence."""

import time
from typing import Final

from celery import Celery

from imapp.broker.celery_app import make_celery
from imapp.broker.topology import Topology
from imapp.config import Config
from imapp.domain.decisions import Windows
from imapp.errors import StoreUnavailable
from imapp.logs import get_log
from imapp.services.operating.starter_emojis import seed_emojis
from imapp.services.presence import PresenceService
from imapp.services.reading.sharing import ReadSharing
from imapp.stores.connections import ConnectionStore
from imapp.stores.emojis import EmojiStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.last_seen import LastSeenStore
from imapp.stores.meta import load_identity
from imapp.stores.mongo import Database, connect
from imapp.stores.schema import create_schema
from imapp.stores.settings import SettingsStore
from imapp.stores.users import UserStore
from schemas.settings import ReadReceipts

_STORE_PAUSE_S: Final = 1.0

log = get_log("wiring")


def open_store(config: Config, pool_size: int) -> Database:
    """The database with all its collections; waits for as long as it does not answer."""
    database = connect(config.mongo_url, pool_size=pool_size)
    while True:
        try:
            create_schema(database)
            load_identity(database)
            seed_emojis(EmojiStore(database))
        except StoreUnavailable as error:
            log.warning("waiting_for_mongodb", error=str(error)[:200])
            time.sleep(_STORE_PAUSE_S)
        else:
            return database


def topology(config: Config) -> Topology:
    """The names in RabbitMQ."""
    return Topology(config.namespace, config.shards)


def celery_app(config: Config) -> Celery:
    """The Celery application, without tasks."""
    return make_celery(config.amqp_url, topology(config))


def windows(config: Config) -> Windows:
    """For how long people may recall and edit what they sent."""
    return Windows(recall_ms=round(config.recall_window_s * 1000), edit_ms=round(config.edit_window_s * 1000))


def read_sharing(config: Config, database: Database) -> ReadSharing:
    """Who shares what he has read."""
    return ReadSharing(ReadReceipts(config.read_receipts), SettingsStore(database))


def presence_service(database: Database) -> PresenceService:
    """Who is online, and who was when."""
    return PresenceService(
        gateways=GatewayStore(database),
        connections=ConnectionStore(database),
        last_seen=LastSeenStore(database),
        users=UserStore(database),
    )
