"""What messages said before they were edited."""

from imapp.domain.entries import wire_time
from imapp.domain.ids import split_message_id
from imapp.errors import RequestError
from imapp.stores.edits import EditStore, Version
from imapp.stores.messages import MessageLog
from schemas.admin import AdminPageQuery, MessageVersion, VersionPage
from schemas.errors import ErrorCode


class VersionAdmin:
    """Reads earlier versions."""

    def __init__(self, log: MessageLog, edits: EditStore) -> None:
        self._log = log
        self._edits = edits

    def page(self, message_id: str, query: AdminPageQuery) -> VersionPage:
        """Earlier versions of a message, oldest first.

        Raises:
            RequestError: `not_found`, or `invalid` for a cursor that is not ours.
        """
        if message_id not in self._log.at([split_message_id(message_id)]):
            raise RequestError(ErrorCode.NOT_FOUND)
        found = self._edits.page(message_id, _after(query.cursor), query.limit + 1)
        shown = found[: query.limit]
        cursor = str(shown[-1].edit_seq) if len(found) > len(shown) else None
        return VersionPage(versions=[_wire(version) for version in shown], cursor=cursor)


def _after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 12):
        raise RequestError(ErrorCode.INVALID, cursor="not a cursor of this server")
    return int(cursor)


def _wire(version: Version) -> MessageVersion:
    return MessageVersion(
        content=version.content,
        mentions=version.mentions,
        written=wire_time(version.from_ms),
        replaced=wire_time(version.until_ms),
        edit_seq=version.edit_seq,
    )
