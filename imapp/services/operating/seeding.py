"""Demo people and channels, made through the same core as everything else. Seeding again changes nothing."""

from collections.abc import Sequence
from typing import Final

from imapp.domain.ids import group_channel_id
from imapp.services.writing.writer import Writer
from imapp.stores.users import UserStore
from schemas.commands import AnyCommand, CreateGroup, SendMessage
from schemas.users import User, UserKind

DEMO_USERS: Final = (
    User(user_id="an", name="An 安", avatar="", kind=UserKind.EMPLOYEE),
    User(user_id="bo", name="Bo 博", avatar="", kind=UserKind.EMPLOYEE),
    User(user_id="chen", name="Chen 陈", avatar="", kind=UserKind.EMPLOYEE),
    User(user_id="ding", name="Ding 丁", avatar="", kind=UserKind.EMPLOYEE),
    User(user_id="eva", name="Eva (customer)", avatar="", kind=UserKind.EXTERNAL),
)

_TEAM: Final = group_channel_id("an", "demo-team")


def demo_commands() -> list[AnyCommand]:
    """What the demo people did before you came."""
    return [
        CreateGroup(
            actor="an",
            client_message_id="demo-team",
            channel_id=_TEAM,
            name="Team 团队",
            user_ids=["bo", "chen", "ding"],
        ),
        _say("bo", "demo-1", "Morning! The build is green.", channel_id=_TEAM),
        _say("chen", "demo-2", "早上好,今天下午讨论预算。", channel_id=_TEAM),
        _say("bo", "demo-3", "An, have you seen the new gateway?", to="an"),
        _say("an", "demo-4", "Not yet. Is it fast?", to="bo"),
        _say("bo", "demo-5", "Try it: write something back.", to="an"),
        _say("eva", "demo-6", "Hello, I have a question about my order.", to="an"),
    ]


def seed_demo(users: UserStore, writer: Writer) -> list[str]:
    """Create the demo people and channels; returns one line for each thing that is there now."""
    users.put(DEMO_USERS)
    commands: Sequence[tuple[int, AnyCommand]] = list(enumerate(demo_commands()))
    writer.write(commands, known=True)
    people = ", ".join(f"{user.user_id} ({user.name})" for user in DEMO_USERS)
    return [f"people: {people}", "channels: the group Team 团队, direct chats an-bo and an-eva"]


def _say(
    actor: str, client_message_id: str, content: str, *, channel_id: str | None = None, to: str | None = None
) -> SendMessage:
    return SendMessage(
        actor=actor, client_message_id=client_message_id, channel_id=channel_id, to=to, content=content
    )
