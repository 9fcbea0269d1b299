"""Who shares what he has read, by what the organisation and he himself have set."""

from collections.abc import Collection, Mapping

from imapp.domain.sharing import HIDDEN, SHARED, Sharing
from imapp.stores.settings import SettingsStore
from schemas.settings import ReadReceipts, Settings


class ReadSharing:
    """Answers for whoever notes receipts or shows them."""

    def __init__(self, policy: ReadReceipts, settings: SettingsStore) -> None:
        self.policy = policy
        self._settings = settings

    def of(self, user_ids: Collection[str]) -> Mapping[str, Sharing]:
        """How each of these people has it."""
        if not user_ids:
            return {}
        if self.policy is not ReadReceipts.CHOOSE:
            return dict.fromkeys(user_ids, SHARED if self.policy is ReadReceipts.ON else HIDDEN)
        return {**dict.fromkeys(user_ids, SHARED), **self._settings.sharing(user_ids)}

    def sees(self, user_id: str) -> bool:
        """Whether somebody learns what the others have read: who hides it from them does not."""
        return self.of([user_id])[user_id].shares

    def settings(self, user_id: str) -> Settings:
        """His settings as they count now."""
        return Settings(share_read=self.sees(user_id), read_receipts=self.policy)
