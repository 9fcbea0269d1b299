"""Lines typed: what each command means, what means nothing, and the help that is made of the same table."""

from datetime import timedelta
from typing import Final

import pytest

from imapp.cli.chat.commands import AREAS, ROWS, Help, Quit, help_lines, parse
from imapp.cli.chat.commands.asking import About, EmojiList, Find, Members, Requests, Seen, Share, Why
from imapp.cli.chat.commands.carrying import Download, Picture, SendFile
from imapp.cli.chat.commands.grammar import Misuse, Pick
from imapp.cli.chat.commands.order import Order, Silence
from imapp.cli.chat.commands.own import Forget, Hide, KeepDraft, MarkUnread, Tune
from imapp.cli.chat.commands.places import Direct, Group, More, Open, ShowHidden, ShowList
from imapp.cli.chat.commands.talking import Address, Edit, Forward, Nudge, Recall, Reply, Say, SendEmojis
from schemas import frames, group_frames
from schemas.common import EditPolicy, GrantableRole, JoinPolicy, MessageType, Notify, SettableStatus

OTHER: Final = "1" * 24
COMMANDS: Final = [
    ("hi all", Say("hi all")),
    ("//not a command", Say("/not a command")),
    ("/list", ShowList()),
    ("/open 3", Open("3")),
    ("/open Late lunch", Open("Late lunch")),
    ("/more", More()),
    ("/direct bo", Direct("bo")),
    ("/group Tea bo chen", Group("Tea", ["bo", "chen"])),
    ("/group '下午 茶' bo", Group("下午 茶", ["bo"])),
    ("/reply 2 yes, at twelve", Reply(Pick(back=2), "yes, at twelve")),
    ("/reply #14 yes", Reply(Pick(seq=14), "yes")),
    ("/forward 1 Late lunch", Forward(Pick(back=1), "Late lunch")),
    ("/at bo,chen lunch?", Address(["bo", "chen"], "lunch?")),
    ("/all lunch is here", Address([], "lunch is here")),
    ("/emoji +1 tada", SendEmojis(["+1", "tada"])),
    ("/edit at twelve", Edit("at twelve")),
    ("/edit 12 is fine", Edit("12 is fine")),
    ("/edit #14 at twelve", Edit("at twelve", Pick(seq=14))),
    ("/edit #tea at twelve", Edit("#tea at twelve")),
    ("/recall", Recall()),
    ("/recall #14", Recall(Pick(seq=14))),
    ("/file my report.pdf", SendFile("my report.pdf")),
    ("/image a.png", SendFile("a.png", MessageType.IMAGE)),
    ("/download k3v9 'my report.pdf'", Download("k3v9", "my report.pdf")),
    ("/download #14", Download(Pick(seq=14))),
    ("/avatar my face.png", Picture("my face.png")),
    ("/avatar -", Picture("")),
    ("/picture https://im.example/team.png", Picture("https://im.example/team.png", of_group=True)),
    ("/hidden", ShowHidden()),
    ("/pin", Tune({"pinned": True})),
    ("/unpin", Tune({"pinned": False})),
    ("/notify mentions", Tune({"notify": Notify.MENTIONS})),
    ("/hide", Hide()),
    ("/unhide", Tune({"hidden_seq": 0})),
    ("/unread", MarkUnread()),
    ("/draft Shall we", KeepDraft("Shall we")),
    ("/draft -", KeepDraft("")),
    ("/forget yes", Forget()),
    ('/find "next week" bo', Find('"next week" bo')),
    ("/why", Why()),
    ("/why #14", Why(Pick(seq=14))),
    ("/seen", Seen()),
    ("/share", Share()),
    ("/share off", Share(shares=False)),
    ("/nudge", Nudge()),
    ("/nudge 2", Nudge(Pick(back=2))),
    ("/seen 2", Seen(Pick(back=2))),
    ("/about", About()),
    ("/members", Members()),
    ("/members more", Members(more=True)),
    ("/requests", Requests()),
    ("/emojis heart", EmojiList("heart")),
    ("/add bo chen", Order(frames.AddMembers, {"user_ids": ["bo", "chen"]})),
    ("/remove bo", Order(frames.RemoveMember, {"user_id": "bo"})),
    ("/rename Bo's lunch", Order(frames.UpdateChannel, {"name": "Bo's lunch"})),
    ("/leave", Order(frames.Leave)),
    ("/nick Bo's ace", Order(group_frames.SetNickname, {"nickname": "Bo's ace"})),
    ("/nick -", Order(group_frames.SetNickname, {"nickname": ""})),
    ("/nick @bo Ace of all", Order(group_frames.SetNickname, {"user_id": "bo", "nickname": "Ace of all"})),
    ("/nick @bo -", Order(group_frames.SetNickname, {"user_id": "bo", "nickname": ""})),
    (f"/withdraw {OTHER}", Order(group_frames.WithdrawJoinRequest, {"channel_id": OTHER})),
    (f"/join {OTHER} I am new", Order(group_frames.RequestJoin, {"channel_id": OTHER, "reason": "I am new"})),
    ("/admin bo", Order(group_frames.SetRole, {"user_id": "bo", "role": GrantableRole.ADMIN})),
    ("/member bo", Order(group_frames.SetRole, {"user_id": "bo", "role": GrantableRole.MEMBER})),
    ("/owner bo", Order(group_frames.TransferOwner, {"user_id": "bo"})),
    ("/announce Lunch at 12", Order(group_frames.SetAnnouncement, {"text": "Lunch at 12"})),
    ("/announce -", Order(group_frames.SetAnnouncement, {"text": ""})),
    ("/mute bo 2h", Silence("bo", timedelta(hours=2))),
    ("/unmute bo", Order(group_frames.UnmuteMember, {"user_id": "bo"})),
    (
        "/set join=approval max=50",
        Order(frames.UpdateChannel, {"join": JoinPolicy.APPROVAL, "max_members": 50}),
    ),
    (
        "/set quiet=off edit=members",
        Order(frames.UpdateChannel, {"mute_all": False, "edit": EditPolicy.MEMBERS}),
    ),
    (
        "/accept bo chen",
        Order(group_frames.AnswerJoinRequests, {"user_ids": ["bo", "chen"], "accept": True}),
    ),
    ("/refuse bo", Order(group_frames.AnswerJoinRequests, {"user_ids": ["bo"], "accept": False})),
    ("/disable", Order(group_frames.SetStatus, {"status": SettableStatus.DISABLED})),
    ("/enable", Order(group_frames.SetStatus, {"status": SettableStatus.ENABLED})),
    ("/dissolve", Order(group_frames.Dissolve)),
    ("/help", Help()),
    ("/help talking", Help("talking")),
    ("/quit  ", Quit()),
]


