"""`imapp settings`: what a process started here would use, and the table in the documentation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from imapp.config import Config
from imapp.environment import load_config, unknown_variables
from imapp.errors import ConfigError
from imapp.settings import Setting, settings_of

# What `make run` wrote for whoever stands in the same folder in another terminal.
RUNNING: Final = Path(".data/run/imapp.env")

_BEGIN: Final = "<!-- settings: made by `make settings` -->"
_END: Final = "<!-- settings: end -->"


@click.command()
@click.option("--markdown", is_flag=True, help="Print the table of all settings instead.")
@click.option("--update", type=click.Path(path_type=Path, exists=True), help="Write that table into a page.")
def settings(markdown: bool, update: Path | None) -> None:
    """Print every setting with the value it has here; secrets are masked."""
    if markdown:
        click.echo(settings_table())
    elif update is not None:
        update.write_text(with_settings(update.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        _show()


def running_config() -> Config:
    """The settings that a command works with.

    Raises:
        ClickException: one can't be used; the text names it.
    """
    try:
        return load_config(RUNNING)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


def settings_table() -> str:
    """All settings as Markdown: a table for each section."""
    lines: list[str] = []
    for _, setting in settings_of(Config):
        if setting.section:
            lines += [
                "",
                f"### {setting.section}",
                "",
                "| variable | default | allowed | meaning |",
                "|---|---|---|---|",
            ]
        lines.append(_row(setting))
    return "\n".join(lines).strip()


def with_settings(page: str) -> str:
    """A page with the table in it brought up to date.

    Raises:
        ValueError: the page does not say where the table goes.
    """
    before, begin = page.split(_BEGIN)
    _, after = begin.split(_END)
    return f"{before}{_BEGIN}\n\n{settings_table()}\n\n{_END}{after}"


def _row(setting: Setting) -> str:
    default = ",".join(setting.default) if setting.kind == "list" else setting.default
    default = f"`{default}` {setting.unit}".strip() if default != "" else "none"
    return f"| `{setting.variable}` | {default} | {setting.allowed} | {setting.meaning} |"


def _show() -> None:
    for line in _lines(running_config()):
        click.echo(line)
    for name in unknown_variables():
        click.echo(f"{name} is set, but there is no such setting.", err=True)


def _lines(config: Config) -> Iterator[str]:
    for field, setting in settings_of(Config):
        value = getattr(config, field)
        origin = "" if value == setting.default else "  (set)"
        yield f"{setting.variable}={setting.shown(value)}{origin}"
