"""`imapp pushes`: what could not be told outside."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from imapp.cli.settings import running_config
from imapp.errors import StoreUnavailable
from imapp.stores.outbox import Outbox, Parcel
from imapp.wiring import tool_services


@click.group()
def pushes() -> None:
    """What the webhook did not take."""


@pushes.command()
@click.option("--limit", default=20, show_default=True, help="How many to show.")
def dead(limit: int) -> None:
    """Show what was given up, the latest first. It is kept for 30 days, without the texts."""
    with _outbox() as outbox:
        click.echo(f"{outbox.count_dead()} given up")
        for parcel in outbox.dead(limit):
            click.echo(_line(parcel))


@pushes.command()
def retry() -> None:
    """Let everything that was given up be tried again from the start."""
    with _outbox() as outbox:
        click.echo(f"{outbox.revive()} due again")


def _line(parcel: Parcel) -> str:
    left = len(parcel.records) - parcel.sent
    return f"{parcel.parcel_id}  people: {left}  tries: {parcel.failures}  {parcel.error}"


@contextmanager
def _outbox() -> Iterator[Outbox]:
    try:
        yield tool_services(running_config()).outbox
    except StoreUnavailable as error:
        raise click.ClickException(f"MongoDB does not answer: {error}") from error
