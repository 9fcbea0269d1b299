"""Who waits to be let into a group, for those who let in."""

import time
from collections.abc import Callable

from imapp.domain.entries import wire_time
from imapp.domain.joining import REQUEST_KEPT_MS
from imapp.domain.permissions import Action
from imapp.services.reading.access import AccessService
from imapp.services.reading.cursors import after_user
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.users import UserStore
from schemas.channels import ListQuery
from schemas.groups import JoinRequest, JoinRequestPage


class JoinRequestService:
    """Lists the requests to join that wait for an answer."""

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

    def page(self, user_id: str, channel_id: str, query: ListQuery) -> JoinRequestPage:
        """Those of a group, by user id, for its owner and admins.

        Raises:
            RequestError: `not_found`, `not_member`, `forbidden`, or `invalid` for a cursor that is not ours.
        """
        self._access.allowed(user_id, channel_id, Action.ANSWER_REQUESTS)
        since_ms = int(self._clock() * 1000) - REQUEST_KEPT_MS
        after, limit = after_user(query.cursor), query.limit + 1
        found = self._requests.page(channel_id, since_ms=since_ms, after=after, limit=limit)
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
