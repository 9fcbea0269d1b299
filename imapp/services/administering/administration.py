"""What the routes for administrators call."""

from dataclasses import dataclass

from imapp.services.administering.audit import AuditService
from imapp.services.administering.channels import ChannelAdmin
from imapp.services.administering.connections import ConnectionAdmin
from imapp.services.administering.emojis import EmojiAdmin
from imapp.services.administering.people import PeopleAdmin
from imapp.services.administering.tracing import TraceService
from imapp.services.administering.unindexed import UnindexedAdmin
from imapp.services.administering.versions import VersionAdmin


@dataclass(frozen=True, slots=True)
class Administration:
    """The use cases of administrators, by what they are about."""

    audit: AuditService
    people: PeopleAdmin
    emojis: EmojiAdmin
    channels: ChannelAdmin
    connections: ConnectionAdmin
    traces: TraceService
    versions: VersionAdmin
    unindexed: UnindexedAdmin
