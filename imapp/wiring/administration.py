"""What administrators call."""

from imapp.services.administering.administration import Administration
from imapp.services.administering.audit import AuditService
from imapp.services.administering.channels import ChannelAdmin
from imapp.services.administering.connections import ConnectionAdmin
from imapp.services.administering.emojis import EmojiAdmin
from imapp.services.administering.people import PeopleAdmin
from imapp.stores.audit import AuditLog
from imapp.stores.channels import ChannelStore
from imapp.stores.connections import ConnectionStore
from imapp.stores.emojis import EmojiStore
from imapp.stores.gateways import GatewayStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from imapp.stores.users import UserStore


def administration(database: Database) -> Administration:
    """The use cases of administrators."""
    users = UserStore(database)
    return Administration(
        audit=AuditService(AuditLog(database)),
        people=PeopleAdmin(users),
        emojis=EmojiAdmin(EmojiStore(database)),
        channels=ChannelAdmin(ChannelStore(database), MemberStore(database), MessageLog(database), users),
        connections=ConnectionAdmin(users, ConnectionStore(database), GatewayStore(database)),
    )
