"""Who waits to be let into a group, for those who let in."""

import time
from collections.abc import Callable

from imapp.domain.entries import wire_time
from imapp.domain.joining import REQUEST_KEPT_MS
from imapp.domain.permissions import Action
from imapp.errors import RequestError
from imapp.services.reading.access import AccessService
from imapp.services.reading.cursors import after_id
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.users import UserStore
from schemas.common import UserId
from schemas.errors import ErrorCode
from schemas.groups import JoinRequest, JoinRequestPage, JoinRequestQuery, JoinRequestStatus, OwnJoinRequest


class JoinRequestService:
    """Lists the requests to join that wait for an answer, and those refused lately."""

    def __init__(
        self,
        access: AccessService,
        requests: JoinRequestStore,
        users: UserStore,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._access = access
        self._requests = requests
        self._users = users
        self._clock = clock

    def page(self, user_id: str, channel_id: str, query: JoinRequestQuery) -> JoinRequestPage:
        """Those of a group, by user id, for its owner and admins.

        Raises:
            RequestError: `not_found`, `not_member`, `forbidden`, or `invalid` for a cursor that is not ours.
        """
        self._access.allowed(user_id, channel_id, Action.ANSWER_REQUESTS)
        since_ms = self._oldest_ms()
        after, limit = after_id(query.cursor, UserId), query.limit + 1
        found = self._requests.page(
            channel_id,
            refused=query.status is JoinRequestStatus.REFUSED,
            since_ms=since_ms,
            after=after,
            limit=limit,
        )
        page = found[: query.limit]
        profiles = self._users.profiles(request.user_id for request in page)
        requests = []
        for request in page:
            profile = profiles.get(request.user_id)
            requests.append(
                JoinRequest(
                    user_id=request.user_id,
                    name=profile.name if profile else request.user_id,
                    avatar=profile.avatar if profile else "",
                    by=request.by,
                    reason=request.reason,
                    at=wire_time(request.at_ms),
                )
            )
        cursor = page[-1].user_id if len(found) > len(page) else None
        return JoinRequestPage(channel_id=channel_id, requests=requests, cursor=cursor)

    def own(self, user_id: str, channel_id: str) -> OwnJoinRequest:
        """Somebody's own request.

        Raises:
            RequestError: `not_found`: he has none there, or there is no such group.
        """
        found = self._requests.find(channel_id, user_id)
        if found is None or found.at_ms <= self._oldest_ms():
            raise RequestError(ErrorCode.NOT_FOUND)
        return OwnJoinRequest(
            channel_id=channel_id,
            by=found.by,
            reason=found.reason,
            status=JoinRequestStatus.REFUSED if found.refused else JoinRequestStatus.WAITING,
            at=wire_time(found.at_ms),
            until=wire_time(found.at_ms + REQUEST_KEPT_MS),
        )

    def _oldest_ms(self) -> int:
        """What was asked or refused before is forgotten."""
        return int(self._clock() * 1000) - REQUEST_KEPT_MS
