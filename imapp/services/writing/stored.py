"""Whether a command is stored already: who would refuse it before it comes to its writer looks first."""

from imapp.domain.ids import direct_channel_id, direct_key
from imapp.services.writing.planning import address, repeat_keys
from imapp.stores.channels import ChannelStore
from imapp.stores.messages import MessageLog
from schemas.commands import AnyCommand, SendMessage


class StoredCommands:
    """Knows what earlier runs of commands have left in the log; writers answer those as repeats."""

    def __init__(self, channels: ChannelStore, log: MessageLog) -> None:
        self._channels = channels
        self._log = log

    def has(self, command: AnyCommand) -> bool:
        """Whether an entry has this command's client id, whatever it says.

        Raises:
            StoreUnavailable: MongoDB does not answer.
        """
        return bool(self._log.find_repeats(repeat_keys(command, self._channel_of(command))))

    def _channel_of(self, command: AnyCommand) -> str:
        if not isinstance(command, SendMessage) or command.channel_id is not None:
            return address(command, {})
        key = direct_key(command.actor, command.to or "")
        newest = self._channels.newest_generation(key)
        return newest.channel.channel_id if newest is not None else direct_channel_id(key, 0)
