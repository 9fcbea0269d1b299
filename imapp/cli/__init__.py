"""The `imapp` command: tools for operators and newcomers."""

import json

import click
import msgspec

from imapp.cli.chat import main as run_chat
from imapp.cli.settings import RUNNING, settings
from imapp.config import Config, load_config
from imapp.errors import ConfigError, StoreUnavailable
from imapp.logs import configure_logs
from imapp.services.identity import make_token
from imapp.services.seeding import seed_demo
from imapp.wiring import tool_services
from schemas.common import RESERVED_USER_IDS
from schemas.users import User, UserKind

_DAY_S = 24 * 3600


@click.group()
def main() -> None:
    """Tools of imapp, a chat backend. Settings come from IM_* variables."""
    configure_logs(human=True)


@main.command()
@click.argument("user_id")
@click.option("--hours", default=24, show_default=True, help="How long it is valid.")
def token(user_id: str, hours: int) -> None:
    """Print a token for USER_ID, signed with IM_JWT_KEY."""
    config = _config()
    _refuse_in_production(config)
    if not config.jwt_key:
        raise click.ClickException("IM_JWT_KEY is not set: tokens come from your issuer (IM_JWKS_URL).")
    lifetime_s = hours * 3600
    click.echo(make_token(user_id, key=config.jwt_key, audience=config.jwt_audience, lifetime_s=lifetime_s))


@main.command()
def seed() -> None:
    """Create indexes, demo people and demo channels. Doing it again changes nothing."""
    config = _config()
    _refuse_in_production(config)
    try:
        services = tool_services(config)
        lines = seed_demo(services.users, services.writer)
    except StoreUnavailable as error:
        raise click.ClickException(f"MongoDB does not answer: {error}") from error
    for line in lines:
        click.echo(line)


@main.command("put-user")
@click.argument("user_id")
@click.argument("name")
@click.option("--avatar", default="", help="A file key or an https address.")
@click.option("--kind", type=click.Choice([kind.value for kind in UserKind]), default=UserKind.EMPLOYEE.value)
def put_user(user_id: str, name: str, avatar: str, kind: str) -> None:
    """Create a person, or change his name, avatar and kind."""
    try:
        user = msgspec.convert(
            {"user_id": user_id, "name": name, "avatar": avatar, "kind": kind}, User, strict=True
        )
    except msgspec.ValidationError as error:
        raise click.ClickException(str(error)) from error
    if user_id in RESERVED_USER_IDS:
        raise click.ClickException(f"{user_id} has a meaning of its own and can be nobody's id.")
    try:
        tool_services(_config()).users.put([user])
    except StoreUnavailable as error:
        raise click.ClickException(f"MongoDB does not answer: {error}") from error


@main.command()
@click.option("--as", "user_id", required=True, help="Your user id.")
@click.option("--url", default="", help="The server, ws://host:port/ws; default: this machine's.")
@click.option("--token", "given", default="", help="Your token; default: one signed with IM_JWT_KEY.")
def chat(user_id: str, url: str, given: str) -> None:
    """Chat in this terminal."""
    config = _config()
    if not given and not config.jwt_key:
        raise click.ClickException("Give --token: without IM_JWT_KEY, tokens come from your issuer.")
    bearer = given or make_token(user_id, key=config.jwt_key, audience=config.jwt_audience, lifetime_s=_DAY_S)
    try:
        raise SystemExit(run_chat(user=user_id, url=url or f"http://{config.bind}", token=bearer))
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@main.command()
def openapi() -> None:
    """Print the OpenAPI document of the REST API."""
    from imapp.app import create_document  # noqa: PLC0415  # the whole web stack, which no other command needs

    click.echo(json.dumps(create_document(), indent=2, ensure_ascii=False, sort_keys=True))


main.add_command(settings)


def _refuse_in_production(config: Config) -> None:
    if not config.development:
        raise click.ClickException("This is for development and tests: set IM_ENV=development.")


def _config() -> Config:
    try:
        return load_config(RUNNING)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
