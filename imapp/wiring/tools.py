"""What the command line calls beside the running system."""

from dataclasses import dataclass

from imapp.config import Config
from imapp.services.administering.audit import AuditService
from imapp.services.administering.tracing import TraceService
from imapp.services.operating.starter_emojis import seed_emojis
from imapp.services.writing.writer import Writer
from imapp.stores.audit import AuditLog
from imapp.stores.emojis import EmojiStore
from imapp.stores.mongo import connect
from imapp.stores.outbox import Outbox
from imapp.stores.pictures import PictureStore
from imapp.stores.schema import create_schema
from imapp.stores.users import UserStore
from imapp.wiring.administration import trace_service
from imapp.wiring.archiving import reading_log
from imapp.wiring.indexing import archive_stores
from imapp.wiring.workers import make_writer


@dataclass(frozen=True, slots=True)
class ToolServices:
    """What the command line calls beside the running system."""

    users: UserStore
    pictures: PictureStore
    outbox: Outbox
    writer: Writer
    audit: AuditService
    traces: TraceService


def tool_services(config: Config) -> ToolServices:
    """The services of a command.

    Raises:
        StoreUnavailable: MongoDB does not answer.
    """
    database = connect(config.mongo_url, pool_size=2)
    create_schema(database)
    seed_emojis(EmojiStore(database))
    return ToolServices(
        users=UserStore(database),
        pictures=PictureStore(database),
        outbox=Outbox(database),
        writer=make_writer(config, database),
        audit=AuditService(AuditLog(database)),
        traces=trace_service(config, database, reading_log(database, archive_stores(config, database))),
    )
