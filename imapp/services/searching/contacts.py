"""People and groups by name."""

from collections.abc import Iterator
from typing import Final

import msgspec

from imapp.domain.search.names import is_named, wanted_keys
from imapp.errors import RequestError
from imapp.services.reading.cursors import decode_cursor, encode_cursor
from imapp.services.reading.departures import as_seen_by
from imapp.stores.channel_rows import Head
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberRow, MemberStore
from imapp.stores.users import UserStore
from schemas.common import ChannelType, Membership
from schemas.errors import ErrorCode
from schemas.search import ContactPage, ContactSearch, FoundGroup
from schemas.users import User

_GROUPS: Final = 0
_PEOPLE: Final = 1


class ContactPosition(msgspec.Struct, array_like=True):
    """After which group, or person, a page begins."""

    kind: int = _GROUPS
    id: str = ""


class ContactService:
    """Finds everybody who may be written to, and the groups that somebody is or was in."""

    def __init__(self, channels: ChannelStore, members: MemberStore, users: UserStore) -> None:
        self._channels = channels
        self._members = members
        self._users = users

    def page(self, user_id: str, search: ContactSearch) -> ContactPage:
        """Those whose name has all of the words.

        Raises:
            RequestError: `invalid`: a cursor that is not ours, or nothing that can be searched for.
        """
        position = decode_cursor(search.cursor, ContactPosition) if search.cursor else ContactPosition()
        wanted = wanted_keys(search.words)
        if not wanted:
            raise RequestError(ErrorCode.INVALID, words="there is no word in it")
        groups = self._groups(user_id, wanted, position.id) if position.kind == _GROUPS else []
        shown, left = groups[: search.limit], search.limit - len(groups)
        if left < 0:
            return _page(shown, [], ContactPosition(_GROUPS, shown[-1].channel_id))
        after = position.id if position.kind == _PEOPLE else ""
        people = self._users.by_keys(wanted, after, left + 1)
        page = people[:left]
        last = page[-1].user_id if page else ""
        return _page(shown, page, ContactPosition(_PEOPLE, last) if len(people) > left else None)

    def _groups(self, user_id: str, wanted: list[str], after: str) -> list[FoundGroup]:
        rows = {row.channel_id: row for row in self._members.rows_of(user_id) if row.channel_id > after}
        heads = self._channels.heads(rows)
        found = _found(rows, heads, wanted)
        return sorted(found, key=lambda group: group.channel_id)


def _found(rows: dict[str, MemberRow], heads: dict[str, Head], wanted: list[str]) -> Iterator[FoundGroup]:
    for channel_id, head in heads.items():
        row = rows[channel_id]
        seen = as_seen_by(row, head)
        if seen.channel.type is ChannelType.GROUP and is_named(seen.channel.name, wanted):
            yield FoundGroup(
                channel_id=channel_id,
                name=seen.channel.name,
                avatar=seen.channel.avatar,
                member_count=seen.member_count,
                membership=Membership.NORMAL if row.member.present else Membership.LEFT,
            )


def _page(groups: list[FoundGroup], people: list[User], after: ContactPosition | None) -> ContactPage:
    return ContactPage(groups=groups, people=people, cursor=encode_cursor(after) if after else None)
