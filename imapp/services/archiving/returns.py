"""What a command refers to is brought back from the archive before the command goes to its writer.

So writers read MongoDB alone, and a slow archive makes only those wait who refer to what is old: who answers
or passes on an archived message, and who recalls one. The copy is changed as any other message, and moves
back to the archive later.
"""

from collections.abc import Callable, Collection, Iterable

from imapp.domain.ids import message_id, split_message_id
from imapp.errors import ArchiveUnavailable, RequestError
from imapp.logs import get_log
from imapp.services.archiving.restoring import Restorer
from imapp.services.reading.access import AccessService
from imapp.services.writing.stored import StoredCommands
from schemas.commands import AmendCommand, AnyCommand, RecallMessage, SendMessage
from schemas.errors import ErrorCode

log = get_log("archive")

Place = tuple[str, int]
Prepare = Callable[[AnyCommand], None]
"""Called with each command before it is sent on its way; may raise RequestError or StoreUnavailable."""


def nothing_to_prepare(_command: AnyCommand) -> None:
    """For where there is no archive."""


class Returns:
    """Prepares commands. Only what their sender may read is brought back."""

    def __init__(self, restorer: Restorer, access: AccessService, stored: StoredCommands) -> None:
        self._restorer = restorer
        self._access = access
        self._stored = stored

    def prepare(self, command: AnyCommand) -> None:
        """Have what the command refers to in MongoDB; at once for all but a few.

        A repeat of what is stored needs nothing of it and is never refused: its writer answers it.

        Raises:
            RequestError: `not_found`: it refers to what can't come back; `search_unavailable`: to what is
                archived and can't be read now. Nothing waits for it, so it asks for no repeat.
            StoreUnavailable: MongoDB does not answer.
        """
        places = list(_places_of(command))
        archived = self._restorer.archived(places) if places else []
        refused = self._refusal(command, archived) if archived else None
        if refused is not None and not self._stored.has(command):
            raise refused

    def _refusal(self, command: AnyCommand, archived: Collection[Place]) -> RequestError | None:
        """Have these in MongoDB; why the command must be refused, if they can't all be."""
        try:
            lost = self._restorer.bring_back(self._readable(command, archived))
        except ArchiveUnavailable as error:
            log.warning("archive_unavailable", error=str(error)[:200])
            return RequestError(ErrorCode.SEARCH_UNAVAILABLE)
        is_lost = bool(lost.intersection(message_id(*place) for place in archived))
        return RequestError(ErrorCode.NOT_FOUND) if is_lost else None

    def _readable(self, command: AnyCommand, places: Iterable[Place]) -> list[Place]:
        if isinstance(command, RecallMessage) and command.by_admin:
            return list(places)
        return [place for place in places if self._access.may_read_any(command.actor, [place])]


def _places_of(command: AnyCommand) -> Iterable[Place]:
    if isinstance(command, AmendCommand):
        yield command.channel_id, command.seq
    if isinstance(command, SendMessage):
        for name in (command.reply_to, command.forward_of):
            if name is not None:
                yield split_message_id(name)
