"""What administrators call."""

from imapp.services.administering.administration import Administration
from imapp.services.administering.audit import AuditService
from imapp.services.administering.people import PeopleAdmin
from imapp.stores.audit import AuditLog
from imapp.stores.mongo import Database
from imapp.stores.users import UserStore


def administration(database: Database) -> Administration:
    """The use cases of administrators."""
    return Administration(audit=AuditService(AuditLog(database)), people=PeopleAdmin(UserStore(database)))
