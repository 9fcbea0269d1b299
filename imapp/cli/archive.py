"""`imapp archive`: moving old messages to the archive, proving that it is whole, and putting them back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click
import msgspec

from imapp import failpoints
from imapp.cli.operating import intent_of, reason_option, told_who_is_away, tools
from imapp.cli.settings import running_config
from imapp.config import Config
from imapp.domain.archive.tiling import Range
from imapp.errors import RequestError
from imapp.processes import this_process
from imapp.services.archiving.verifying import Verdict
from imapp.wiring import archive_tools
from imapp.wiring.archiving import ArchiveServices, RoundServices, round_tools
from schemas.admin import MAX_RETENTION_DAYS
from schemas.common import MAX_LIST_PAGE, ChannelId
from schemas.errors import ErrorCode

_PAGE: Final = 200
_DAY_S: Final = 24 * 3600


def _days(_context: click.Context, _option: click.Parameter, value: str) -> int | None:
    if value == "default":
        return None
    if not (value.isascii() and value.isdigit() and int(value) <= MAX_RETENTION_DAYS):
        raise click.BadParameter(f"0 to {MAX_RETENTION_DAYS}, or default")
    return int(value)


@click.group()
def archive() -> None:
    """Old messages: move them to the archive, prove that it is whole, put them back."""


@archive.command()
def run() -> None:
    """Move what is old enough of every channel now; exit 1 if something could not be proved.

    What is kept no longer is deleted for good, without Elasticsearch as well. Nothing happens while another
    run is at it. It may be interrupted at any time.
    """
    with _round() as services:
        if services.run is None:
            raise click.ClickException("Messages are archived, and IM_ES_URL is missing: nothing was done.")
        done = services.run.run(this_process(), anew=True)
    if not done.ended:
        raise click.ClickException("Another run is at it.")
    click.echo(
        f"{done.channels} channels looked at, {done.entries} messages moved, {done.removed} deleted for good"
    )
    if done.failed:
        raise click.ClickException(f"{done.failed} channels could not be moved (see the log).")
    if done.unproved:
        raise click.ClickException(
            f"{done.unproved} messages stay: the archive shows no equal copy (see the log)."
        )


@archive.command()
@click.argument("channel_ids", nargs=-1)
def verify(channel_ids: tuple[str, ...]) -> None:
    """Prove that every message of CHANNEL_IDS (of all channels, without any) is archived or hot.

    Names what is wrong, and exits with 1 then. It reads all of the archive and changes nothing.
    """
    whole = broken = 0
    with _services() as services:
        for channel_id in _known(channel_ids) or _all(services):
            verdict = services.verifier.verify(channel_id)
            whole, broken = whole + verdict.is_whole, broken + (not verdict.is_whole)
            for line in _lines(verdict):
                click.echo(line)
    click.echo(f"{whole} channels are whole, {broken} are not")
    if broken:
        raise click.exceptions.Exit(1)


@archive.command()
@click.argument("channel_id")
@click.argument("first", type=click.IntRange(1))
@click.argument("last", type=click.IntRange(1))
@click.option(
    "--days",
    default=7,
    show_default=True,
    type=click.IntRange(0, MAX_RETENTION_DAYS),
    help="For how long they stay before they move again, 0 until the next move.",
)
@reason_option
def restore(channel_id: str, first: int, last: int, *, days: int, reason: str | None) -> None:
    """Put the messages FIRST to LAST of CHANNEL_ID back into MongoDB, as they were. The archive keeps them.

    It stands in the audit log.
    """
    (known,) = _known((channel_id,))
    if last < first:
        raise click.ClickException("LAST is below FIRST.")
    with (
        tools(channel_id) as others,
        others.audit.writing(
            intent_of(others, "archive.restore", [known], reason, first=first, last=last, days=days)
        ),
        _services() as services,
    ):
        restored = services.restorer.restore(known, Range(first, last), days * _DAY_S)
    click.echo(f"{restored.entries} messages are in MongoDB for {days} days")
    for name, why in restored.problems.items():
        click.echo(f"{name}: {why}")
    if restored.problems:
        raise click.exceptions.Exit(1)


@archive.command()
@click.argument("channel_id")
@click.argument("days", callback=_days)
@reason_option
def retention(channel_id: str, days: int | None, *, reason: str | None) -> None:
    """Keep the messages of CHANNEL_ID for DAYS, 0 for ever, `default` as in all channels.

    What is older is deleted for good, for everybody, by the next move. It stands in the audit log.
    """
    (known,) = _known((channel_id,))
    with (
        tools(channel_id) as others,
        others.audit.writing(intent_of(others, "channel.retention", [known], reason, retention_days=days)),
        _round() as services,
    ):
        if not services.channels.set_retention(known, days):
            raise RequestError(ErrorCode.NOT_FOUND)
    told = {None: "as all channels do", 0: "for ever"}.get(days, f"for {days} days")
    click.echo(f"{known} keeps its messages {told}")


@archive.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, MAX_LIST_PAGE))
def unindexed(limit: int) -> None:
    """Show messages that Elasticsearch has refused, and why: they are not found, and do not move."""
    with _services() as services:
        click.echo(f"{services.unindexed.count()} are not in the index")
        for row in services.unindexed.page("", limit):
            click.echo(f"{row.message_id}  {row.at:%Y-%m-%d %H:%M}  {row.reason}")


@archive.command()
@reason_option
def retry(reason: str | None) -> None:
    """Try all messages again that Elasticsearch has refused; exit 1 if it still does not take all.

    It stands in the audit log.
    """
    indexed, left, after = 0, 0, ""
    with (
        tools() as others,
        others.audit.writing(intent_of(others, "archive.retry", [], reason)),
        _services() as services,
    ):
        while True:
            done = services.parking.retry(after, _PAGE)
            indexed, left = indexed + done.indexed, left + len(done.left)
            for row in done.left:
                click.echo(f"{row.message_id}: {row.reason}")
            if done.cursor is None:
                break
            after = done.cursor
    click.echo(f"{indexed} are in the index now, {left} are not")
    if left:
        raise click.exceptions.Exit(1)


@archive.command()
def status() -> None:
    """Show how much is archived, how much was removed, and when what is older moves."""
    config = running_config()
    with _services() as services:
        totals = services.manifests.totals()
        last = services.run.last_round()
        refused = services.unindexed.count()
        building = services.generations.load()
    click.echo(f"archived  {totals.get('archived', 0)} messages")
    click.echo(f"removed   {totals.get('removed', 0)} messages")
    old, at = f"{config.archive_after_days} days and an hour", config.archive_at
    span = f"for {config.retention_days} days" if config.retention_days else "for ever"
    ended = f"round ended at {last.ended:%Y-%m-%d %H:%M} UTC" if last else "no round has ended yet"
    click.echo(f"moves     what is older than {old}, from {at} UTC on")
    click.echo(f"keeps     messages {span}, unless a channel says otherwise")
    click.echo(f"last      {ended}")
    click.echo(f"indices   generation {building.current} is read")
    if building.next is not None:
        click.echo(
            f"          {building.next} is being built (imapp search reindex): {building.position or 'begun'}"
        )
    click.echo(f"refused   {refused} messages that Elasticsearch does not take (imapp archive unindexed)")


def _known(channel_ids: tuple[str, ...]) -> list[str]:
    try:
        return msgspec.convert(list(channel_ids), list[ChannelId])
    except msgspec.ValidationError as error:
        raise click.ClickException(f"That is no channel id: {error}") from error


def _all(services: ArchiveServices) -> Iterator[str]:
    after = ""
    while page := services.channels.ids(after, _PAGE):
        yield from page
        after = page[-1]


def _lines(verdict: Verdict) -> Iterator[str]:
    for problem in verdict.problems:
        yield f"{verdict.channel_id}: {problem}"


@contextmanager
def _round() -> Iterator[RoundServices]:
    with _armed() as config, round_tools(config) as services:
        yield services


@contextmanager
def _services() -> Iterator[ArchiveServices]:
    with _armed() as config:
        services = archive_tools(config)
        if services is None:
            raise click.ClickException("There is no archive: set IM_ES_URL.")
        yield services


@contextmanager
def _armed() -> Iterator[Config]:
    with told_who_is_away():
        config = running_config()
        failpoints.arm(config.failpoints)
        yield config
