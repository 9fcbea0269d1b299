"""Whether what a gateway depends on answers, and why not."""

from typing import Any

from imapp.errors import StoreUnavailable
from imapp.stores.meta import ping


class HealthService:
    """Asks the database."""

    def __init__(self, database: Any) -> None:
        self._database = database

    def store_problem(self) -> str | None:
        """What is wrong with the database; None if it answers."""
        try:
            ping(self._database)
        except StoreUnavailable as error:
            return str(error)[:300]
        return None
