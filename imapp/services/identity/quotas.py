"""How many groups a person may make and be in: counted in the store, so for all gateways together.

Counted when the command comes, not when its writer carries it out: who sends several at the same moment may
get that many too many. The channels of a person are on different shards, whose writers know nothing of each
other, so an exact count would need a lock over all of them for a number that only has to be bounded.
"""

from imapp.errors import RequestError
from imapp.services.writing.stored import StoredCommands
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberStore
from schemas.commands import CreateGroup, PeopleCommand
from schemas.errors import ErrorCode


class QuotaService:
    """Refuses what would be too much for one person. 0 stands for no limit."""

    def __init__(
        self,
        channels: ChannelStore,
        members: MemberStore,
        stored: StoredCommands,
        *,
        max_groups_made: int,
        max_channels: int,
    ) -> None:
        self._channels = channels
        self._members = members
        self._stored = stored
        self._max_groups_made = max_groups_made
        self._max_channels = max_channels

    def check(self, command: PeopleCommand) -> None:
        """Look whether people may have one more group. A repeat of what is stored is never refused.

        Raises:
            RequestError: `quota_exceeded`.
            StoreUnavailable: it could not be counted, so nothing may be made.
        """
        refused = self._refusal(command)
        if refused is not None and not self._stored.has(command):
            raise refused

    def _refusal(self, command: PeopleCommand) -> RequestError | None:
        if isinstance(command, CreateGroup) and self._has_made_enough(command.actor):
            return RequestError(ErrorCode.QUOTA_EXCEEDED, groups_made=self._max_groups_made)
        crowded = self._crowded(command)
        if crowded:
            return RequestError(ErrorCode.QUOTA_EXCEEDED, channels=self._max_channels, user_ids=crowded)
        return None

    def _has_made_enough(self, user_id: str) -> bool:
        most = self._max_groups_made
        return bool(most) and self._channels.count_made_by(user_id, most) >= most

    def _crowded(self, command: PeopleCommand) -> list[str]:
        """Who would be in too many channels. Those already in this one are not brought into it."""
        if not self._max_channels:
            return []
        people = set(command.user_ids)
        if isinstance(command, CreateGroup):
            people.add(command.actor)
        else:
            people -= self._members.present_of(command.channel_id, people)
        return self._members.in_many(people, self._max_channels) if people else []
