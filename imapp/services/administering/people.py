"""People, for administrators: who there is, and who may come in."""

from imapp.errors import RequestError
from imapp.services.reading.cursors import after_id
from imapp.services.reading.directory import user_ids_of
from imapp.stores.users import UserStore
from schemas.admin import AdminUser, AdminUserPage, AdminUserQuery, UserStatus
from schemas.common import UserId
from schemas.errors import ErrorCode


class PeopleAdmin:
    """Finds people, lets them in and keeps them out."""

    def __init__(self, users: UserStore) -> None:
        self._users = users

    def find(self, query: AdminUserQuery) -> AdminUserPage:
        """People by user id, disabled ones too.

        Raises:
            RequestError: `invalid`.
        """
        if query.ids is not None and query.name is not None:
            raise RequestError(ErrorCode.INVALID, query="give one of ids and name")
        found = self._users.found(
            ids=user_ids_of(query.ids) if query.ids is not None else None,
            name=query.name or "",
            active=None if query.status is None else query.status is UserStatus.ACTIVE,
            after=after_id(query.cursor, UserId),
            limit=query.limit + 1,
        )
        page = found[: query.limit]
        return AdminUserPage(users=page, cursor=page[-1].user_id if len(found) > len(page) else None)

    def set_active(self, user_id: str, *, active: bool) -> AdminUser:
        """Let somebody in, or keep him out: his connections end within a second, his proofs count no more.

        Doing it again changes nothing.

        Raises:
            RequestError: `not_found`.
        """
        if not self._users.set_active(user_id, active):
            raise RequestError(ErrorCode.NOT_FOUND)
        (user,) = self._users.found(ids=[user_id], name="", active=None, after="", limit=1)
        return user
