"""`imapp user` and `imapp put-user`: who may come in."""

import click
import msgspec
from msgspec import structs

from imapp.cli.operating import intent_of, reason_option, tools
from imapp.errors import LogConflict, RequestError
from schemas.common import RESERVED_USER_IDS
from schemas.errors import ErrorCode
from schemas.users import User, UserKind


@click.command("put-user")
@click.argument("user_id")
@click.argument("name")
@click.option("--avatar", help="An https address, or a file's id; an empty one takes his picture away.")
@click.option("--kind", type=click.Choice([kind.value for kind in UserKind]), default=UserKind.EMPLOYEE.value)
@reason_option
def put_user(user_id: str, name: str, avatar: str | None, *, kind: str, reason: str | None) -> None:
    """Create a person, or change his name, avatar and kind. Without --avatar his picture stays.

    It stands in the audit log.
    """
    try:
        person = msgspec.convert(
            {"user_id": user_id, "name": name, "avatar": avatar or "", "kind": kind}, User, strict=True
        )
    except msgspec.ValidationError as error:
        raise click.ClickException(str(error)) from error
    if user_id in RESERVED_USER_IDS:
        raise click.ClickException(f"{user_id} has a meaning of its own and can be nobody's id.")
    with (
        tools(f"file {avatar}; {user_id} is there") as services,
        services.audit.writing(
            intent_of(services, "user.put", [user_id], reason, name=name, avatar=avatar, kind=kind)
        ),
    ):
        known = services.users.profiles([user_id]).get(user_id)
        shown = known.avatar if avatar is None and known else person.avatar
        services.users.put([structs.replace(person, avatar=known.avatar if known else "")])
        try:
            services.pictures.set_of_user(user_id, shown)
        except LogConflict as error:
            raise RequestError(ErrorCode.NOT_FOUND) from error


@click.group()
def user() -> None:
    """Let people in and keep them out."""


@user.command()
@click.argument("user_id")
@reason_option
def disable(user_id: str, reason: str | None) -> None:
    """Keep USER_ID out.

    His connections end within a second, on every gateway, and his tokens are worth nothing.
    """
    _set_active(user_id, reason, active=False)


@user.command()
@click.argument("user_id")
@reason_option
def enable(user_id: str, reason: str | None) -> None:
    """Let USER_ID in again."""
    _set_active(user_id, reason, active=True)


def _set_active(user_id: str, reason: str | None, *, active: bool) -> None:
    action = "user.enable" if active else "user.disable"
    with tools(user_id) as services, services.audit.writing(intent_of(services, action, [user_id], reason)):
        if not services.users.set_active(user_id, active):
            raise RequestError(ErrorCode.NOT_FOUND)
    click.echo(f"{user_id} is {'active' if active else 'disabled'}")
