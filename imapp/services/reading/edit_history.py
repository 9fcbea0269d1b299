"""What an edited message said before, for administrators. Who asks must have been checked."""

from imapp.stores.edits import EditStore, Version


class EditHistoryService:
    """Reads earlier versions; there are none once the message is recalled."""

    def __init__(self, edits: EditStore) -> None:
        self._edits = edits

    def page(self, message_id: str, after_seq: int, limit: int) -> tuple[list[Version], int | None]:
        """Versions, oldest first, ended by edits after the given seq (0: all); and the seq to go on after.

        That is None where there are no more.
        """
        found = self._edits.page(message_id, after_seq, limit + 1)
        page = found[:limit]
        return page, page[-1].edit_seq if len(found) > len(page) else None
