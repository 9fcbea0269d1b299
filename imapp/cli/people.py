"""`imapp user` and `imapp put-user`: who may come in."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
import msgspec

from imapp.cli.settings import running_config
from imapp.errors import StoreUnavailable
from imapp.stores.users import UserStore
from imapp.wiring import tool_services
from schemas.common import RESERVED_USER_IDS
from schemas.users import User, UserKind


@click.command("put-user")
@click.argument("user_id")
@click.argument("name")
@click.option("--avatar", default="", help="A file key or an https address.")
@click.option("--kind", type=click.Choice([kind.value for kind in UserKind]), default=UserKind.EMPLOYEE.value)
def put_user(user_id: str, name: str, avatar: str, kind: str) -> None:
    """Create a person, or change his name, avatar and kind."""
    try:
        person = msgspec.convert(
            {"user_id": user_id, "name": name, "avatar": avatar, "kind": kind}, User, strict=True
        )
    except msgspec.ValidationError as error:
        raise click.ClickException(str(error)) from error
    if user_id in RESERVED_USER_IDS:
        raise click.ClickException(f"{user_id} has a meaning of its own and can be nobody's id.")
    with _users() as users:
        users.put([person])


@click.group()
def user() -> None:
    """Let people in and keep them out."""


@user.command()
@click.argument("user_id")
def disable(user_id: str) -> None:
    """Keep USER_ID out.

    His connections end within a second, on every gateway, and his tokens are worth nothing.
    """
    _set_active(user_id, active=False)


@user.command()
@click.argument("user_id")
def enable(user_id: str) -> None:
    """Let USER_ID in again."""
    _set_active(user_id, active=True)


def _set_active(user_id: str, *, active: bool) -> None:
    with _users() as users:
        if not users.set_active(user_id, active):
            raise click.ClickException(f"There is no {user_id}.")
    click.echo(f"{user_id} is {'active' if active else 'disabled'}")


@contextmanager
def _users() -> Iterator[UserStore]:
    try:
        yield tool_services(running_config()).users
    except StoreUnavailable as error:
        raise click.ClickException(f"MongoDB does not answer: {error}") from error
