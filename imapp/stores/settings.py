"""What people have set for themselves: collection `user_settings`. Who never set anything has no row."""

from collections.abc import Iterable

from imapp.domain.sharing import Sharing
from imapp.stores.mongo import Database, mapped_errors, to_datetime, to_ms


class SettingsStore:
    """Reads and writes people's own settings."""

    def __init__(self, database: Database) -> None:
        self._settings = database["user_settings"]

    def sharing(self, user_ids: Iterable[str]) -> dict[str, Sharing]:
        """Whether these people share what they read; those who never set it are left out."""
        wanted = {"_id": {"$in": list(user_ids)}}
        with mapped_errors():
            return {
                row["_id"]: Sharing(row["share_read"], to_ms(row["share_read_at"]))
                for row in self._settings.find(wanted)
            }

    def set_sharing(self, user_id: str, shares: bool, at_ms: int) -> None:
        """Set it durably; of two changes the one with the later time stays, in whatever order they come."""
        at = to_datetime(at_ms)
        is_newer = {"$lte": [{"$ifNull": ["$share_read_at", at]}, at]}
        change = {
            "share_read": {"$cond": [is_newer, shares, "$share_read"]},
            "share_read_at": {"$cond": [is_newer, at, "$share_read_at"]},
        }
        with mapped_errors():
            self._settings.update_one({"_id": user_id}, [{"$set": change}], upsert=True)