@pytest.mark.parametrize(("line", "command"), COMMANDS)
def test_what_a_line_means(line: str, command: object) -> None:
    assert parse(line) == command


def test_every_command_of_the_table_is_above() -> None:
    assert {line.split()[0] for line, _ in COMMANDS if line.startswith("/")} - {"//not"} == set(ROWS)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/fly", "no /fly"),
        ("/direct", "usage: /direct USER"),
        ("/direct bo chen", "usage: /direct USER"),
        ("/group Tea", "usage: /group NAME USER..."),
        ('/group "Tea bo', "quote"),
        ("/rename", "usage: /rename NAME"),
        ("/leave it", "usage: /leave"),
        ("/nick @bo", r"usage: /nick \[@USER\] NAME"),
        ("/reply 1", "usage: /reply N TEXT"),
        ("/reply two yes", "two is no message"),
        ("/forward 0 bo", "0 is no message"),
        ("/recall that", "that is no message"),
        ("/edit", r"usage: /edit \[#N\] TEXT"),
        ("/edit #14", r"usage: /edit \[#N\] TEXT"),
        ("/at bo", "usage: /at USER,... TEXT"),
        ("/download ../x", "usage: /download #N|ID"),
        ("/notify loud", "all, mentions, none"),
        ("/forget", "/forget yes"),
        ("/members all", r"usage: /members \[more\]"),
        ("/admin", "usage: /admin USER"),
        ("/mute bo", "usage: /mute USER TIME"),
        ("/mute bo soon", "10m, 2h, 1d"),
        ("/set colour=red", "no setting colour"),
        ("/set join=maybe", "join can't be maybe"),
        ("/set max", "max can't be empty"),
    ],
)
def test_why_a_line_means_nothing(line: str, why: str) -> None:
    with pytest.raises(Misuse, match=why):
        parse(line)


class TestHelp:
    def test_alone_it_has_every_area_with_its_commands(self) -> None:
        shown = dict(help_lines())
        assert list(shown) == [area.name for area in AREAS]
        assert " ".join(shown.values()).split() == list(ROWS)

    @pytest.mark.parametrize("about", ["reply", "/reply"])
    def test_of_a_command_it_has_the_usage_and_the_meaning(self, about: str) -> None:
        [(usage, meaning)] = help_lines(about)
        assert usage == "/reply N TEXT"
        assert "answer" in meaning

    def test_of_an_area_it_has_each_of_its_commands(self) -> None:
        assert [usage for usage, _ in help_lines("files")] == [
            "/image PATH",
            "/file PATH",
            "/download #N|ID [PATH]",
            "/avatar PATH",
            "/picture PATH",
        ]

    def test_of_nothing_there_is_none(self) -> None:
        with pytest.raises(Misuse, match="no flying"):
            help_lines("flying")
