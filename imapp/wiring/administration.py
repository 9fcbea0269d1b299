"""What administrators call."""

from imapp.broker.asking import GatewayAsker
from imapp.config import Config
from imapp.services.administering.administration import Administration
from imapp.services.administering.asking import LivingGateways
from imapp.services.administering.audit import AuditService
from imapp.services.administering.channels import ChannelAdmin
from imapp.services.administering.connections import ConnectionAdmin
from imapp.services.administering.emojis import EmojiAdmin
from imapp.services.administering.people import PeopleAdmin
from imapp.services.administering.tracing import TraceService
from imapp.services.administering.unindexed import UnindexedAdmin
from imapp.services.administering.versions import VersionAdmin
from imapp.stores.audit import AuditLog
from imapp.stores.channels import ChannelStore
from imapp.stores.connections import ConnectionStore
from imapp.stores.edits import EditStore
from imapp.stores.emojis import EmojiStore
from imapp.stores.files import FileStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from imapp.stores.outbox import Outbox
from imapp.stores.pushed import PushedStore
from imapp.stores.pushes import PushLedger
from imapp.stores.unindexed import UnindexedStore
from imapp.stores.users import UserStore
from imapp.wiring.archiving import parking
from imapp.wiring.base import topology
from imapp.wiring.indexing import ArchiveStores


def administration(
    config: Config, database: Database, log: MessageLog, archive: ArchiveStores | None
) -> Administration:
    """The use cases of administrators, who read this log."""
    users = UserStore(database)
    return Administration(
        audit=AuditService(AuditLog(database)),
        people=PeopleAdmin(users),
        emojis=EmojiAdmin(EmojiStore(database), FileStore(database)),
        channels=ChannelAdmin(ChannelStore(database), MemberStore(database), log, users),
        connections=ConnectionAdmin(users, ConnectionStore(database), _gateways(config, database)),
        traces=trace_service(config, database, log),
        versions=VersionAdmin(log, EditStore(database)),
        unindexed=UnindexedAdmin(
            UnindexedStore(database), parking(database, archive.entries).retry if archive else None
        ),
    )


def trace_service(config: Config, database: Database, log: MessageLog) -> TraceService:
    """Joins what is known of a message, for administrators and the command line."""
    return TraceService(
        log=log,
        ledger=PushLedger(database),
        outbox=Outbox(database),
        pushed=PushedStore(database),
        gateways=_gateways(config, database),
    )


def _gateways(config: Config, database: Database) -> LivingGateways:
    return LivingGateways(GatewayStore(database), GatewayAsker(config.amqp_url, topology(config)))
