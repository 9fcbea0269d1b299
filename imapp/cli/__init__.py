"""The `imapp` command: tools for operators and newcomers."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import click

from imapp.cli.settings import running_config, settings
from imapp.config import JWT, Config
from imapp.errors import StoreUnavailable
from imapp.logs import configure_logs

_DAY_S = 24 * 3600
_LATER: Final = {
    "archive": "imapp.cli.archive",
    "audit": "imapp.cli.audit",
    "put-user": "imapp.cli.people",
    "pushes": "imapp.cli.pushes",
    "search": "imapp.cli.search",
    "trace": "imapp.cli.trace",
    "user": "imapp.cli.people",
}
"""Commands that need the whole server's code: it is loaded when one of them is called."""


class _Tools(click.Group):
    """The commands of this module and those of others, which are loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_LATER])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LATER:
            return super().get_command(ctx, cmd_name)
        command = getattr(import_module(_LATER[cmd_name]), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Tools)
def main() -> None:
    """Tools of imapp, a chat backend. Settings come from IM_* variables."""
    configure_logs(human=True, role="tool")


@main.command()
@click.argument("user_id")
@click.option("--hours", default=24, show_default=True, help="How long it is valid.")
@click.option("--admin", is_flag=True, help="With the role that administrates the system.")
def token(user_id: str, hours: int, *, admin: bool) -> None:
    """Print a token for USER_ID, signed with IM_JWT_KEY."""
    config = running_config()
    _refuse_in_production(config)
    if config.auth != JWT or config.jwks_url or not config.jwt_key:
        raise click.ClickException("Only with IM_AUTH=jwt and IM_JWT_KEY alone are tokens signed here.")
    if admin and not config.admin_role:
        raise click.ClickException("With an empty IM_ADMIN_ROLE nobody is an administrator.")
    more = {config.roles_claim: [config.admin_role]} if admin else {}
    click.echo(_make_token(config, user_id, hours * 3600, more))


@main.command()
def seed() -> None:
    """Create indexes, demo people and demo channels. Doing it again changes nothing."""
    from imapp.services.operating.seeding import seed_demo  # noqa: PLC0415  # the whole server, as below
    from imapp.wiring import tool_services  # noqa: PLC0415  # as above

    config = running_config()
    _refuse_in_production(config)
    try:
        services = tool_services(config)
        lines = seed_demo(services.users, services.writer)
    except StoreUnavailable as error:
        raise click.ClickException(f"MongoDB does not answer: {error}") from error
    for line in lines:
        click.echo(line)


@main.command()
@click.option("--as", "user_id", required=True, help="Your user id.")
@click.option("--url", default="", help="The server, ws://host:port/ws; default: this machine's.")
@click.option("--token", "given", default="", help="Your token; default: one signed with IM_JWT_KEY.")
def chat(user_id: str, url: str, given: str) -> None:
    """Chat in this terminal."""
    from imapp.cli.chat import main as run_chat  # noqa: PLC0415  # no other command needs it

    if not given or not url:  # with both it runs where nothing of the server is set
        config = running_config()
        if not given and not config.jwt_key:
            raise click.ClickException("Give --token: without IM_JWT_KEY, tokens come from your issuer.")
        given = given or _make_token(config, user_id, _DAY_S)
        url = url or f"http://{config.bind}"
    try:
        raise SystemExit(run_chat(user=user_id, url=url, token=given))
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: a list of level, what and mend.")
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Look at everything that imapp needs and say how to mend what is wrong; exit 1 if something fails."""
    from imapp.cli.doctor import report, show  # noqa: PLC0415  # as above
    from imapp.services.doctor import fail  # noqa: PLC0415  # as above

    try:
        config = running_config()
    except click.ClickException as error:
        finding = fail(f"settings: {error.message}", "docs/configuration.md says what is allowed")
        context.exit(show([finding], as_json=as_json))
    context.exit(report(config, as_json=as_json))


@main.command()
def openapi() -> None:
    """Print the OpenAPI document of the REST API."""
    from imapp.app import create_document  # noqa: PLC0415  # the whole web stack, which no other command needs

    click.echo(json.dumps(create_document(), indent=2, ensure_ascii=False, sort_keys=True))


@main.command()
def asyncapi() -> None:
    """Print the AsyncAPI document of the WebSocket."""
    from imapp.contracts.asyncapi import create_asyncapi  # noqa: PLC0415  # as above

    click.echo(json.dumps(create_asyncapi(), indent=2, ensure_ascii=False))


@main.command()
def types() -> None:
    """Print TypeScript types of all REST bodies and frames."""
    from imapp.app import create_types  # noqa: PLC0415  # as above

    click.echo(create_types(), nl=False)


main.add_command(settings)


def _make_token(config: Config, user_id: str, lifetime_s: int, more: Mapping[str, Any] | None = None) -> str:
    from imapp.services.identity.tokens import make_token  # noqa: PLC0415  # with MongoDB's driver behind it

    return make_token(
        user_id,
        key=config.jwt_key,
        audience=config.jwt_audience,
        issuer=config.jwt_issuer,
        lifetime_s=lifetime_s,
        more=more,
    )


def _refuse_in_production(config: Config) -> None:
    if not config.development:
        raise click.ClickException("This is for development and tests: set IM_ENV=development.")
