"""`set_settings`: what somebody has set for himself, told to all his devices."""

from typing import Final

import msgspec

from imapp.errors import RequestError
from imapp.services.outgoing.frames import websocket_frame
from imapp.services.personal.runner import Outcome
from imapp.services.reading.sharing import ReadSharing
from imapp.stores.settings import SettingsStore
from schemas.errors import ErrorCode
from schemas.frames import SettingsEvent
from schemas.settings import ReadReceipts
from schemas.tasks import Notice, SetSettings

_ENCODER: Final = msgspec.json.Encoder()


class SettingsSetter:
    """Writes people's own settings."""

    def __init__(self, settings: SettingsStore, sharing: ReadSharing) -> None:
        self._settings = settings
        self._sharing = sharing

    def set(self, write: SetSettings) -> Outcome:
        """The settings as they are then, with an event that shows them to all devices of their owner.

        Raises:
            RequestError: `forbidden`: the organisation has decided it for everybody.
        """
        if self._sharing.policy is not ReadReceipts.CHOOSE:
            raise RequestError(ErrorCode.FORBIDDEN, share_read="the organisation decides it for everybody")
        self._settings.set_sharing(write.actor, write.share_read, write.at_ms)
        shown = self._sharing.settings(write.actor)
        event = SettingsEvent(share_read=shown.share_read, read_receipts=shown.read_receipts)
        frame = websocket_frame(_ENCODER.encode(event))
        return Outcome(shown, [Notice(user_id=write.actor, frame=frame)])
