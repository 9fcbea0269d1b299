"""The pictures that people are shown by: an address elsewhere, or an image that they have sent up."""

from imapp.domain.files import picture_named, showable
from imapp.errors import RequestError
from imapp.services.conflicts import tried
from imapp.stores.files import FileStore
from imapp.stores.pictures import PictureStore
from imapp.stores.users import UserStore
from schemas.errors import ErrorCode
from schemas.users import User


class PictureService:
    """Changes people's own pictures."""

    def __init__(self, files: FileStore, pictures: PictureStore, users: UserStore) -> None:
        self._files = files
        self._pictures = pictures
        self._users = users

    def set_own(self, user_id: str, avatar: str) -> User:
        """Somebody with another picture; saying it again changes nothing.

        Raises:
            RequestError: `not_found`: no image of his; `busy`: too much at once.
            StoreUnavailable: it may be changed.
        """
        tried(lambda: self._set(user_id, avatar))
        person = self._users.find_active(user_id)
        if person is None:
            raise RequestError(ErrorCode.NOT_FOUND)
        return person

    def _set(self, user_id: str, avatar: str) -> None:
        if not self._is_right(user_id, avatar):
            raise RequestError(ErrorCode.NOT_FOUND, avatar="no such picture of yours")
        self._pictures.set_of_user(user_id, avatar)

    def _is_right(self, user_id: str, avatar: str) -> bool:
        named = picture_named(avatar)
        if named is None:
            return True
        profile = self._users.profiles([user_id]).get(user_id)
        is_there = profile is not None and profile.avatar == avatar
        return is_there or showable(avatar, user_id, self._files.facts([named]))
