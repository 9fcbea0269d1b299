"""What the person wants of the open group: its people, its settings, roles and order."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from imapp.cli.chat.commands import order
from imapp.cli.chat.commands.grammar import Command
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.pane import Pane
from schemas import group_frames


class Ordering:
    """Asks the server for what the person orders."""

    def __init__(self, core: ChatCore, pane: Pane) -> None:
        self.doers: Mapping[type[Command], Callable[[Any], None]] = {
            order.Order: self._submit,
            order.Silence: self._silence,
        }
        self._core = core
        self._pane = pane

    def _submit(self, wanted: order.Order) -> None:
        place = {} if "channel_id" in wanted.fields else {"channel_id": self._pane.open_channel()}
        new_id = self._core.new_id()
        self._core.submit(wanted.kind(id=new_id, client_message_id=new_id, **place, **wanted.fields))

    def _silence(self, command: order.Silence) -> None:
        until = datetime.now(UTC) + command.length
        fields = {"user_id": command.user_id, "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
        self._submit(order.Order(group_frames.MuteMember, fields))
