"""`imapp search`: the indices of Elasticsearch, made ready and made anew."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from imapp.cli.operating import told_who_is_away
from imapp.cli.settings import running_config
from imapp.processes import this_process
from imapp.wiring import SearchTools, search_tools


@click.group()
def search() -> None:
    """The indices of Elasticsearch: make them ready, or make them anew."""


@search.command()
def init() -> None:
    """Put the template there, and this month's index. Doing it again changes nothing.

    The worker does so at its start; this is for whoever wants to see it done.
    """
    with _services() as services:
        services.indices.prepare()
        click.echo(
            f"{services.indices.alias}: ready, {len(services.indices.behind_alias())} indices are read"
        )


@search.command()
@click.option("--anew", is_flag=True, help="Throw away what an interrupted run has built.")
def reindex(*, anew: bool) -> None:
    """Make all indices anew, from MongoDB and from the old ones, and put them in the place of those.

    Everything goes on meanwhile. It may be interrupted at any time: call it again, and it goes on. The old
    indices go when all that is archived was read back from the new ones.
    """
    with _services() as services:
        done = services.reindexer.run(this_process(), anew=anew)
    click.echo(f"{done.channels} channels, {done.entries} messages copied")
    for name, why in [*done.lost.items(), *done.refused.items()]:
        click.echo(f"{name}: {why}")
    if done.refused:
        raise click.ClickException("Elasticsearch does not take these: the old indices stay.")
    if not done.ended:
        raise click.ClickException("Another one is at it.")
    click.echo("The new indices are read, and the old ones are gone.")


@contextmanager
def _services() -> Iterator[SearchTools]:
    with told_who_is_away(". Call it again."):
        services = search_tools(running_config())
        if services is None:
            raise click.ClickException("There is nothing to search: set IM_ES_URL.")
        yield services
