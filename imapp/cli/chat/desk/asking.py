"""What the person wants to know, and the answers put into lines."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from imapp.cli.chat import answers
from imapp.cli.chat.asks import Ask
from imapp.cli.chat.changes import Told
from imapp.cli.chat.commands import asking
from imapp.cli.chat.commands.grammar import Command, Misuse
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.library import Found, Library, Looked, Lookup, NotFound
from imapp.cli.chat.pane import Pane
from imapp.cli.chat.printer import Printer
from imapp.cli.chat.wording import clean, one_line, refusal
from schemas import frames
from schemas.channels import Channel, MemberPage
from schemas.conversations import UnreadPage
from schemas.groups import JoinRequestPage
from schemas.receipts import PushPage, ReceiptSummaries
from schemas.search import MessageHits
from schemas.settings import Settings
from schemas.users import User

PAGE: Final = 20
_OF_MINE: Final = 5
_MEMBERS: Final = 50
_RECIPIENTS: Final = 200


class Asking:
    """Asks over the socket what it has, and over REST the lists that it has not."""

    def __init__(self, core: ChatCore, printer: Printer, pane: Pane, library: Library) -> None:
        self.doers: Mapping[type[Command], Callable[[Any], None]] = {
            asking.Find: self._find,
            asking.Why: self._why,
            asking.Seen: self._seen,
            asking.Share: self._share,
            asking.About: lambda _: self._look_up("", Channel),
            asking.Members: self._members,
            asking.Requests: lambda _: self._look_up("/join-requests", JoinRequestPage, limit=_RECIPIENTS),
            asking.EmojiList: self._emojis,
        }
        self._worded: Mapping[type, Callable[[Any, Any], list[str]]] = {
            MessageHits: lambda page, lexicon: answers.hit_lines(page, lexicon, self._place),
            UnreadPage: answers.unread_lines,
            ReceiptSummaries: answers.receipt_lines,
            PushPage: answers.recipient_lines,
            Settings: answers.settings_lines,
            User: answers.picture_lines,
            Channel: answers.channel_lines,
            MemberPage: answers.member_lines,
            JoinRequestPage: answers.request_lines,
        }
        self._core = core
        self._printer = printer
        self._pane = pane
        self._library = library
        self._waiting = 0
        self._more_members: tuple[str, str | None] = ("", None)  # of which channel, and the next page

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._waiting > 0

    def ask(self, question: Ask) -> None:
        """Ask it over the socket; the answer is said when it comes."""
        self._waiting += 1
        self._core.ask(question)

    def told(self, told: Told) -> None:
        """The socket has answered."""
        self._waiting -= 1
        if isinstance(told.reply, frames.ErrorReply):
            self._printer.say("bad", f"✗ {refusal(told.reply)}")
        else:
            self._show(told.reply)

    def looked(self, looked: Looked) -> None:
        """REST has answered."""
        self._waiting -= 1
        match looked:
            case NotFound(_, why):
                self._printer.say("bad", f"✗ {one_line(why)}")
            case Found(lookup, page):
                if isinstance(page, MemberPage):
                    self._more_members = (lookup.path, page.cursor)
                self._show(page)

    def _show(self, answer: Any) -> None:
        worded = next(word for shape, word in self._worded.items() if isinstance(answer, shape))
        for line in worded(answer, self._printer.lexicon):
            self._printer.say("dim", f"  {' '.join(clean(line).splitlines())}")

    def _find(self, command: asking.Find) -> None:
        self.ask(frames.SearchMessages(id=self._core.new_id(), words=command.words, limit=PAGE))

    def _place(self, channel_id: str) -> str:
        room = self._core.store.rooms.get(channel_id)
        return room.row.name if room is not None else channel_id

    def _why(self, command: asking.Why) -> None:
        channel_id = self._pane.open_channel()
        before = self._pane.message(command.before).seq if command.before is not None else None
        self.ask(frames.Unread(id=self._core.new_id(), channel_id=channel_id, before=before, limit=PAGE))

    def _seen(self, command: asking.Seen) -> None:
        if command.which is None:
            newest = self._pane.newest_of_mine(_OF_MINE)
            self.ask(frames.MessageReceipts(id=self._core.new_id(), message_ids=newest))
            return
        place = f"/messages/{self._pane.message(command.which).message_id}/pushes"
        self._waiting += 1
        self._library.look_up(Lookup(place, PushPage, {"limit": _RECIPIENTS}))

    def _share(self, command: asking.Share) -> None:
        if command.shares is None:
            self.ask(frames.GetSettings(id=self._core.new_id()))
        else:
            self.ask(frames.SetSettings(id=self._core.new_id(), share_read=command.shares))

    def _members(self, command: asking.Members) -> None:
        path = f"/channels/{self._pane.open_channel()}/members"
        known, cursor = self._more_members
        if not command.more:
            self._look_up("/members", MemberPage, limit=_MEMBERS)
        elif known == path and cursor is not None:
            self._look_up("/members", MemberPage, limit=_MEMBERS, cursor=cursor)
        else:
            raise Misuse("there are no more")

    def _emojis(self, command: asking.EmojiList) -> None:
        lines = answers.emoji_lines(self._core.store.emojis.signs, command.part)
        for line in lines or ["there is none such"]:
            self._printer.say("dim", f"  {line}")

    def _look_up(self, what: str, shape: type, **params: Any) -> None:
        self._waiting += 1
        self._library.look_up(Lookup(f"/channels/{self._pane.open_channel()}{what}", shape, params))
