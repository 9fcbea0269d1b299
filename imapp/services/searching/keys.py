"""Under which keys people's names are found, kept true whoever changes a name and however.

Each gateway looks by itself, as it does for who is disabled: a company's user sync may write to the database.
"""

from typing import Final

import gevent

from imapp.errors import StoreUnavailable
from imapp.logs import get_log
from imapp.stores.users import UserStore

_TICK_S: Final = 2.0
_WINDOW_S: Final = 60.0  # a change may become visible some time after its stamp
_AT_ONCE: Final = 1_000

log = get_log("name_keys")


class NameKeys:
    """Makes missing keys. `run` belongs to one greenlet; several gateways doing the same do no harm."""

    def __init__(self, users: UserStore) -> None:
        self._users = users

    def run(self) -> None:
        """Look through all names once, and every 2 s through those changed lately."""
        window_s: float | None = None
        while True:
            try:
                more = self.mend(window_s)
            except StoreUnavailable as error:
                log.warning("names_not_keyed", error=str(error)[:200])
                window_s, more = None, False  # what was missed meanwhile may be older than the window
            else:
                window_s = window_s if more else _WINDOW_S
            if not more:
                gevent.sleep(_TICK_S)

    def mend(self, window_s: float | None) -> bool:
        """Make keys for some names that have none of their own; whether there may be more.

        Raises:
            StoreUnavailable: unknown how many were made.
        """
        names = self._users.without_keys(_AT_ONCE, changed_within_s=window_s)
        self._users.set_keys(names)
        return len(names) == _AT_ONCE
