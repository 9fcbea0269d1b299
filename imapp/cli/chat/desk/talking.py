"""What the person says in the open conversation, and what he changes of it."""

from collections.abc import Callable, Mapping
from typing import Any

from imapp.cli.chat.commands import talking
from imapp.cli.chat.commands.grammar import Command, Misuse, Pick
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.desk.places import Places
from imapp.cli.chat.pane import Pane
from imapp.cli.chat.printer import Printer
from imapp.cli.chat.room import preview
from imapp.cli.chat.saying import preview_text
from schemas import frames
from schemas.common import MAX_TEXT_CHARS, MessageType
from schemas.messages import Entry


class Talking:
    """Sends texts, emoji, replies and forwards; edits and recalls."""

    def __init__(self, core: ChatCore, printer: Printer, pane: Pane, places: Places) -> None:
        self.doers: Mapping[type[Command], Callable[[Any], None]] = {
            talking.Say: lambda command: self._say(command.text),
            talking.Reply: lambda command: self._say(
                command.text, reply_to=self._pane.message(command.to).message_id
            ),
            talking.Address: lambda command: self._say(
                command.text, mentions=command.user_ids, mention_all=not command.user_ids
            ),
            talking.SendEmojis: self._send_emojis,
            talking.Forward: self._forward,
            talking.Edit: self._edit,
            talking.Recall: self._recall,
            talking.Nudge: self._nudge,
        }
        self._core = core
        self._printer = printer
        self._pane = pane
        self._places = places

    def _say(self, text: str, **more: Any) -> None:
        channel_id = self._pane.open_channel()
        if len(text) > MAX_TEXT_CHARS:
            raise Misuse(f"too long: {len(text)} characters, {MAX_TEXT_CHARS} are allowed")
        new_id = self._core.new_id()
        self._core.submit(
            frames.Send(id=new_id, client_message_id=new_id, channel_id=channel_id, content=text, **more)
        )
        if not self._printer.console.is_live:
            self._printer.say("dim", f"… {text}  (sending)")

    def _send_emojis(self, command: talking.SendEmojis) -> None:
        text = "".join(f"[:{shortcode}:]" for shortcode in command.shortcodes)
        self._say(text, message_type=MessageType.EMOJI)

    def _forward(self, command: talking.Forward) -> None:
        entry = self._pane.message(command.which)
        new_id = self._core.new_id()
        try:
            place: dict[str, Any] = {"channel_id": self._places.find(command.target).row.channel_id}
        except Misuse:
            place = {"to": command.target}
        request = frames.Send(id=new_id, client_message_id=new_id, forward_of=entry.message_id, **place)
        self._core.submit(request)
        self._printer.say(
            "dim", f"… passed on to {command.target}: {preview_text(preview(entry), self._printer.lexicon)}"
        )

    def _edit(self, command: talking.Edit) -> None:
        channel_id = self._pane.open_channel()
        new_id = self._core.new_id()
        entry = self._mine(command.which, text_only=True)
        self._core.submit(
            frames.Edit(
                id=new_id,
                client_message_id=new_id,
                channel_id=channel_id,
                message_id=entry.message_id,
                content=command.text,
                mentions=entry.mentions,
            )
        )

    def _recall(self, command: talking.Recall) -> None:
        channel_id = self._pane.open_channel()
        new_id = self._core.new_id()
        self._core.submit(
            frames.Recall(
                id=new_id,
                client_message_id=new_id,
                channel_id=channel_id,
                message_id=self._mine(command.which, text_only=False).message_id,
            )
        )

    def _nudge(self, command: talking.Nudge) -> None:
        self._pane.open_channel()
        new_id = self._core.new_id()
        message_id = self._mine(command.which, text_only=False).message_id
        self._core.submit(frames.Nudge(id=new_id, client_message_id=new_id, message_id=message_id))

    def _mine(self, which: Pick | None, *, text_only: bool) -> Entry:
        """The message named; else the newest of mine. Whether I may change it the server knows."""
        if which is not None:
            return self._pane.message(which)
        room = self._pane.room
        entry = room.newest_of_mine(text_only=text_only) if room is not None else None
        if entry is None:
            raise Misuse("there is none of yours here")
        return entry
