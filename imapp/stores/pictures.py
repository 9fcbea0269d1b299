"""The picture of a person and the file that it is, changed together."""

from imapp.domain.files import picture_named, picture_of_user
from imapp.stores.files import FileStore
from imapp.stores.mongo import Database, transaction
from imapp.stores.users import UserStore


class PictureStore:
    """Changes pictures, so that no file goes that is one and none stays that is none."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._files = FileStore(database)
        self._users = UserStore(database)

    def set_of_user(self, user_id: str, avatar: str) -> None:
        """Show somebody by this address or file, and by no other file from now on.

        Raises:
            LogConflict: the file has just gone, or somebody else is changing the same.
            StoreUnavailable: unknown whether it is done.
        """
        with transaction(self._client) as session:
            self._users.set_avatar(user_id, avatar, session)
            self._files.show(picture_of_user(user_id), picture_named(avatar), session)
